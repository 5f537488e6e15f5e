package dev.rollcall.registry.loop;

import java.util.random.RandomGenerator;

/**
 * Pauses between attempts: each twice the one before up to a cap, each shortened by a random part of up to a half, so that
 * many agents that lost the same server do not come back in step. Confined to one thread.
 */
public final class Backoff {
    private final long firstMs;
    private final long capMs;
    private final RandomGenerator random;
    private long nextMs;

    public Backoff(long firstMs, long capMs, RandomGenerator random) {
        if (firstMs < 2 || capMs < firstMs) {
            throw new IllegalArgumentException("a backoff needs 2 <= first <= cap, not " + firstMs + ", " + capMs);
        }
        this.firstMs = firstMs;
        this.capMs = capMs;
        this.random = random;
        this.nextMs = firstMs;
    }

    /** The pause before the next attempt, in milliseconds. */
    public long nextDelayMs() {
        long fullMs = nextMs;
        nextMs = Math.min(capMs, fullMs * 2);
        return fullMs - random.nextLong(fullMs / 2);
    }

    /** An attempt has succeeded: the next pause is short again. */
    public void reset() {
        nextMs = firstMs;
    }
}
