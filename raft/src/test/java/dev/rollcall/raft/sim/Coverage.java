package dev.rollcall.raft.sim;

/** How often each {@link Counter} was reached. */
@SuppressWarnings("EnumOrdinal") // counted millions of times, and nothing outlives the run
public final class Coverage {
    private final long[] counts = new long[Counter.values().length];

    void count(Counter counter) {
        counts[counter.ordinal()]++;
    }

    /** How often this was reached. */
    public long of(Counter counter) {
        return counts[counter.ordinal()];
    }

    /** Adds another run's. */
    public void add(Coverage other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
    }
}
