package dev.rollcall.raft.core;

import java.util.List;
import java.util.random.RandomGenerator;

/** One member's consensus state. */
public final class Raft {
    private final RaftConfig config;
    private Membership membership;

    public Raft(
            RaftConfig config,
            Membership membership,
            HardState hardState,
            long snapshotIndex,
            long snapshotTerm,
            List<TermRun> termRuns,
            List<Entry> tail,
            long applied,
            RandomGenerator random) {
        this.config = config;
        this.membership = membership;
    }

    public void tick() {}

    public void receive(Message message) {}

    public ProposeResult propose(List<byte[]> commands) {
        return ProposeResult.NOT_LEADER;
    }

    public void readIndex(long id) {}

    public void transferLeadership(long target) {}

    public void peerGone(long id) {}

    public void persisted(long seq) {}

    public void applied(long index) {}

    public void entriesLoaded(long first, List<Entry> entries) {}

    public void truncatedThrough(long index) {}

    public void configure(Membership now) {
        membership = now;
    }

    public Ready takeReady() {
        return new Ready(List.of(), null, List.of(), null, List.of(), List.of());
    }

    public RaftStatus status() {
        return new RaftStatus(config.id(), new SoftState(0, 0, Role.FOLLOWER), 1, 0, 0, 0, 0, membership, 0, List.of());
    }
}
