package dev.rollcall.raft.core;

import java.util.random.RandomGenerator;

/** This member's state, which every part of the core reads, and its clock of ticks. */
final class MemberState {
    final RaftConfig config;
    final RandomGenerator random;
    final RaftLog log;
    final Persistence persistence;
    final Outbox outbox;
    final RoleState role;
    final ApplyFeed apply;
    final LogLoads loads = new LogLoads();
    Membership membership;
    long now;
    /** What was committed before this member started; a change of membership may be among it. */
    private final long committedAtStart;

    private long lastToken;
    private long lastRound;

    MemberState(
            RaftConfig config,
            Membership membership,
            HardState hardState,
            RaftLog log,
            long applied,
            RandomGenerator random) {
        this.config = config;
        this.membership = membership;
        this.random = random;
        this.log = log;
        this.persistence = new Persistence(hardState, log.lastIndex());
        this.outbox = new Outbox(config.id(), persistence);
        this.role = new RoleState(config.id(), hardState, persistence);
        this.committedAtStart = log.commit();
        this.apply = new ApplyFeed(applied, config.maxApplyBytes());
        // Drawn, so that an answer meant for an earlier life of this member names none of this life's questions.
        this.lastToken = random.nextLong() >>> 2;
    }

    long self() {
        return config.id();
    }

    /** A number for one question to others, never used before. */
    long newToken() {
        return ++lastToken;
    }

    /** A number for one round of leadership proof, higher than all before it. */
    long newRound() {
        return ++lastRound;
    }

    long lastRound() {
        return lastRound;
    }

    /**
     * Whether this member may ask for votes: not with a configuration that it knows to be outdated, and not with a disk that
     * does not work.
     */
    boolean mayCampaign() {
        return membership.isVoter(self()) && configurationIsCurrent() && !diskStalled();
    }

    private boolean configurationIsCurrent() {
        long applied = apply.applied();
        return applied >= committedAtStart && !persistence.restoring() && !log.committedChangeAbove(applied);
    }

    /** Whether the disk has owed something for an election timeout. Such a member must not lead. */
    boolean diskStalled() {
        return persistence.ticksWithoutProgress() >= config.electionTicksMin();
    }
}
