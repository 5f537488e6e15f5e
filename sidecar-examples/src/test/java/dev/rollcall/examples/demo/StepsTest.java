package dev.rollcall.examples.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StepsTest {

    private static final Duration BOUND = Duration.ofMinutes(1);

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final Steps steps = new Steps(new Screen(new PrintStream(printed, true, StandardCharsets.UTF_8)));

    @Test
    void looksUntilItHolds() {
        AtomicInteger looks = new AtomicInteger();
        steps.await("three looks", BOUND, () -> looks.incrementAndGet() == 3);
        assertEquals(3, looks.get());
        assertEquals(0, steps.late());
        assertTrue(printed.toString(StandardCharsets.UTF_8).startsWith("  ok "));
    }

    @Test
    void aMissIsMarkedAndIsNoFailure() {
        steps.await("late", minutesAgo(2), BOUND, () -> true);
        assertEquals(1, steps.late());
        assertTrue(printed.toString(StandardCharsets.UTF_8).startsWith("  LATE "));
    }

    @Test
    void failsBeyondThreeTimesTheBound() {
        Steps.StoryFailed failure =
                assertThrows(Steps.StoryFailed.class, () -> steps.await("the moon", minutesAgo(3), BOUND, () -> false));
        assertEquals("not within 180.00 s: the moon", failure.getMessage());
    }

    private static long minutesAgo(int minutes) {
        return System.nanoTime() - TimeUnit.MINUTES.toNanos(minutes);
    }
}
