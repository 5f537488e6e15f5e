package dev.rollcall.agent.grpc;

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

    /** Whether there may be one more; if so, {@link #closed} follows when it ends. */
    boolean admit() {
        if (open.incrementAndGet() > max) {
            open.decrementAndGet();
            refused.increment();
            return false;
        }
        return true;
    }

    void closed() {
        open.decrementAndGet();
    }

    /** Where the event loop that calls enters what its connections hold. */
    CallLedger ledger() {
        return ledgers.own();
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
