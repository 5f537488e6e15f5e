package dev.rollcall.agent.bench.load;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What the clients of one event loop saw. */
final class Recorder {
    private static final int DIGITS = 3;
    private static final long LONGEST_NANOS = TimeUnit.HOURS.toNanos(1);
    /** Kinds of errors told apart; those beyond are counted together. */
    private static final int MAX_KINDS = 20;

    private final Histogram latencies = new Histogram(LONGEST_NANOS, DIGITS);
    private final Map<String, Long> errors = new HashMap<>();
    private long lastNanos = Long.MIN_VALUE;

    void success(long startNanos, long endNanos) {
        latencies.recordValue(Math.max(1, Math.min(endNanos - startNanos, LONGEST_NANOS)));
        lastNanos = endNanos;
    }

    void failure(String what, long endNanos) {
        lastNanos = endNanos;
        errors.merge(errors.containsKey(what) || errors.size() < MAX_KINDS ? what : "other errors", 1L, Long::sum);
    }

    /** Latencies of all that succeeded, in nanoseconds. */
    Histogram latencies() {
        return latencies;
    }

    Map<String, Long> errors() {
        return errors;
    }

    /** When the last answer came. */
    long lastNanos() {
        return lastNanos;
    }
}
