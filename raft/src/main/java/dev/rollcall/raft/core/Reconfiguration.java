package dev.rollcall.raft.core;

import dev.rollcall.raft.core.ChangeResult.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Changes of membership, as the leader of one term allows them: one at a time, and none before this leader has applied an
 * entry of its own term.
 *
 * <p>Both rules serve the same end. A configuration takes effect when it is applied, and two neighbours in the log share a
 * quorum, but a configuration and the next but one need not. Because no change is proposed before the one before it is
 * applied here, every append that carries a change also tells that its predecessor is committed; and because nobody campaigns
 * with committed changes unapplied, no candidate counts votes by a configuration that is two changes old. Without the rule of
 * the own term a leader could skip a change that its predecessor had committed (the bug of single-server changes that Diego
 * Ongaro reported in 2015).
 */
final class Reconfiguration {
    private final MemberState state;
    private final Replication replication;
    private long pending;

    /** @param pending last index of the log, this term's first entry included: a change may hide below it */
    Reconfiguration(MemberState state, Replication replication, long pending) {
        this.state = state;
        this.replication = replication;
        this.pending = pending;
    }

    /** Null if the change may be proposed now. */
    @Nullable
    ChangeResult refusal(MembershipChange change) {
        Membership now = state.membership;
        if (!replication.committedInTerm() || state.apply.applied() < pending || now.isJoint()) {
            return !replication.committedInTerm()
                    ? refused(Reason.NOT_READY, "no entry of term " + state.role.term() + " is committed yet")
                    : refused(Reason.PENDING, underWay(now));
        }
        for (long id : change.voters()) {
            if (now.contains(id)) {
                return refused(Reason.ALREADY_MEMBER, "member " + id + " is a member already");
            }
        }
        for (long id : change.learners()) {
            if (now.contains(id)) {
                return refused(Reason.ALREADY_MEMBER, "member " + id + " is a member already");
            }
        }
        for (long id : change.removed()) {
            if (!now.contains(id)) {
                return refused(Reason.UNKNOWN_MEMBER, "member " + id + " that is to leave is no member");
            }
        }
        for (long id : change.promoted()) {
            ChangeResult refusal = refusalToPromote(id, now);
            if (refusal != null) {
                return refusal;
            }
        }
        return now.with(change).voters().isEmpty()
                ? refused(Reason.NO_VOTER_LEFT, "of the voters " + now.voters() + " none would be left")
                : null;
    }

    /** The change is in the log at this index. */
    void proposed(long index) {
        pending = index;
    }

    /** Whether it is time to leave the joint configuration that is in force. */
    boolean mayLeaveJoint() {
        return state.membership.isJoint() && state.apply.applied() >= pending;
    }

    private @Nullable ChangeResult refusalToPromote(long id, Membership now) {
        if (!now.contains(id)) {
            return refused(Reason.UNKNOWN_MEMBER, "member " + id + " that is to be promoted is no member");
        }
        Progress learner = replication.of(id);
        if (!now.learners().contains(id) || learner == null) {
            return refused(Reason.NOT_A_LEARNER, "member " + id + " that is to be promoted votes already");
        }
        long last = state.log.lastIndex();
        boolean keepsUp = learner.state() == ProgressState.REPLICATE
                && learner.heardWithin(state.config.electionTicksMin(), state.now);
        // Within a tenth of the log, as etcd has it; Java's long holds ten times any index a log can reach.
        return keepsUp && learner.match() >= last - last / 10
                ? null
                : refused(
                        Reason.LEARNER_BEHIND,
                        "learner " + id + " holds the log up to " + learner.match() + " of " + last
                                + (keepsUp ? "" : " and is not following"));
    }

    private String underWay(Membership now) {
        return now.isJoint()
                ? "the members " + now.outgoing() + " are being replaced by " + now.voters()
                : "entries up to " + pending + " may hold another change, applied is " + state.apply.applied();
    }

    private static ChangeResult refused(Reason reason, String why) {
        return new ChangeResult(reason, why);
    }
}
