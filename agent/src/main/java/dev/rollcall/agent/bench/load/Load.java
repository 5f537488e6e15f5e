package dev.rollcall.agent.bench.load;

/** Something to ask of a server, much of it. */
public interface Load {
    /** Makes what it needs on the server: what comes before the measurement. */
    Prepared prepare(Fleet fleet, LoadOptions options) throws InterruptedException;

    /** A load that can begin at once. */
    interface Prepared extends AutoCloseable {
        /** Carries it out, once. */
        LoadResult run(Progress progress) throws InterruptedException;

        /** Takes back what was made on the server, as far as it would be in the way. */
        @Override
        void close();
    }
}
