package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.RaftStatus;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** What a leader may believe, commit and propose. */
final class LeaderChecks {
    private final Truth truth;
    private final LongFunction<@Nullable Seen> members;

    LeaderChecks(Truth truth, LongFunction<@Nullable Seen> members) {
        this.truth = truth;
        this.members = members;
    }

    /** (9, 10) Commit has grown somewhere: it is one history, and a quorum holds it durably. */
    void checkCommit(SimNode node, RaftStatus status) {
        Seen seen = node.seen();
        if (status.commit() > truth.committed().last()) {
            truth.commits(seen, status.commit(), status.softState().term());
            Check.that(
                    isDurableAtQuorum(node, status),
                    "(9) node %s commits %s, which no quorum holds durably",
                    node.id(),
                    status.commit());
        }
        Check.that(
                seen.memory.agrees(truth.committed(), status.commit()),
                "(7) node %s has committed something else up to %s",
                node.id(),
                status.commit());
    }

    /** By the membership before this turn, the one after it, or one that it went through. */
    private boolean isDurableAtQuorum(SimNode node, RaftStatus status) {
        long index = status.commit();
        Seen seen = node.seen();
        if (holdDurably(seen.membership, index) || holdDurably(status.membership(), index)) {
            return true;
        }
        for (Membership between : truth.membershipsBetween(seen.applied, status.applied())) {
            if (holdDurably(between, index)) {
                return true;
            }
        }
        return false;
    }

    boolean holdDurably(Membership membership, long index) {
        return Quorums.holds(membership, id -> {
            Seen member = members.apply(id);
            return member != null && member.durable.agrees(truth.committed(), index);
        });
    }

    void check(SimNode node, RaftStatus status) {
        Seen seen = node.seen();
        long term = status.softState().term();
        truth.leads(node.id(), term);
        Check.that(
                status.membership().isVoter(node.id()),
                "(12) node %s goes on leading term %s outside %s",
                node.id(),
                term,
                status.membership());
        if (seen.leadTerm != term) {
            checkComplete(node, status);
        } else if (status.commit() > seen.commit) {
            Check.that(
                    seen.memory.term(status.commit()) == term,
                    "(9) leader %s of term %s commits index %s of term %s",
                    node.id(),
                    term,
                    status.commit(),
                    seen.memory.term(status.commit()));
        }
        for (RaftStatus.Follower follower : status.followers()) {
            checkProgress(node, follower, term);
        }
        checkBounds(node, status);
    }

    /**
     * (6) A member that was paused may find itself elected long after others have moved on: what was committed in later terms it
     * need not have.
     */
    private void checkComplete(SimNode node, RaftStatus status) {
        Seen seen = node.seen();
        long term = status.softState().term();
        long needed = truth.committedBefore(term);
        Check.that(
                seen.memory.agrees(truth.committed(), needed),
                "(6) leader %s of term %s lacks entries committed up to %s",
                node.id(),
                term,
                needed);
        Check.that(
                seen.memory.term(seen.memory.last()) == term,
                "(9) leader %s has not opened its term %s with an entry",
                node.id(),
                term);
        seen.leadTerm = term;
        seen.leadFrom = seen.memory.last();
        java.util.Arrays.fill(seen.match, 0);
    }

    private void checkProgress(SimNode node, RaftStatus.Follower follower, long term) {
        Seen seen = node.seen();
        int id = (int) follower.id();
        Check.that(
                follower.match() >= seen.match[id],
                "(15) match of %s falls from %s to %s",
                id,
                seen.match[id],
                follower.match());
        seen.match[id] = follower.match();
        Check.that(follower.next() > follower.match(), "(15) next is not above match in %s", follower);
        Check.that(
                follower.inflightMessages() <= node.config().maxInflightMessages()
                        && follower.inflightBytes()
                                < node.config().maxInflightBytes()
                                        + node.config().maxAppendBytes()
                                        + Clients.COMMAND_BYTES_MAX,
                "(19) too much on its way in %s",
                follower);
        Seen there = members.apply(follower.id());
        Check.that(
                follower.match() == 0
                        || (there != null
                                && (there.hard.term() > term || there.durable.agrees(seen.memory, follower.match()))),
                "(15) leader %s believes that %s holds everything up to %s",
                node.id(),
                follower.id(),
                follower.match());
    }

    /** (19) What this leader has taken in its own term and not committed. */
    private static void checkBounds(SimNode node, RaftStatus status) {
        Seen seen = node.seen();
        long from = Math.max(status.commit(), Math.min(seen.leadFrom, status.lastIndex()));
        long uncommitted = seen.memory.bytesBetween(from, status.lastIndex());
        long limit = node.config().maxUncommittedBytes() + Clients.BATCH_BYTES_MAX;
        Check.that(
                uncommitted <= limit,
                "(19) leader %s holds %s uncommitted bytes, more than %s",
                node.id(),
                uncommitted,
                limit);
    }

    /**
     * (12) A change of membership has entered a node's log: if it is a leader's own, then no other one is undecided, and the
     * leader knows its own term to be committed.
     */
    void changeWritten(SimNode node, Entry entry) {
        Seen seen = node.seen();
        SoftState now = node.softState();
        if (now.role() != Role.LEADER || entry.term() != now.term()) {
            return;
        }
        RaftStatus status = node.status();
        for (long other : seen.changes) {
            Check.that(
                    other <= status.applied(),
                    "(12) leader %s proposes a change at %s, the one at %s is not applied",
                    node.id(),
                    entry.index(),
                    other);
        }
        Check.that(
                seen.memory.term(status.commit()) == now.term(),
                "(12) leader %s proposes a change at %s, and nothing of its term %s is committed",
                node.id(),
                entry.index(),
                now.term());
    }
}
