package dev.rollcall.storage.member;

import dev.rollcall.raft.core.Membership;
import org.jspecify.annotations.Nullable;

/** Place of a member in the Raft configuration. The code is what stands on disk, for ever. */
public enum MemberRole {
    /** Its vote counts; in a joint configuration, in both halves. */
    VOTER(1),
    /** Receives the log without being counted. */
    LEARNER(2),
    /** Joint configuration: a voter of the new half only. */
    INCOMING(3),
    /** Joint configuration: a voter of the old half only, that will then be gone. */
    OUTGOING(4),
    /** Joint configuration: a voter of the old half only, that will then be a learner. */
    DEMOTED(5),
    /** Was a member and will never be one again: its id is not given out a second time. */
    REMOVED(6);

    private final int code;

    MemberRole(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /** Whether its vote counts in either half of the configuration. */
    public boolean votes() {
        return this != LEARNER && this != REMOVED;
    }

    /**
     * @throws IllegalArgumentException for a code of a newer version
     */
    public static MemberRole of(int code) {
        for (MemberRole role : values()) {
            if (role.code == code) {
                return role;
            }
        }
        throw new IllegalArgumentException("unknown member role " + code);
    }

    /** The role that a configuration gives to a member; null if it has no place in it. */
    static @Nullable MemberRole in(Membership membership, long id) {
        boolean outgoing = membership.outgoing().contains(id);
        if (membership.voters().contains(id)) {
            return outgoing || membership.outgoing().isEmpty() ? VOTER : INCOMING;
        }
        boolean learner = membership.learners().contains(id);
        if (outgoing) {
            return learner ? DEMOTED : OUTGOING;
        }
        return learner ? LEARNER : null;
    }
}
