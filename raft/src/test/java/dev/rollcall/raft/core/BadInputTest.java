package dev.rollcall.raft.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rollcall.raft.core.ChangeResult.Reason;
import dev.rollcall.raft.lab.Lab;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot work is refused, with the reason, before it has touched anything. */
class BadInputTest {
    static Stream<Arguments> configurations() {
        RaftConfig good = RaftConfig.defaults(1);
        return Stream.of(
                refused("0 is no member id", () -> RaftConfig.defaults(0)),
                refused("heartbeat 0 < election 100 to 200 ticks does not hold", () -> good.withTicks(0, 100, 200)),
                refused("heartbeat 10 < election 10 to 20 ticks does not hold", () -> good.withTicks(10, 10, 20)),
                refused("heartbeat 10 < election 9 to 20 ticks does not hold", () -> good.withTicks(10, 9, 20)),
                refused("heartbeat 10 < election 100 to 99 ticks does not hold", () -> good.withTicks(10, 100, 99)),
                refused("maxAppendBytes is 0, every limit is at least 1", () -> good.withFlow(0, 1, 1)),
                refused("maxInflightMessages is 0, every limit is at least 1", () -> good.withFlow(1, 0, 1)),
                refused("maxInflightBytes is -1, every limit is at least 1", () -> good.withFlow(1, 1, -1)),
                refused("maxUncommittedBytes is 0, every limit is at least 1", () -> good.withMemory(0, 1, 1)),
                refused("maxTailBytes is 0, every limit is at least 1", () -> good.withMemory(1, 0, 1)),
                refused("maxApplyBytes is 0, every limit is at least 1", () -> good.withMemory(1, 1, 0)),
                refused(
                        "maxUndurableBytes is 0, every limit is at least 1",
                        () -> new RaftConfig(1, 10, 100, 200, 1, 1, 1, 1, 1, 1, 0, 1, null)),
                refused(
                        "maxPendingReads is 0, every limit is at least 1",
                        () -> new RaftConfig(1, 10, 100, 200, 1, 1, 1, 1, 1, 1, 1, 0, null)),
                refused("ticks of 0 ns with a drift of up to 0.1 bound nothing", () -> lease(0, 0.1)),
                refused("ticks of 10 ns with a drift of up to 1.0 bound nothing", () -> lease(10, 1)),
                refused("ticks of 10 ns with a drift of up to NaN bound nothing", () -> lease(10, Double.NaN)));
    }

    private static RaftConfig.LeaseReads lease(long tickNanos, double driftBound) {
        return new RaftConfig.LeaseReads(() -> 0, tickNanos, driftBound);
    }

    static Stream<Arguments> memberships() {
        byte[] good = new ConfigEntry(Membership.of(List.of(1L, 2L), List.of(3L)), new byte[0]).encode();
        byte[] outOfOrder = good.clone();
        outOfOrder[12] = 9;
        byte[] newer = good.clone();
        newer[0] = 2;
        byte[] count = good.clone();
        count[1] = 0x7f;
        return Stream.of(
                refused("0 is no member id", () -> Membership.ofVoters(0L, 1L)),
                refused("0 is no member id", () -> Membership.of(List.of(1L), List.of(0L))),
                refused("member 2 is both voter and learner", () -> Membership.of(List.of(1L, 2L), List.of(2L))),
                refused("0 is no member id", () -> MembershipChange.addVoter(0)),
                refused("0 is no member id", () -> MembershipChange.remove(0)),
                refused("the change changes nothing", () -> change(List.of(), List.of(), List.of(), List.of())),
                refused(
                        "the change names member 4 twice",
                        () -> change(List.of(4L), List.of(4L), List.of(), List.of())),
                refused(
                        "the change names member 4 twice",
                        () -> change(List.of(), List.of(), List.of(4L), List.of(4L))),
                refused(
                        "a snapshot at index 0 of term 1 with 2 bytes",
                        () -> new SnapshotMeta(0, 1, Membership.EMPTY, 2, 0)),
                refused(
                        "a snapshot at index 1 of term -1 with 2 bytes",
                        () -> new SnapshotMeta(1, -1, Membership.EMPTY, 2, 0)),
                refused(
                        "a snapshot at index 1 of term 1 with -2 bytes",
                        () -> new SnapshotMeta(1, 1, Membership.EMPTY, -2, 0)),
                refused("a change of membership without data", () -> ConfigEntry.decode(new byte[0])),
                refused(
                        "a change of membership of format 2 needs a newer version of this program",
                        () -> ConfigEntry.decode(newer)),
                refused("a change of membership with ids out of order", () -> ConfigEntry.decode(outOfOrder)),
                refused("a change of membership cut short", () -> ConfigEntry.decode(count)),
                refused("a change of membership cut short", () -> ConfigEntry.decode(Arrays.copyOf(good, 30))));
    }

    private static MembershipChange change(
            Collection<Long> voters, Collection<Long> learners, Collection<Long> promoted, Collection<Long> removed) {
        return MembershipChange.of(voters, learners, promoted, removed);
    }

    private static Arguments refused(String why, Executable input) {
        return Arguments.of(why, input);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"configurations", "memberships"})
    void isRefusedWithTheReason(String why, Executable input) {
        assertEquals(why, assertThrows(IllegalArgumentException.class, input).getMessage());
    }

    @Test
    void changeThatCannotBeIsRefusedWithItsEvidence() {
        Lab lab = new Lab(Membership.of(List.of(1L, 2L, 3L), List.of(4L)), c -> c);
        lab.elect(1);
        RaftStatus before = lab.member(1).driver().status();
        assertRefused(lab, 2, MembershipChange.remove(3), Reason.NOT_LEADER, "member 2 does not lead");
        assertRefused(lab, 1, MembershipChange.addVoter(2), Reason.ALREADY_MEMBER, "member 2 is a member already");
        assertRefused(lab, 1, MembershipChange.addLearner(4), Reason.ALREADY_MEMBER, "member 4 is a member already");
        assertRefused(
                lab, 1, MembershipChange.remove(9), Reason.UNKNOWN_MEMBER, "member 9 that is to leave is no member");
        assertRefused(
                lab,
                1,
                MembershipChange.promote(9),
                Reason.UNKNOWN_MEMBER,
                "member 9 that is to be promoted is no member");
        assertRefused(
                lab,
                1,
                MembershipChange.promote(2),
                Reason.NOT_A_LEARNER,
                "member 2 that is to be promoted votes already");
        assertRefused(
                lab,
                1,
                change(List.of(), List.of(), List.of(), List.of(1L, 2L, 3L)),
                Reason.NO_VOTER_LEFT,
                "of the voters [1, 2, 3] none would be left");
        assertEquals(before, lab.member(1).driver().status(), "nothing has changed");
    }

    private static void assertRefused(Lab lab, long at, MembershipChange change, Reason reason, String why) {
        assertEquals(new ChangeResult(reason, why), lab.member(at).change(change));
    }

    @Test
    void changeIsRefusedWhileItCannotBeDecided() {
        Lab lab = Lab.of(3);
        lab.lose(m -> m instanceof Message.AppendResponse);
        lab.elect(1);
        assertRefused(lab, 1, MembershipChange.remove(3), Reason.NOT_READY, "no entry of term 1 is committed yet");
        lab.heal();
        lab.member(1).holdApply();
        lab.run(2);
        assertRefused(
                lab,
                1,
                MembershipChange.remove(3),
                Reason.PENDING,
                "entries up to 1 may hold another change, applied is 0");
        lab.member(1).releaseApply();
        lab.settle();
        lab.member(1).step(() -> lab.member(1).driver().transferLeadership(2));
        assertRefused(
                lab, 1, MembershipChange.remove(3), Reason.TRANSFERRING, "leadership is being handed to member 2");
    }

    @Test
    void laggingLearnerIsNotPromoted() {
        Lab lab = new Lab(Membership.of(List.of(1L, 2L), List.of(3L)), c -> c);
        lab.elect(1);
        lab.isolate(3L);
        for (int i = 0; i < 20; i++) {
            lab.member(1).propose("command");
        }
        lab.settle();
        assertRefused(
                lab, 1, MembershipChange.promote(3), Reason.LEARNER_BEHIND, "learner 3 holds the log up to 1 of 21");
        lab.run(12);
        assertRefused(
                lab,
                1,
                MembershipChange.promote(3),
                Reason.LEARNER_BEHIND,
                "learner 3 holds the log up to 1 of 21 and is not following");
    }

    @Test
    void jointConfigurationIsLeftBeforeTheNextChange() {
        Lab lab = new Lab(Membership.ofVoters(1L, 2L, 3L), c -> c, 4L, 5L);
        lab.elect(1);
        lab.member(1).change(change(List.of(4L, 5L), List.of(), List.of(), List.of(2L, 3L)));
        lab.deliver();
        lab.finishWork();
        lab.deliver();
        lab.finishWork();
        assertRefused(
                lab,
                1,
                MembershipChange.addLearner(6),
                Reason.PENDING,
                "the members [1, 2, 3] are being replaced by [1, 4, 5]");
        assertEquals(
                new TreeSet<>(List.of(1L, 2L, 3L)),
                lab.member(1).driver().status().membership().outgoing());
    }
}
