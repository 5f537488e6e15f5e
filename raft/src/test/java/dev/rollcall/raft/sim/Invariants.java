package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.RaftStatus;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.raft.driver.LogWrite;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What must hold after every event. Knows all nodes at once, keeps what is global across crashes (who led which term, what
 * was committed, what stands at an index and term), and compares logs by chained hashes, so that each check is cheap.
 */
final class Invariants {
    private record Position(long index, long term) {}

    /** What this node was last seen to be, in memory and on disk. */
    private static final class Seen {
        final ChainLog durable = new ChainLog();
        ChainLog memory = new ChainLog();
        HardState hard = HardState.EMPTY;
        HardState written = HardState.EMPTY;
        long term;
        long commit;
        long leadTerm;
        long checkedApplied;
        final Map<Long, Long> match = new TreeMap<>();
    }

    private final Membership membership;
    private final Map<Long, Seen> nodes = new TreeMap<>();
    private final Map<Long, Long> leaderOf = new HashMap<>();
    private final Map<Position, Long> standsAt = new HashMap<>();
    private final ChainLog committed = new ChainLog();
    /** Term in which a stretch of the committed log was committed, to its last index. */
    private final TreeMap<Long, Long> committedIn = new TreeMap<>();

    private final Map<Long, Long> readFloor = new HashMap<>();

    Invariants(Membership membership) {
        this.membership = membership;
        for (long id : membership.members()) {
            nodes.put(id, new Seen());
        }
    }

    /** Highest index that any node has known to be committed. */
    long committed() {
        return committed.last();
    }

    /** Highest index up to which a node's durable log is the committed one. */
    long durablyCommitted(long id) {
        ChainLog durable = seen(id).durable;
        long index = Math.min(durable.last(), committed.last());
        while (index > 0 && !durable.agrees(committed, index)) {
            index--;
        }
        return index;
    }

    private Seen seen(long id) {
        Seen seen = nodes.get(id);
        if (seen == null) {
            throw new IllegalStateException("no node " + id);
        }
        return seen;
    }

    private static void require(boolean holds, String invariant, @Nullable Object... evidence) {
        if (!holds) {
            throw new IllegalStateException(filled(invariant, evidence));
        }
    }

    /** The evidence put where the text says {@code %s}. */
    private static String filled(String text, @Nullable Object... evidence) {
        StringBuilder filled = new StringBuilder();
        int from = 0;
        for (Object part : evidence) {
            int hole = text.indexOf("%s", from);
            filled.append(text, from, hole).append(part);
            from = hole + 2;
        }
        return filled.append(text.substring(from)).toString();
    }

    /** Restart: what runs is what was durable, however often it is recovered. */
    void started(SimNode node) {
        Seen seen = seen(node.id());
        seen.memory = seen.durable.copy();
        seen.written = seen.hard;
        seen.leadTerm = 0;
        seen.match.clear();
        RaftStatus status = node.status();
        require(
                status.lastIndex() == seen.durable.last(),
                "node %s starts with %s entries, %s were durable",
                node.id(),
                status.lastIndex(),
                seen.durable.last());
        require(
                status.softState().term() == seen.hard.term(),
                "node %s starts in term %s, %s was durable",
                node.id(),
                status.softState().term(),
                seen.hard.term());
        DurableLog disk = node.disk().durable();
        require(disk.recover(status.applied()).equals(disk.recover(status.applied())), "recovery differs");
        seen.term = status.softState().term();
        seen.commit = status.commit();
        seen.checkedApplied = status.applied();
    }

    /** A node hands a write to its disk. */
    void written(SimNode node, LogWrite write) {
        Seen seen = seen(node.id());
        if (write.hardState() != null) {
            ballotMoves(node, seen.written, write.hardState());
            seen.written = write.hardState();
        }
        if (write.entries().isEmpty()) {
            return;
        }
        long first = write.entries().get(0).index();
        require(
                first > seen.commit,
                "node %s cuts its log at %s although it is committed up to %s",
                node.id(),
                first,
                seen.commit);
        SoftState now = node.status().softState();
        require(
                seen.leadTerm != now.term() || now.role() != Role.LEADER || first > seen.memory.last(),
                "leader %s of term %s overwrites index %s",
                node.id(),
                now.term(),
                first);
        seen.memory.write(write.entries());
        for (Entry entry : write.entries()) {
            long chain = seen.memory.chain(entry.index());
            Long before = standsAt.putIfAbsent(new Position(entry.index(), entry.term()), chain);
            require(
                    before == null || before == chain,
                    "two logs differ up to index %s of term %s",
                    entry.index(),
                    entry.term());
        }
    }

    /** A write is durable. */
    void durable(SimNode node, LogWrite write) {
        Seen seen = seen(node.id());
        if (write.hardState() != null) {
            ballotMoves(node, seen.hard, write.hardState());
            seen.hard = write.hardState();
        }
        if (write.entries().isEmpty()) {
            return;
        }
        long first = write.entries().get(0).index();
        boolean held = seen.durable.agrees(committed, first);
        seen.durable.write(write.entries());
        require(
                !held || seen.durable.agrees(committed, first),
                "node %s loses the committed entry %s",
                node.id(),
                first);
    }

    private static void ballotMoves(SimNode node, HardState from, HardState to) {
        require(to.term() >= from.term(), "node %s: term %s after %s", node.id(), to.term(), from.term());
        require(
                to.term() > from.term() || from.vote() == 0 || to.vote() == from.vote(),
                "node %s: vote of term %s moves from %s to %s",
                node.id(),
                to.term(),
                from.vote(),
                to.vote());
    }

    /** A message leaves: whatever it promises would survive a crash now. */
    void sent(SimNode node, Message message) {
        Seen seen = seen(node.id());
        HardState disk = seen.hard;
        require(disk.term() >= message.term(), "%s leaves, durable is term %s", message, disk.term());
        if (message instanceof Message.AppendResponse response && !response.rejected()) {
            require(
                    seen.durable.last() >= response.index(),
                    "%s leaves, the durable log ends at %s",
                    message,
                    seen.durable.last());
        } else if (message instanceof Message.VoteResponse response && response.granted()) {
            require(
                    disk.term() > message.term() || disk.vote() == message.to(),
                    "%s leaves, durable is %s",
                    message,
                    disk);
        } else if (message instanceof Message.VoteRequest) {
            require(
                    disk.term() > message.term() || disk.vote() == node.id(),
                    "%s leaves, durable is %s",
                    message,
                    disk);
        }
    }

    void unchangedByPreVote(SoftState before, SoftState after) {
        require(before.equals(after), "a pre-vote request turned %s into %s", before, after);
    }

    void readArrived(long id) {
        readFloor.put(id, committed());
    }

    void readIndexCovers(long id, long index) {
        Long floor = readFloor.remove(id);
        require(
                floor != null && index >= floor,
                "read %s got index %s, committed at its arrival was %s",
                id,
                index,
                floor);
    }

    /** The state of a node after a turn. */
    void check(SimNode node, RaftStatus status, @Nullable SoftState announced) {
        Seen seen = seen(node.id());
        SoftState soft = status.softState();
        require(soft.equals(announced), "node %s is %s, announced was %s", node.id(), soft, announced);
        require(soft.term() >= seen.term, "node %s: term %s after %s", node.id(), soft.term(), seen.term);
        require(status.commit() >= seen.commit, "node %s: commit %s after %s", node.id(), status.commit(), seen.commit);
        require(
                status.applied() <= status.commit() && status.commit() <= status.lastIndex(),
                "node %s: applied, commit, last out of order in %s",
                node.id(),
                status);
        require(
                status.lastIndex() == seen.memory.last(),
                "node %s holds %s entries, handed to its disk were %s",
                node.id(),
                status.lastIndex(),
                seen.memory.last());
        require(
                seen.durable.agrees(seen.memory, status.durableIndex()),
                "node %s believes that %s is durable",
                node.id(),
                status.durableIndex());
        boolean commitGrew = status.commit() > seen.commit;
        seen.term = soft.term();
        seen.commit = status.commit();
        checkCommit(node, status, seen);
        if (soft.role() == Role.LEADER) {
            checkLeader(node, status, seen, commitGrew);
        } else {
            seen.leadTerm = 0;
        }
    }

    private void checkCommit(SimNode node, RaftStatus status, Seen seen) {
        if (status.commit() > committed.last()) {
            for (long index = committed.last() + 1L; index <= status.commit(); index++) {
                committed.add(seen.memory.term(index), seen.memory.chain(index));
            }
            committedIn.put(status.softState().term(), status.commit());
            require(
                    durableAtQuorum(status.commit()),
                    "node %s commits %s, which no quorum holds durably",
                    node.id(),
                    status.commit());
        }
        require(
                seen.memory.agrees(committed, status.commit()),
                "node %s has committed something else up to %s",
                node.id(),
                status.commit());
    }

    private void checkLeader(SimNode node, RaftStatus status, Seen seen, boolean commitGrew) {
        long term = status.softState().term();
        Long other = leaderOf.putIfAbsent(term, node.id());
        require(other == null || other == node.id(), "nodes %s and %s both lead term %s", other, node.id(), term);
        if (seen.leadTerm != term) {
            // A member that was paused may find itself elected long after others have moved on: what was committed in
            // later terms it need not have.
            Map.Entry<Long, Long> earlier = committedIn.lowerEntry(term);
            long needed = earlier == null ? 0 : earlier.getValue();
            require(
                    seen.memory.agrees(committed, needed),
                    "leader %s of term %s lacks entries committed up to %s",
                    node.id(),
                    term,
                    needed);
            seen.leadTerm = term;
            seen.match.clear();
        } else if (commitGrew) {
            require(
                    seen.memory.term(status.commit()) == term,
                    "leader %s of term %s commits index %s of term %s",
                    node.id(),
                    term,
                    status.commit(),
                    seen.memory.term(status.commit()));
        }
        for (RaftStatus.Follower follower : status.followers()) {
            checkProgress(node, follower, seen, term);
        }
    }

    private void checkProgress(SimNode node, RaftStatus.Follower follower, Seen seen, long term) {
        long before = seen.match.getOrDefault(follower.id(), 0L);
        require(follower.match() >= before, "match of %s falls from %s to %s", follower.id(), before, follower.match());
        seen.match.put(follower.id(), follower.match());
        require(follower.next() > follower.match(), "next is not above match in %s", follower);
        require(
                follower.inflightMessages() <= node.config().maxInflightMessages()
                        && follower.inflightBytes()
                                < node.config().maxInflightBytes()
                                        + node.config().maxAppendBytes()
                                        + 2_100,
                "too much on its way in %s",
                follower);
        Seen there = seen(follower.id());
        require(
                there.hard.term() > term || there.durable.agrees(seen.memory, follower.match()),
                "leader %s believes that %s holds everything up to %s",
                node.id(),
                follower.id(),
                follower.match());
    }

    /** Entries were handed to a node's state machine. */
    void handedOver(SimNode node, List<Entry> entries) {
        Seen seen = seen(node.id());
        for (Entry entry : entries) {
            require(
                    entry.index() == seen.checkedApplied + 1 && committed.has(entry.index()),
                    "node %s applies %s after %s",
                    node.id(),
                    entry,
                    seen.checkedApplied);
            long chain = Hash.chain(committed.chain(entry.index() - 1), entry);
            require(chain == committed.chain(entry.index()), "node %s applies something else at %s", node.id(), entry);
            seen.checkedApplied = entry.index();
        }
    }

    private boolean durableAtQuorum(long index) {
        return durableAtMajority(membership.voters(), index)
                && (membership.outgoing().isEmpty() || durableAtMajority(membership.outgoing(), index));
    }

    private boolean durableAtMajority(NavigableSet<Long> voters, long index) {
        int holding = 0;
        for (long id : voters) {
            if (seen(id).durable.agrees(committed, index)) {
                holding++;
            }
        }
        return holding > voters.size() / 2;
    }
}
