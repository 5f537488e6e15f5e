package dev.rollcall.examples.demo;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for what must become true by looking, and says how long it took beside its bound. A miss is marked, and is a failure
 * only beyond three times the bound: a busy machine may be slow.
 */
final class Steps {

    private static final long LOOK_EVERY_NANOS = 20_000_000;
    private static final int FAILS_AT_TIMES_BOUND = 3;

    private final Screen screen;
    private int late;

    /** The story does not go as it must. */
    static final class StoryFailed extends RuntimeException {

        private static final long serialVersionUID = 1L;

        StoryFailed(String message) {
            super(message);
        }
    }

    Steps(Screen screen) {
        this.screen = screen;
    }

    /** How many steps took longer than their bound. */
    int late() {
        return late;
    }

    /** Waits from now on; see {@link #await(String, long, Duration, BooleanSupplier)}. */
    void await(String what, Duration bound, BooleanSupplier reached) {
        await(what, System.nanoTime(), bound, reached);
    }

    /**
     * Looks until {@code reached} holds.
     *
     * @param what the state waited for, in words that read well after a time
     * @param sinceNanos when the time began to count
     * @throws StoryFailed beyond three times the bound
     */
    void await(String what, long sinceNanos, Duration bound, BooleanSupplier reached) {
        long limit = bound.toNanos() * FAILS_AT_TIMES_BOUND;
        while (!reached.getAsBoolean()) {
            require(System.nanoTime() - sinceNanos < limit, "not within " + seconds(limit) + ": " + what);
            LockSupport.parkNanos(LOOK_EVERY_NANOS);
        }
        report(what, System.nanoTime() - sinceNanos, bound);
    }

    private void report(String what, long tookNanos, Duration bound) {
        boolean inTime = tookNanos <= bound.toNanos();
        if (!inTime) {
            late++;
        }
        screen.say(String.format(
                Locale.ROOT,
                "  %-4s %7s of %6s  %s",
                inTime ? "ok" : "LATE",
                seconds(tookNanos),
                seconds(bound.toNanos()),
                what));
    }

    /** Says a fact that has been checked. */
    void fact(String what) {
        screen.say(String.format(Locale.ROOT, "  ok                      %s", what));
    }

    /** Fails the story with {@code message} unless {@code holds}. */
    void require(boolean holds, String message) {
        if (!holds) {
            throw new StoryFailed(message);
        }
    }

    /** The value; fails the story with {@code message} if there is none. */
    <T> T known(@Nullable T value, String message) {
        if (value == null) {
            throw new StoryFailed(message);
        }
        return value;
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
    }
}
