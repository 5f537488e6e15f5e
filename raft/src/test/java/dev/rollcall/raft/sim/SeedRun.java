package dev.rollcall.raft.sim;

import java.util.function.LongConsumer;

/** Runs seeds, for callers that share nothing with the simulator but the JDK. */
public final class SeedRun implements LongConsumer {
    /** Simulated length of the trouble in one run. */
    public static final int TROUBLE_SECONDS = 20;

    @Override
    public void accept(long seed) {
        new Simulation(seed).run(TROUBLE_SECONDS);
    }
}
