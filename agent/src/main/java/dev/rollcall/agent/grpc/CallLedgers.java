package dev.rollcall.agent.grpc;

import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/** The {@link CallLedger}s of all event loops, and their sums. May be used from any thread. */
public final class CallLedgers {
    /**
     * What all clients together may hold.
     *
     * @param openCalls unary calls and streams; more are refused as not begun
     * @param heldBytes of answers that are not read, at most three quarters, and of messages not yet whole
     */
    public record Limits(long openCalls, long heldBytes) {
        /** For a test: more than it needs. */
        public static final Limits DEFAULT = new Limits(100_000, 256L << 20);

        public Limits {
            if (openCalls < 1 || heldBytes < 1) {
                throw new IllegalArgumentException("limits of calls must be positive");
            }
        }
    }

    private final Vertx vertx;
    private final Limits each;
    private final List<CallLedger> all = new CopyOnWriteArrayList<>();
    private final ThreadLocal<CallLedger> own = ThreadLocal.withInitial(this::open);
    final LongAdder cutOff = new LongAdder();
    final LongAdder refused = new LongAdder();

    /** @param loops event loops that the limits are shared out to, so that none has to ask the others */
    public CallLedgers(Vertx vertx, Limits limits, int loops) {
        this.vertx = vertx;
        this.each = new Limits(Math.max(1, limits.openCalls() / loops), Math.max(1, limits.heldBytes() / loops));
    }

    /** The ledger of the event loop that calls. */
    CallLedger own() {
        return own.get();
    }

    private CallLedger open() {
        CallLedger ledger = new CallLedger(vertx, this, each.openCalls(), each.heldBytes());
        all.add(ledger);
        return ledger;
    }

    /** Calls and streams open now. */
    public long openCalls() {
        return all.stream().mapToLong(CallLedger::openCalls).sum();
    }

    /** Bytes of answers that wait for their readers now. */
    public long heldBytes() {
        return all.stream().mapToLong(CallLedger::heldBytes).sum();
    }

    /** Connections closed because they held unread answers while there was no room for those of others. */
    public long connectionsCutOff() {
        return cutOff.sum();
    }

    /** Calls refused because too many were open, or too much was unread. */
    public long callsRefused() {
        return refused.sum();
    }
}
