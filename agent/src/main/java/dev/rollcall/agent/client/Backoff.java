package dev.rollcall.agent.client;

import java.util.random.RandomGenerator;

/** How long to leave alone what has failed: doubled each time up to a limit, and spread, so that a crowd does not return at once. */
final class Backoff {
    private final long firstMs;
    private final long maxMs;
    private final RandomGenerator random;
    private int failures;

    Backoff(long firstMs, long maxMs, RandomGenerator random) {
        this.firstMs = firstMs;
        this.maxMs = maxMs;
        this.random = random;
    }

    /** The wait after one more failure: between half of what is due and all of it. */
    long nextMs() {
        long due = Math.min(maxMs, firstMs << Math.min(failures, 20));
        failures++;
        return due / 2 + random.nextLong(due / 2 + 1);
    }

    void reset() {
        failures = 0;
    }
}
