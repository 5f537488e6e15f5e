package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.ConfigEntry;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.Membership;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is so for the cluster as a whole, for ever: who led which term, what stands where, what is committed. */
final class Truth {
    private record Position(long index, long term) {}

    private record Ballot(long term, long candidate) {}

    private final Coverage coverage;
    private final ChainLog committed = new ChainLog();
    private final Map<Long, Long> leaderOf = new HashMap<>();
    private long newestTerm;
    private final Map<Position, Long> standsAt = new HashMap<>();
    private final Map<Position, ConfigEntry> changes = new HashMap<>();
    private final Map<Ballot, Long> votes = new HashMap<>();
    /** Term in which a stretch of the committed log was committed, to its last index. */
    private final TreeMap<Long, Long> committedIn = new TreeMap<>();
    /** Index from which on a membership is in force. */
    private final TreeMap<Long, Membership> memberships = new TreeMap<>();
    /** Changes that stand above what is committed, somewhere. */
    private final TreeMap<Long, List<Membership>> undecided = new TreeMap<>();
    /** Digest of the state at each index, as the first to apply it had it. */
    private final Map<Long, Long> digests = new HashMap<>();
    /** For each register the index of every write to it, with the value. */
    private final List<TreeMap<Long, Long>> registers = new ArrayList<>();

    Truth(Membership bootstrap, Coverage coverage) {
        this.coverage = coverage;
        memberships.put(0L, bootstrap);
        for (int i = 0; i < MachineState.REGISTERS; i++) {
            registers.add(new TreeMap<>());
        }
    }

    ChainLog committed() {
        return committed;
    }

    /** Newest membership that is committed. */
    Membership membership() {
        return memberships.lastEntry().getValue();
    }

    Membership membershipAt(long index) {
        return memberships.floorEntry(index).getValue();
    }

    /** Memberships that come into force between two indices, the second included. */
    Collection<Membership> membershipsBetween(long above, long through) {
        return above >= through
                ? List.of()
                : memberships.subMap(above, false, through, true).values();
    }

    /** The newest memberships, of which one at least was in force where the last index was committed. */
    Collection<Membership> recentMemberships() {
        return memberships.descendingMap().values().stream().limit(3).toList();
    }

    /** Every membership that may still decide something: from the one in force at an index on, and those undecided. */
    List<Membership> possibleFrom(long index) {
        List<Membership> possible = new ArrayList<>(
                memberships.tailMap(memberships.floorKey(index), true).values());
        undecided.tailMap((long) committed.last(), false).values().forEach(possible::addAll);
        return possible;
    }

    /** (1) One leader in each term. */
    void leads(long id, long term) {
        Long other = leaderOf.putIfAbsent(term, id);
        if (other == null) {
            newestTerm = Math.max(newestTerm, term);
            coverage.count(Counter.ELECTIONS);
        }
        Check.that(other == null || other == id, "(1) nodes %s and %s both lead term %s", other, id, term);
    }

    /** The highest term that anyone has led. */
    long newestTerm() {
        return newestTerm;
    }

    /** Whether this node has ever led that term. */
    boolean hasLed(long id, long term) {
        return leaderOf.getOrDefault(term, 0L) == id;
    }

    /** (4, 5) What stands at an index and term, and all before it, is the same in every log. */
    void stands(Entry entry, long chain) {
        Position position = new Position(entry.index(), entry.term());
        Long before = standsAt.putIfAbsent(position, chain);
        Check.that(
                before == null || before == chain,
                "(4) two logs differ up to index %s of term %s",
                entry.index(),
                entry.term());
        if (before == null && entry.kind() == EntryKind.CONFIG) {
            ConfigEntry change = ConfigEntry.decode(entry.data());
            changes.put(position, change);
            undecided.computeIfAbsent(entry.index(), i -> new ArrayList<>()).add(change.membership());
        }
    }

    void votes(long id, HardState ballot) {
        if (ballot.vote() != 0) {
            votes.merge(new Ballot(ballot.term(), ballot.vote()), 1L << id, (a, b) -> a | b);
        }
    }

    /** Whether this member has, durably, ever voted so. */
    boolean hasVoted(long id, long term, long candidate) {
        return (votes.getOrDefault(new Ballot(term, candidate), 0L) >>> id & 1) == 1;
    }

    /** The log as this node has it is committed further than anyone knew. */
    void commits(Seen seen, long through, long term) {
        for (long index = committed.last() + 1L; index <= through; index++) {
            committed.add(seen.memory.term(index), seen.memory.chain(index), 1);
            ConfigEntry change = changes.get(new Position(index, seen.memory.term(index)));
            if (change != null) {
                changed(index, change);
            }
        }
        committedIn.put(term, through);
        undecided.headMap(through, true).clear();
    }

    /** Index up to which the log was committed in terms before this one. */
    long committedBefore(long term) {
        Map.Entry<Long, Long> earlier = committedIn.lowerEntry(term);
        return earlier == null ? 0 : earlier.getValue();
    }

    /** (12) Neighbours share a quorum: they differ by one voter, or one of them is joint and holds the other. */
    private void changed(long index, ConfigEntry change) {
        if (!MachineState.accepts(change)) {
            coverage.count(Counter.CHANGES_REJECTED);
            return;
        }
        Membership from = membership();
        Membership to = change.membership();
        long differing = to.voters().stream()
                        .filter(id -> !from.voters().contains(id))
                        .count()
                + from.voters().stream().filter(id -> !to.voters().contains(id)).count();
        boolean sound = from.isJoint()
                ? !to.isJoint() && differing == 0
                : to.isJoint() ? to.outgoing().equals(from.voters()) : differing <= 1;
        Check.that(sound && !to.voters().isEmpty(), "(12) %s is followed by %s", from, to);
        memberships.put(index, to);
        coverage.count(
                from.isJoint() ? Counter.JOINT_ENDS : to.isJoint() ? Counter.JOINT_CHANGES : Counter.SIMPLE_CHANGES);
        if (from.learners().stream().anyMatch(to.voters()::contains)) {
            coverage.count(Counter.PROMOTIONS);
        }
        if (!to.members().containsAll(from.members())) {
            coverage.count(Counter.REMOVALS);
        }
    }

    /** (7) A state machine has applied one more entry. */
    void applied(long id, MachineState state) {
        Long before = digests.putIfAbsent(state.applied(), state.digest());
        Check.that(
                before == null || before == state.digest(),
                "(7) the state of node %s at index %s differs from another's",
                id,
                state.applied());
    }

    /** A write has taken its place. */
    void wrote(long index, long value) {
        registers.get(MachineState.keyOf(value)).put(index, value);
    }

    /** The value of a register at a place of the log. */
    long valueAt(int register, long index) {
        Map.Entry<Long, Long> write = registers.get(register).floorEntry(index);
        return write == null ? 0 : write.getValue();
    }
}
