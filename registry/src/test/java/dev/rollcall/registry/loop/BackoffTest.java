package dev.rollcall.registry.loop;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BackoffTest {
    @Test
    void pausesDoubleUpToTheCapAndVary() {
        for (int seed = 0; seed < 100; seed++) {
            Backoff backoff = new Backoff(100, 1_000, new SplittableRandom(seed));
            for (int round = 0; round < 2; round++) {
                for (long fullMs : new long[] {100, 200, 400, 800, 1_000, 1_000}) {
                    long delayMs = backoff.nextDelayMs();
                    assertTrue(delayMs > fullMs / 2 && delayMs <= fullMs, delayMs + " of " + fullMs);
                }
                backoff.reset();
            }
        }
    }
}
