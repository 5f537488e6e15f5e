package dev.rollcall.raft.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * Clusters in trouble, every seed twice: the second run must be the same as the first, event for event. {@code -Dsim.seed=} runs
 * one seed, {@code -Dsim.runs=} says how many new ones are drawn.
 */
class SimulatorTest {
    private static final int PINNED = 80;

    private final Coverage coverage = new Coverage();
    private long events;
    private long cpuNanos;

    @Test
    void pinnedSeeds() {
        for (long seed = 1; seed <= PINNED; seed++) {
            runTwice(seed);
        }
        report();
        // A simulation in which little happens would prove little.
        assertTrue(coverage.of(Counter.WRITES) > 1_000 * PINNED, "writes");
        List<Counter> unreached = new ArrayList<>();
        for (Counter counter : Counter.values()) {
            if (coverage.of(counter) == 0) {
                unreached.add(counter);
            }
        }
        assertTrue(unreached.size() <= 3, "never reached: " + unreached);
    }

    @Test
    void newSeeds() {
        Long only = Long.getLong("sim.seed");
        long first = only != null ? only : new SecureRandom().nextLong() >>> 16;
        int runs = only != null ? 1 : Integer.getInteger("sim.runs", 40);
        System.out.println("simulating " + runs + " seeds from " + first + "; again: -Dsim.seed=<seed>");
        for (int i = 0; i < runs; i++) {
            runTwice(first + i);
        }
        report();
    }

    @Test
    void otherSeedsRunOtherwise() {
        assertNotEquals(
                new Simulation(7).run(5).traceHash(), new Simulation(8).run(5).traceHash());
    }

    private void runTwice(long seed) {
        long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        Simulation.Outcome once = new Simulation(seed).run(SeedRun.TROUBLE_SECONDS);
        Simulation.Outcome again = new Simulation(seed).run(SeedRun.TROUBLE_SECONDS);
        assertEquals(once.traceHash(), again.traceHash(), "seed " + seed + " does not run the same twice");
        cpuNanos += ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
        events += once.events() + again.events();
        coverage.add(once.coverage());
    }

    private void report() {
        System.out.println(String.format(
                Locale.ROOT,
                "%,d events in %.1f s of CPU: %,.0f a second",
                events,
                cpuNanos / 1e9,
                events / (cpuNanos / 1e9)));
    }
}
