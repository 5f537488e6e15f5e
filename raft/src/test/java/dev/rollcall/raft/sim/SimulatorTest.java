package dev.rollcall.raft.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.SecureRandom;
import org.junit.jupiter.api.Test;

/** Clusters in trouble. {@code -Dsim.seed=} runs one seed, {@code -Dsim.runs=} says how many new ones are drawn. */
class SimulatorTest {
    private static final int TROUBLE_SECONDS = 20;
    private static final int PINNED = 40;

    @Test
    void pinnedSeeds() {
        long writes = 0;
        long reads = 0;
        for (long seed = 1; seed <= PINNED; seed++) {
            Simulation.Outcome outcome = new Simulation(seed).run(TROUBLE_SECONDS);
            writes += outcome.coverage().of(Counter.WRITES);
            reads += outcome.coverage().of(Counter.READS_LEADER);
        }
        // A simulation in which clients get nothing done would prove nothing.
        assertTrue(writes > 500 * PINNED && reads > 100 * PINNED, writes + " writes, " + reads + " reads");
    }

    @Test
    void newSeeds() {
        Long only = Long.getLong("sim.seed");
        long first = only != null ? only : new SecureRandom().nextLong() >>> 16;
        int runs = only != null ? 1 : Integer.getInteger("sim.runs", 20);
        System.out.println("simulating " + runs + " seeds from " + first + "; again: -Dsim.seed=<seed>");
        for (int i = 0; i < runs; i++) {
            new Simulation(first + i).run(TROUBLE_SECONDS);
        }
    }

    @Test
    void sameSeedRunsTheSame() {
        long once = new Simulation(7).run(5).traceHash();
        assertEquals(once, new Simulation(7).run(5).traceHash());
        assertNotEquals(once, new Simulation(8).run(5).traceHash());
    }
}
