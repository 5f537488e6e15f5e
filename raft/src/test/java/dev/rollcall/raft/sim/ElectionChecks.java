package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.RaftStatus;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;

/**
 * Who may campaign, vote and lead. Kept in each process's own ticks, and from the messages it has taken in, so that it does not
 * depend on what the core believes.
 */
final class ElectionChecks {
    private final Simulation simulation;
    private final Truth truth;

    ElectionChecks(Simulation simulation, Truth truth) {
        this.simulation = simulation;
        this.truth = truth;
    }

    /** A node has taken in a message. */
    void stepped(SimNode node, Message message, SoftState before, SoftState after) {
        if (message.to() != node.id()) {
            Check.that(before.equals(after), "(18) node %s acts on %s", node.id(), message);
            return;
        }
        Seen seen = node.seen();
        boolean contact = inContact(node, before);
        if (message instanceof Message.PreVoteRequest request) {
            Check.that(before.equals(after), "(13) a request for a pre-vote turned %s into %s", before, after);
            if (contact) {
                simulation.coverage().count(Counter.PRE_VOTES_REFUSED);
            } else {
                seen.mayGrant.add(request.round());
            }
        } else if (message instanceof Message.VoteRequest request) {
            Check.that(
                    !contact || request.transfer() || before.term() == after.term(),
                    "(2) node %s in contact with a leader follows %s into its term",
                    node.id(),
                    message);
        } else if (message instanceof Message.PreVoteResponse response && response.granted()) {
            seen.grants.merge(response.round(), 1L << message.from(), (a, b) -> a | b);
        } else if (message instanceof Message.TimeoutNow && message.term() >= before.term()) {
            seen.orderedTick = seen.ticks;
            seen.orderedTerm = message.term();
        } else if (after.leader() == message.from() && isFromLeader(message) && message.term() == after.term()) {
            seen.contactTick = seen.ticks;
            seen.contactTerm = after.term();
        } else if (before.role() == Role.LEADER && message.term() == before.term()) {
            seen.heardTick[(int) message.from()] = seen.ticks;
        }
    }

    private static boolean isFromLeader(Message message) {
        return message instanceof Message.AppendRequest
                || message instanceof Message.HeartbeatRequest
                || message instanceof Message.CommitNotice
                || message instanceof Message.SnapshotOffer
                || message instanceof Message.SnapshotChunk;
    }

    private static boolean inContact(SimNode node, SoftState soft) {
        Seen seen = node.seen();
        return soft.role() == Role.LEADER
                || (soft.leader() != 0
                        && seen.contactTerm == soft.term()
                        && seen.ticks - seen.contactTick < node.config().electionTicksMin() - 1);
    }

    /** (1, 13, 16) A message leaves. */
    void sent(SimNode node, Message message) {
        Seen seen = node.seen();
        if (isFromLeader(message)) {
            SoftState now = node.softState();
            Check.that(
                    (now.role() == Role.LEADER && now.term() == message.term())
                            || truth.hasLed(node.id(), message.term()),
                    "(1) %s leaves, its sender does not lead that term",
                    message);
        }
        if (message instanceof Message.PreVoteResponse response && response.granted()) {
            Check.that(
                    seen.mayGrant.contains(response.round()),
                    "(13) node %s in contact with a leader grants %s",
                    node.id(),
                    message);
        } else if (message instanceof Message.PreVoteRequest request) {
            askedOnce(node, request.round());
        } else if (message instanceof Message.ReadIndexRequest request) {
            askedOnce(node, request.id());
        }
    }

    /** (16) The name of a question is used in one life only: an answer to an earlier one must not be taken. */
    private static void askedOnce(SimNode node, long question) {
        Integer life = node.seen().questions.putIfAbsent(question, node.life());
        Check.that(
                life == null || life == node.life(),
                "(16) node %s asks question %s again, as it did before its restart",
                node.id(),
                question);
    }

    /** A node's term, role and membership after a turn. */
    void check(SimNode node, RaftStatus status) {
        Seen seen = node.seen();
        SoftState soft = status.softState();
        boolean campaigns = soft.term() > seen.term && (soft.role() == Role.CANDIDATE || soft.role() == Role.LEADER);
        if (campaigns) {
            checkCampaign(node, status);
        }
        if (soft.role() == Role.LEADER) {
            if (seen.leadTerm != soft.term()) {
                checkWon(node, status);
                seen.graceTick = seen.ticks;
            } else if (!status.membership().equals(seen.membership)) {
                seen.graceTick = seen.ticks;
            }
            checkMayLead(node, status);
        }
    }

    /** (13) Whoever raises its own term has been granted pre-votes by a quorum in one round, or was told to by its leader. */
    private void checkCampaign(SimNode node, RaftStatus status) {
        Seen seen = node.seen();
        long term = status.softState().term();
        simulation.coverage().count(Counter.CAMPAIGNS);
        boolean ordered = seen.orderedTerm == term - 1
                && seen.ticks - seen.orderedTick <= node.config().electionTicksMin() + 1;
        if (ordered) {
            simulation.coverage().count(Counter.ORDERED_CAMPAIGNS);
        }
        Check.that(
                ordered || granted(seen, status.membership(), node.id()) || granted(seen, seen.membership, node.id()),
                "(13) node %s campaigns in term %s without a quorum of pre-votes",
                node.id(),
                term);
        for (long change : seen.changes) {
            Check.that(
                    change > seen.commit || change <= status.applied(),
                    "(12) node %s campaigns in term %s, the change at %s is committed and not applied",
                    node.id(),
                    term,
                    change);
        }
        seen.grants.clear();
    }

    private static boolean granted(Seen seen, Membership membership, long self) {
        if (Quorums.holds(membership, id -> id == self)) {
            return true;
        }
        for (long mask : seen.grants.values()) {
            if (Quorums.holds(membership, id -> id == self || (mask >>> id & 1) == 1)) {
                return true;
            }
        }
        return false;
    }

    /** (2, 10, 12) Whoever comes to lead has the durable votes of a quorum. */
    private void checkWon(SimNode node, RaftStatus status) {
        long term = status.softState().term();
        boolean won = Quorums.holds(status.membership(), id -> truth.hasVoted(id, term, node.id()))
                || Quorums.holds(node.seen().membership, id -> truth.hasVoted(id, term, node.id()));
        Check.that(won, "(2) node %s leads term %s without the durable votes of a quorum", node.id(), term);
        Check.that(
                status.membership().isVoter(node.id()),
                "(12) node %s leads term %s and is no voter of %s",
                node.id(),
                term,
                status.membership());
    }

    /**
     * Whoever has not heard from a quorum for twice the shortest election timeout no longer leads, nor does one whose disk has
     * completed nothing for so long; unless nobody else could. Both count from when its membership last changed: until then it
     * may have been the only voter, whom nobody could replace.
     */
    private static void checkMayLead(SimNode node, RaftStatus status) {
        Seen seen = node.seen();
        long patience = 2L * node.config().electionTicksMin() + 2;
        if (Quorums.holds(status.membership(), id -> id == node.id())) {
            return;
        }
        Check.that(
                seen.ticks - seen.graceTick <= patience
                        || Quorums.holds(
                                status.membership(),
                                id -> id == node.id() || seen.ticks - seen.heardTick[(int) id] <= patience),
                "(30) node %s leads term %s though it hears from no quorum",
                node.id(),
                status.softState().term());
        Check.that(
                Math.min(seen.stalledTicks(), seen.ticks - seen.graceTick) <= patience,
                "(30) node %s leads term %s though its disk has stalled",
                node.id(),
                status.softState().term());
    }
}
