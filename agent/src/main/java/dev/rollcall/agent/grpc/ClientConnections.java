package dev.rollcall.agent.grpc;

import io.vertx.core.http.HttpConnection;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** The connections of all clients, counted. One more than the limit is closed at once. Any event loop. */
public final class ClientConnections {
    private final long max;
    private final AtomicInteger open = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    /** @param max connections open at once */
    public ClientConnections(long max) {
        this.max = max;
    }

    /** To be given to a server as its connection handler. */
    void accept(HttpConnection connection) {
        if (open.incrementAndGet() > max) {
            open.decrementAndGet();
            refused.increment();
            Cork.closeNow(connection);
            return;
        }
        connection.closeHandler(v -> open.decrementAndGet());
        Cork.install(connection);
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
