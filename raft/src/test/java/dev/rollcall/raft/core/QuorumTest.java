package dev.rollcall.raft.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.NavigableSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;

/** Majorities, compared with their definition over all configurations of a few members. */
class QuorumTest {
    private static final int MEMBERS = 5;

    /** The members whose bits are set. */
    private static NavigableSet<Long> ids(int bits) {
        TreeSet<Long> ids = new TreeSet<>();
        for (long id = 1; id <= MEMBERS; id++) {
            if ((bits >> (id - 1) & 1) == 1) {
                ids.add(id);
            }
        }
        return ids;
    }

    private static boolean majority(NavigableSet<Long> voters, LongPredicate of) {
        long yes = voters.stream().filter(of::test).count();
        return !voters.isEmpty() && 2 * yes > voters.size();
    }

    private static Membership membership(int voters, int outgoing) {
        return new Membership(ids(voters), ids(outgoing), new TreeSet<>());
    }

    @Test
    void quorumIsAMajorityOfBothHalves() {
        for (int voters = 0; voters < 1 << MEMBERS; voters++) {
            for (int outgoing = 0; outgoing < 1 << MEMBERS; outgoing++) {
                Membership membership = membership(voters, outgoing);
                for (int yes = 0; yes < 1 << MEMBERS; yes++) {
                    NavigableSet<Long> those = ids(yes);
                    boolean expected = majority(membership.voters(), those::contains)
                            && (outgoing == 0 || majority(membership.outgoing(), those::contains));
                    assertEquals(expected, Quorum.holds(membership, those::contains), membership + " " + those);
                }
            }
        }
    }

    @Test
    void valueReachedIsTheHighestThatAQuorumHas() {
        SplittableRandom random = new SplittableRandom(7);
        for (int voters = 0; voters < 1 << MEMBERS; voters++) {
            for (int outgoing = 0; outgoing < 1 << MEMBERS; outgoing++) {
                Membership membership = membership(voters, outgoing);
                long[] values = random.longs(MEMBERS + 1, 0, 6).toArray();
                long expected = 0;
                for (long value = 1; value < 6; value++) {
                    long least = value;
                    if (Quorum.holds(membership, id -> values[(int) id] >= least)) {
                        expected = value;
                    }
                }
                assertEquals(expected, Quorum.reachedBy(membership, id -> values[(int) id]), membership::toString);
            }
        }
    }

    @Test
    void twoQuorumsOfAConfigurationMeet() {
        for (int voters = 1; voters < 1 << MEMBERS; voters++) {
            Membership membership = membership(voters, 0);
            for (int yes = 0; yes < 1 << MEMBERS; yes++) {
                NavigableSet<Long> those = ids(yes);
                NavigableSet<Long> others = ids(~yes);
                assertFalse(
                        Quorum.holds(membership, those::contains) && Quorum.holds(membership, others::contains),
                        () -> membership + " " + those);
            }
        }
    }

    @Test
    void quorumOfAConfigurationMeetsEveryQuorumOfTheNext() {
        for (int before = 1; before < 1 << MEMBERS; before++) {
            for (int after = 1; after < 1 << MEMBERS; after++) {
                boolean joint = Integer.bitCount(before ^ after) > 1;
                Membership next = membership(after, joint ? before : 0);
                assertMeet(membership(before, 0), next);
                assertMeet(next, membership(after, 0));
            }
        }
    }

    private static void assertMeet(Membership one, Membership other) {
        for (int yes = 0; yes < 1 << MEMBERS; yes++) {
            NavigableSet<Long> those = ids(yes);
            NavigableSet<Long> rest = ids(~yes);
            assertFalse(
                    Quorum.holds(one, those::contains) && Quorum.holds(other, rest::contains),
                    () -> one + " and " + other + " may decide apart: " + those + " and " + rest);
        }
    }

    @Test
    void learnersAreNotCounted() {
        Membership membership = new Membership(ids(0b00011), new TreeSet<>(), ids(0b11100));
        assertFalse(Quorum.holds(membership, id -> id != 2));
        assertTrue(Quorum.holds(membership, id -> id <= 2));
    }
}
