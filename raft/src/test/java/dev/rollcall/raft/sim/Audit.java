package dev.rollcall.raft.sim;

/**
 * What can only be seen by reading whole logs, so it is looked at once in {@link #EVERY} events: that every disk holds what the
 * checks believe it to hold, every state file is the state at its index, and what is committed is durable at a quorum.
 */
final class Audit {
    /** Events from one look to the next. */
    static final int EVERY = 5_000;

    private final Simulation simulation;
    private long next = EVERY;

    Audit(Simulation simulation) {
        this.simulation = simulation;
    }

    /** So many events have happened. */
    void after(long events) {
        if (events >= next) {
            next = events + EVERY;
            look();
        }
    }

    void look() {
        for (SimNode node : simulation.nodes()) {
            readDisk(node);
            MachineState state = node.stateFile();
            if (state.applied() > 0) {
                simulation.truth().applied(node.id(), state);
            }
        }
        simulation.invariants().checkDurableAtQuorum();
    }

    private static void readDisk(SimNode node) {
        DurableLog disk = node.disk().durable();
        ChainLog believed = node.seen().durable;
        Check.that(
                disk.lastIndex() == believed.last(),
                "(20) the disk of node %s ends at %s, not at %s",
                node.id(),
                disk.lastIndex(),
                believed.last());
        long chain = believed.chain(disk.base());
        for (long index = disk.base() + 1; index <= disk.lastIndex(); index++) {
            chain = Hash.chain(chain, disk.entry(index));
            Check.that(
                    chain == believed.chain(index),
                    "(20) the disk of node %s holds something else at %s",
                    node.id(),
                    index);
        }
    }
}
