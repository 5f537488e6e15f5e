package dev.rollcall.raft.core;

/**
 * What became of a proposed change of membership at once. One that was refused has touched nothing.
 *
 * @param reason why, for programs
 * @param why the same with its evidence, for people; empty if accepted
 */
public record ChangeResult(Reason reason, String why) {
    /** Why a change was taken or not. */
    public enum Reason {
        /** It is in this leader's log. Whether it commits is known only from there. */
        ACCEPTED,
        /** This member does not lead. */
        NOT_LEADER,
        /** Leadership is being handed over. */
        TRANSFERRING,
        /** This leader has applied nothing of its own term yet, so it may not know the newest configuration. */
        NOT_READY,
        /** Another change is under way. */
        PENDING,
        /** Nobody would be left to vote. */
        NO_VOTER_LEFT,
        /** An id that is to join is a member. */
        ALREADY_MEMBER,
        /** An id that is to be promoted or to leave is no member. */
        UNKNOWN_MEMBER,
        /** An id that is to be promoted votes already. */
        NOT_A_LEARNER,
        /** A learner that is to be promoted has not caught up, or is not heard from. */
        LEARNER_BEHIND
    }

    static final ChangeResult ACCEPTED = new ChangeResult(Reason.ACCEPTED, "");

    public boolean accepted() {
        return reason == Reason.ACCEPTED;
    }
}
