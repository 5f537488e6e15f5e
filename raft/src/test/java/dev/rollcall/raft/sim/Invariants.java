package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.RaftStatus;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.raft.driver.LogWrite;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What must hold after every turn of a node, every write, and every message. Knows all nodes at once and compares logs by
 * chained hashes, so that each check is cheap. Every complaint begins with the number of what is broken:
 *
 * <pre>
 *  1 one leader in a term                      11 what is committed stays durable
 *  2 a vote never moves                        12 memberships: one change at a time, neighbours share a quorum
 *  3 terms only grow, durable before spoken    13 pre-votes change nothing, and come before every campaign
 *  4 one log at an index and term              14 snapshots are the committed log, and never lower commit
 *  5 logs that agree somewhere agree before    15 progress only grows, within its windows, and is true
 *  6 a leader has all that is committed        16 reads see what was committed when they arrived
 *  7 one state at an index, applied in order   18 nothing is taken from strangers
 *  8 applied, commit and last only in order    19 every queue is bounded
 *  9 commits are of the leader's own term      20 a restart is what was durable
 * 10 what is said is durable                   30 faults over, the cluster works
 * </pre>
 *
 * 17, reads under a lease, is 16 where the run has leases on; 29 is the clients' own history; 21 to 28 are above consensus.
 */
final class Invariants {
    /** What a read that arrives now must not fall behind. */
    private record Floor(long committed, long term) {}

    private final Simulation simulation;
    private final Truth truth;
    private final ElectionChecks elections;
    private final LeaderChecks leaders;
    /** The first machine of each member id: one that came later with a wiped disk is nobody. */
    private final Map<Long, Seen> members = new TreeMap<>();

    private final Map<Long, Floor> readFloor = new HashMap<>();

    Invariants(Simulation simulation, Membership bootstrap) {
        this.simulation = simulation;
        this.truth = new Truth(bootstrap, simulation.coverage());
        this.elections = new ElectionChecks(simulation, truth);
        this.leaders = new LeaderChecks(truth, this::seen);
    }

    Truth truth() {
        return truth;
    }

    ElectionChecks elections() {
        return elections;
    }

    /** Highest index that any node has known to be committed. */
    long committed() {
        return truth.committed().last();
    }

    private @Nullable Seen seen(long id) {
        return members.get(id);
    }

    private boolean isMember(SimNode node) {
        return members.computeIfAbsent(node.id(), id -> node.seen()) == node.seen();
    }

    boolean isDurableAtQuorum(Membership membership, long index) {
        return leaders.holdDurably(membership, index);
    }

    /** (11) What is committed stands in the durable logs of a quorum. */
    void checkDurableAtQuorum() {
        long index = committed();
        boolean held = index == 0;
        for (Membership recent : truth.recentMemberships()) {
            held |= isDurableAtQuorum(recent, index);
        }
        Check.that(held, "(11) no quorum holds index %s durably, which is committed", index);
    }

    /** (20) Restart: what runs is what was durable, however often it is recovered. */
    void started(SimNode node) {
        isMember(node);
        Seen seen = node.seen();
        seen.restart();
        RaftStatus status = node.status();
        Check.that(
                status.lastIndex() == seen.durable.last(),
                "(20) node %s starts with %s entries, %s were durable",
                node.id(),
                status.lastIndex(),
                seen.durable.last());
        Check.that(
                status.softState().term() == seen.hard.term(),
                "(20) node %s starts in term %s, %s was durable",
                node.id(),
                status.softState().term(),
                seen.hard.term());
        DurableLog disk = node.disk().durable();
        Check.that(disk.recover(status.applied()).equals(disk.recover(status.applied())), "(20) recovery differs");
        for (long index = Math.max(disk.base(), status.applied()) + 1; index <= disk.lastIndex(); index++) {
            if (disk.entry(index).kind() == EntryKind.CONFIG) {
                seen.changes.add(index);
            }
        }
        seen.term = status.softState().term();
        seen.membership = status.membership();
        seen.commit = status.commit();
        seen.applied = status.applied();
        seen.checkedApplied = status.applied();
    }

    /** A node hands a write to its disk. */
    void written(SimNode node, LogWrite write) {
        Seen seen = node.seen();
        seen.written(write.seq());
        if (write.hardState() != null) {
            ballotMoves(node, seen.written, write.hardState());
            seen.written = write.hardState();
        }
        SnapshotMeta snapshot = write.snapshot();
        if (snapshot != null) {
            checkSnapshot(node, snapshot);
            Check.that(
                    snapshot.index() > node.seen().commit,
                    "(14) node %s is committed up to %s and takes over %s",
                    node.id(),
                    node.seen().commit,
                    snapshot);
            Check.that(
                    !seen.memory.agrees(truth.committed(), snapshot.index()),
                    "(14) node %s gives up a log that holds all of %s",
                    node.id(),
                    snapshot);
            seen.memory.become(truth.committed(), snapshot.index());
            seen.changes.clear();
        }
        if (!write.entries().isEmpty()) {
            entriesWritten(node, write.entries());
        }
    }

    private void entriesWritten(SimNode node, List<Entry> entries) {
        Seen seen = node.seen();
        long first = entries.get(0).index();
        Check.that(
                first > seen.commit,
                "(8) node %s cuts its log at %s although it is committed up to %s",
                node.id(),
                first,
                seen.commit);
        SoftState now = node.softState();
        Check.that(
                seen.leadTerm != now.term() || now.role() != Role.LEADER || first > seen.memory.last(),
                "(4) leader %s of term %s overwrites index %s",
                node.id(),
                now.term(),
                first);
        if (first <= seen.memory.last()) {
            simulation.coverage().count(Counter.CONFLICTS);
        }
        seen.cutChanges(first);
        seen.memory.write(entries);
        for (Entry entry : entries) {
            truth.stands(entry, seen.memory.chain(entry.index()));
            if (entry.kind() == EntryKind.CONFIG) {
                leaders.changeWritten(node, entry);
                seen.changes.add(entry.index());
            }
        }
    }

    /** A write is durable. */
    void durable(SimNode node, LogWrite write) {
        Seen seen = node.seen();
        if (write.hardState() != null) {
            ballotMoves(node, seen.hard, write.hardState());
            seen.hard = write.hardState();
            if (isMember(node)) {
                truth.votes(node.id(), seen.hard);
            }
        }
        SnapshotMeta snapshot = write.snapshot();
        if (snapshot != null) {
            checkSnapshot(node, snapshot);
            seen.durable.become(truth.committed(), snapshot.index());
        }
        if (write.entries().isEmpty()) {
            return;
        }
        long first = write.entries().get(0).index();
        boolean held = seen.durable.agrees(truth.committed(), first);
        seen.durable.write(write.entries());
        if (held && !seen.durable.agrees(truth.committed(), first)) {
            // A node may lose an entry that others have committed since, and that it has not acknowledged to their
            // leader.
            checkDurableAtQuorum();
        }
    }

    /** (2, 3) */
    private static void ballotMoves(SimNode node, HardState from, HardState to) {
        Check.that(to.term() >= from.term(), "(3) node %s: term %s after %s", node.id(), to.term(), from.term());
        Check.that(
                to.term() > from.term() || from.vote() == 0 || to.vote() == from.vote(),
                "(2) node %s: vote of term %s moves from %s to %s",
                node.id(),
                to.term(),
                from.vote(),
                to.vote());
    }

    /** (14) A snapshot stands for the committed log, and for the membership in force where it ends. */
    private void checkSnapshot(SimNode node, SnapshotMeta snapshot) {
        Check.that(
                snapshot.index() <= truth.committed().last()
                        && truth.committed().term(snapshot.index()) == snapshot.term()
                        && truth.membershipAt(snapshot.index()).equals(snapshot.membership()),
                "(14) node %s takes over %s, which is not the committed log",
                node.id(),
                snapshot);
    }

    /** (7, 14) The state of a node is now that of a snapshot. */
    void restored(SimNode node, SnapshotMeta snapshot, MachineState state) {
        Seen seen = node.seen();
        Check.that(
                state.applied() == snapshot.index() && state.membership().equals(snapshot.membership()),
                "(14) node %s restores index %s from %s",
                node.id(),
                state.applied(),
                snapshot);
        truth.applied(node.id(), state);
        seen.checkedApplied = snapshot.index();
    }

    /** (3, 10) A message leaves: whatever it promises would survive a crash now. */
    void sent(SimNode node, Message message) {
        Seen seen = node.seen();
        HardState disk = seen.hard;
        Check.that(disk.term() >= message.term(), "(3) %s leaves, durable is term %s", message, disk.term());
        if (message instanceof Message.AppendResponse response && !response.rejected()) {
            Check.that(
                    seen.durable.last() >= response.index(),
                    "(10) %s leaves, the durable log ends at %s",
                    message,
                    seen.durable.last());
        } else if (message instanceof Message.VoteResponse response && response.granted()) {
            Check.that(
                    disk.term() > message.term() || disk.vote() == message.to(),
                    "(10) %s leaves, durable is %s",
                    message,
                    disk);
        } else if (message instanceof Message.VoteRequest) {
            Check.that(
                    disk.term() > message.term() || disk.vote() == node.id(),
                    "(10) %s leaves, durable is %s",
                    message,
                    disk);
        } else if (message instanceof Message.AppendRequest) {
            Check.that(
                    seen.membership.contains(message.to())
                            || node.status().membership().contains(message.to()),
                    "(12) %s leaves, its receiver is no member of %s",
                    message,
                    seen.membership);
        } else if (message instanceof Message.SnapshotOffer offer) {
            Check.that(
                    offer.snapshot().index() <= node.status().applied(),
                    "(14) %s leaves, applied is %s",
                    message,
                    node.status().applied());
        }
        elections.sent(node, message);
    }

    void readArrived(long id) {
        readFloor.put(id, new Floor(committed(), truth.newestTerm()));
    }

    /** (16, 17) A read is answered by nobody who was replaced when it arrived, and covers what was committed by then. */
    void readIndexCovers(SimNode node, long id, long index) {
        Floor floor = readFloor.remove(id);
        if (floor == null) {
            throw new IllegalStateException("(16) read " + id + " was answered twice, or never asked");
        }
        Check.that(
                index >= floor.committed,
                "(16) read %s got index %s, committed at its arrival was %s",
                id,
                index,
                floor.committed);
        Check.that(
                node.softState().term() >= floor.term,
                "(17) read %s was answered in term %s, term %s had a leader when it arrived",
                id,
                node.softState().term(),
                floor.term);
    }

    /** The state of a node after a turn. */
    void check(SimNode node, RaftStatus status, @Nullable SoftState announced) {
        Seen seen = node.seen();
        SoftState soft = status.softState();
        Check.that(soft.equals(announced), "node %s is %s, announced was %s", node.id(), soft, announced);
        Check.that(soft.term() >= seen.term, "(3) node %s: term %s after %s", node.id(), soft.term(), seen.term);
        Check.that(
                status.commit() >= seen.commit,
                "(8) node %s: commit %s after %s",
                node.id(),
                status.commit(),
                seen.commit);
        Check.that(
                status.applied() <= status.commit() && status.commit() <= status.lastIndex(),
                "(8) node %s: applied, commit, last out of order in %s",
                node.id(),
                status);
        Check.that(
                status.lastIndex() == seen.memory.last(),
                "(20) node %s holds %s entries, handed to its disk were %s",
                node.id(),
                status.lastIndex(),
                seen.memory.last());
        Check.that(
                seen.durable.agrees(seen.memory, status.durableIndex()),
                "(10) node %s believes that %s is durable",
                node.id(),
                status.durableIndex());
        elections.check(node, status);
        leaders.checkCommit(node, status);
        if (soft.role() == Role.LEADER) {
            leaders.check(node, status);
        } else {
            seen.leadTerm = 0;
        }
        remember(seen, status);
        Check.that(
                seen.membership.equals(truth.membershipAt(seen.applied)) || knowsNobodyYet(seen),
                "(12) node %s goes by %s, in force at %s is %s",
                node.id(),
                seen.membership,
                seen.applied,
                truth.membershipAt(seen.applied));
    }

    /** Whether a newcomer has come to no change of membership yet. */
    private boolean knowsNobodyYet(Seen seen) {
        return seen.membership.members().isEmpty()
                && truth.membershipsBetween(0, seen.applied).isEmpty();
    }

    private static void remember(Seen seen, RaftStatus status) {
        seen.term = status.softState().term();
        seen.role = status.softState().role();
        seen.commit = status.commit();
        seen.applied = status.applied();
        seen.membership = status.membership();
        while (!seen.changes.isEmpty() && seen.changes.getFirst() <= seen.applied) {
            seen.changes.removeFirst();
        }
    }

    /** (7) Entries were handed to a node's state machine. */
    void handedOver(SimNode node, List<Entry> entries) {
        Seen seen = node.seen();
        ChainLog committed = truth.committed();
        for (Entry entry : entries) {
            Check.that(
                    entry.index() == seen.checkedApplied + 1 && committed.has(entry.index()),
                    "(7) node %s applies %s after %s",
                    node.id(),
                    entry,
                    seen.checkedApplied);
            long chain = Hash.chain(committed.chain(entry.index() - 1), entry);
            Check.that(
                    chain == committed.chain(entry.index()),
                    "(7) node %s applies something else at %s",
                    node.id(),
                    entry);
            seen.checkedApplied = entry.index();
        }
    }
}
