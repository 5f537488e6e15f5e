package dev.rollcall.agent.grpc;

import io.vertx.core.http.HttpConnection;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** The connections of all clients, counted. One more than the limit is closed at once. Any event loop. */
public final class ClientConnections {
    private final long max;
    private final CallLedgers ledgers;
    private final AtomicInteger open = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    /**
     * @param max connections open at once
     * @param ledgers where what they hold is entered
     */
    public ClientConnections(long max, CallLedgers ledgers) {
        this.max = max;
        this.ledgers = ledgers;
    }

    /** To be given to a server as its connection handler. */
    void accept(HttpConnection connection) {
        if (open.incrementAndGet() > max) {
            open.decrementAndGet();
            refused.increment();
            Cork.closeNow(connection);
            return;
        }
        Cork.install(connection);
        HalfRequests.install(connection, ledgers.own());
        connection.closeHandler(v -> open.decrementAndGet());
    }

    /** Open now. */
    public int open() {
        return open.get();
    }

    /** Closed because there were too many. */
    public long refused() {
        return refused.sum();
    }
}
