package dev.rollcall.raft.lab;

import java.util.random.RandomGenerator;

/** Chance that a scenario decides: every election timeout is what was asked for, and no two questions have one number. */
public final class Draws implements RandomGenerator {
    private static final long SPACING = 1_000_000;

    private final long id;
    private long lives;
    private int above = Integer.MAX_VALUE;

    /** @param id of the member that draws */
    public Draws(long id) {
        this.id = id;
    }

    /** From now on timeouts are drawn this far above the shortest, or as long as they can be. */
    public void drawAbove(int ticks) {
        above = ticks;
    }

    @Override
    public int nextInt(int bound) {
        return Math.min(above, bound - 1);
    }

    /** Drawn once in each life of a member, for the numbers of its questions. */
    @Override
    public long nextLong() {
        lives++;
        return ((id * 40) + lives) * SPACING * 4;
    }
}
