package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Membership;
import java.util.NavigableSet;
import java.util.function.LongPredicate;

/** Majorities, counted apart from the code under test. */
final class Quorums {
    private Quorums() {}

    /** Whether those of whom this holds are a majority of the voters, and of the outgoing ones if there are any. */
    static boolean holds(Membership membership, LongPredicate of) {
        return majority(membership.voters(), of)
                && (membership.outgoing().isEmpty() || majority(membership.outgoing(), of));
    }

    private static boolean majority(NavigableSet<Long> voters, LongPredicate of) {
        int holding = 0;
        for (long id : voters) {
            if (of.test(id)) {
                holding++;
            }
        }
        return holding > voters.size() / 2;
    }
}
