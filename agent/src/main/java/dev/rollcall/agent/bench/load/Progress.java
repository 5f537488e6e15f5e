package dev.rollcall.agent.bench.load;

/** Is told now and then how far a load is. */
public interface Progress {
    /** Tells nobody. */
    Progress NONE = (done, total) -> {};

    void at(long done, long total);
}
