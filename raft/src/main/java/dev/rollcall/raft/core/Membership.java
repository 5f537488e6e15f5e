package dev.rollcall.raft.core;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Who takes part, as one immutable value. While {@code outgoing} is not empty the configuration is joint: every decision
 * needs a majority of the voters <em>and</em> a majority of the outgoing voters (Raft paper, section 6).
 *
 * @param voters members whose vote counts, sorted
 * @param outgoing voters of the configuration being left, sorted; empty unless joint
 * @param learners members that receive the log without being counted, sorted
 */
public record Membership(NavigableSet<Long> voters, NavigableSet<Long> outgoing, NavigableSet<Long> learners) {
    /** Knows nobody: such a member waits to be told. */
    public static final Membership EMPTY = new Membership(new TreeSet<>(), new TreeSet<>(), new TreeSet<>());

    public Membership {
        voters = sorted(voters);
        outgoing = sorted(outgoing);
        learners = sorted(learners);
        for (long id : learners) {
            if (voters.contains(id)) {
                throw new IllegalArgumentException("member " + id + " is both voter and learner");
            }
        }
    }

    public static Membership of(Collection<Long> voters, Collection<Long> learners) {
        return new Membership(new TreeSet<>(voters), new TreeSet<>(), new TreeSet<>(learners));
    }

    public static Membership ofVoters(Long... voters) {
        return of(List.of(voters), List.of());
    }

    /** Whether two configurations decide together. */
    public boolean isJoint() {
        return !outgoing.isEmpty();
    }

    /**
     * The configuration that this change leads to: joint if it touches several voters at once.
     *
     * @param change one whose ids are members, or not, as it says
     */
    Membership with(MembershipChange change) {
        TreeSet<Long> nextVoters = new TreeSet<>(voters);
        nextVoters.removeAll(change.removed());
        nextVoters.addAll(change.voters());
        nextVoters.addAll(change.promoted());
        TreeSet<Long> nextLearners = new TreeSet<>(learners);
        nextLearners.removeAll(change.removed());
        nextLearners.removeAll(change.promoted());
        nextLearners.addAll(change.learners());
        TreeSet<Long> touched = new TreeSet<>(nextVoters);
        touched.removeAll(voters);
        for (long id : voters) {
            if (!nextVoters.contains(id)) {
                touched.add(id);
            }
        }
        return new Membership(nextVoters, touched.size() > 1 ? voters : Collections.emptyNavigableSet(), nextLearners);
    }

    /** This configuration without the half that is being left. */
    Membership settled() {
        return new Membership(voters, Collections.emptyNavigableSet(), learners);
    }

    /** Whether this member's vote counts in either half. */
    public boolean isVoter(long id) {
        return voters.contains(id) || outgoing.contains(id);
    }

    public boolean contains(long id) {
        return isVoter(id) || learners.contains(id);
    }

    /** Everyone, sorted. */
    public NavigableSet<Long> members() {
        TreeSet<Long> all = new TreeSet<>(voters);
        all.addAll(outgoing);
        all.addAll(learners);
        return all;
    }

    /** Whether this member alone decides everything. */
    public boolean isOnlyVoter(long id) {
        return voters.size() == 1
                && voters.contains(id)
                && (outgoing.isEmpty() || (outgoing.size() == 1 && outgoing.contains(id)));
    }

    private static NavigableSet<Long> sorted(Collection<Long> ids) {
        TreeSet<Long> copy = new TreeSet<>(ids);
        if (copy.contains(0L)) {
            throw new IllegalArgumentException("0 is no member id");
        }
        return Collections.unmodifiableNavigableSet(copy);
    }
}
