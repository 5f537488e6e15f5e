package dev.rollcall.raft.core;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * A change of membership as it is asked for. One that touches a single voter leads straight to the new configuration; one
 * that touches several leads there through a joint one (Raft paper, section 6).
 *
 * @param voters ids that join as voters
 * @param learners ids that join as learners
 * @param promoted learners that become voters
 * @param removed members that leave
 */
public record MembershipChange(
        NavigableSet<Long> voters,
        NavigableSet<Long> learners,
        NavigableSet<Long> promoted,
        NavigableSet<Long> removed) {

    /**
     * @throws IllegalArgumentException if an id is 0 or named twice, or nothing is asked for
     */
    public MembershipChange {
        voters = sorted(voters);
        learners = sorted(learners);
        promoted = sorted(promoted);
        removed = sorted(removed);
        TreeSet<Long> named = new TreeSet<>();
        for (NavigableSet<Long> ids : List.of(voters, learners, promoted, removed)) {
            for (long id : ids) {
                if (id == 0 || !named.add(id)) {
                    throw new IllegalArgumentException(
                            id == 0 ? "0 is no member id" : "the change names member " + id + " twice");
                }
            }
        }
        if (named.isEmpty()) {
            throw new IllegalArgumentException("the change changes nothing");
        }
    }

    public static MembershipChange of(
            Collection<Long> voters, Collection<Long> learners, Collection<Long> promoted, Collection<Long> removed) {
        return new MembershipChange(
                new TreeSet<>(voters), new TreeSet<>(learners), new TreeSet<>(promoted), new TreeSet<>(removed));
    }

    public static MembershipChange addVoter(long id) {
        return of(List.of(id), List.of(), List.of(), List.of());
    }

    public static MembershipChange addLearner(long id) {
        return of(List.of(), List.of(id), List.of(), List.of());
    }

    public static MembershipChange promote(long id) {
        return of(List.of(), List.of(), List.of(id), List.of());
    }

    public static MembershipChange remove(long id) {
        return of(List.of(), List.of(), List.of(), List.of(id));
    }

    private static NavigableSet<Long> sorted(Collection<Long> ids) {
        return Collections.unmodifiableNavigableSet(new TreeSet<>(ids));
    }
}
