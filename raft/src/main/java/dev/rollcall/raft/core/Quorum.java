package dev.rollcall.raft.core;

import java.util.Arrays;
import java.util.NavigableSet;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;

/** Majorities; of both halves where the membership is joint. */
final class Quorum {
    private Quorum() {}

    /** The highest value that a quorum has reached, 0 without voters. Learners are never asked. */
    static long reachedBy(Membership membership, LongUnaryOperator valueOf) {
        long incoming = reachedByMajority(membership.voters(), valueOf);
        return membership.outgoing().isEmpty()
                ? incoming
                : Math.min(incoming, reachedByMajority(membership.outgoing(), valueOf));
    }

    /** Whether those of whom this holds are a quorum; never without voters. */
    static boolean holds(Membership membership, LongPredicate of) {
        return reachedBy(membership, id -> of.test(id) ? 1 : 0) == 1;
    }

    private static long reachedByMajority(NavigableSet<Long> voters, LongUnaryOperator valueOf) {
        if (voters.isEmpty()) {
            return 0;
        }
        long[] values = new long[voters.size()];
        int i = 0;
        for (long id : voters) {
            values[i++] = valueOf.applyAsLong(id);
        }
        Arrays.sort(values);
        return values[values.length - (values.length / 2 + 1)];
    }
}
