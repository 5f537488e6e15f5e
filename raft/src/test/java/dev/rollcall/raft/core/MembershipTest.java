package dev.rollcall.raft.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.ChangeResult.Reason;
import dev.rollcall.raft.lab.Lab;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Changes of membership: what is refused, how a joint configuration is left, and what becomes of those who leave. */
class MembershipTest {
    private static ChangeResult change(Lab lab, long leader, MembershipChange change) {
        ChangeResult result = lab.member(leader).driver().proposeChange(change, new byte[0]);
        lab.member(leader).driver().flush();
        return result;
    }

    private static Membership of(Lab lab, long id) {
        return lab.member(id).driver().status().membership();
    }

    /** Members 1 to 3 vote, 4 and 5 exist but are not told of anybody. */
    private static Lab threeOfFive() {
        Lab lab = new Lab(Membership.ofVoters(1L, 2L, 3L), UnaryOperator.identity(), 4L, 5L);
        lab.elect(1);
        return lab;
    }

    @Test
    void replacingSeveralIsJointAndLeavesByItself() {
        Lab lab = threeOfFive();
        MembershipChange swap = MembershipChange.of(List.of(4L, 5L), List.of(), List.of(), List.of(2L, 3L));
        assertTrue(change(lab, 1, swap).accepted());
        assertEquals(
                Reason.PENDING, change(lab, 1, MembershipChange.addLearner(9)).reason());
        lab.run(5);
        Membership after = Membership.ofVoters(1L, 4L, 5L);
        assertEquals(after, of(lab, 1));
        assertEquals(after, of(lab, 4));
        lab.member(1).propose("a");
        lab.run(3);
        assertEquals(List.of("a"), lab.member(5).appliedCommands());
    }

    @Test
    void leaderThatLeavesHandsOverAndStepsDown() {
        Lab lab = Lab.ledByFirst(3);
        assertTrue(change(lab, 1, MembershipChange.remove(1)).accepted());
        lab.settle();
        assertFalse(lab.member(1).leads());
        assertTrue(lab.member(2).leads() || lab.member(3).leads());
        assertEquals(Membership.ofVoters(2L, 3L), of(lab, 1));
        long term = lab.member(2).term();
        lab.run(100);
        assertEquals(term, lab.member(2).term());
    }

    @Test
    void refusals() {
        Lab lab = threeOfFive();
        assertEquals(
                Reason.NOT_LEADER, change(lab, 2, MembershipChange.remove(3)).reason());
        assertEquals(
                Reason.ALREADY_MEMBER,
                change(lab, 1, MembershipChange.addVoter(2)).reason());
        assertEquals(
                Reason.ALREADY_MEMBER,
                change(lab, 1, MembershipChange.addLearner(2)).reason());
        assertEquals(
                Reason.UNKNOWN_MEMBER,
                change(lab, 1, MembershipChange.remove(9)).reason());
        assertEquals(
                Reason.UNKNOWN_MEMBER,
                change(lab, 1, MembershipChange.promote(9)).reason());
        assertEquals(
                Reason.NOT_A_LEARNER,
                change(lab, 1, MembershipChange.promote(2)).reason());
        MembershipChange nobody = MembershipChange.of(List.of(), List.of(), List.of(), List.of(1L, 2L, 3L));
        ChangeResult refused = change(lab, 1, nobody);
        assertEquals(Reason.NO_VOTER_LEFT, refused.reason());
        assertEquals("of the voters [1, 2, 3] none would be left", refused.why());
        assertEquals(1, lab.member(1).driver().status().lastIndex());
        assertThrows(
                IllegalArgumentException.class,
                () -> MembershipChange.of(List.of(4L), List.of(4L), List.of(), List.of()));
        assertThrows(
                IllegalArgumentException.class, () -> MembershipChange.of(List.of(), List.of(), List.of(), List.of()));
    }

    @Test
    void learnerIsPromotedOnlyWhenCaughtUp() {
        Lab lab = threeOfFive();
        for (int i = 0; i < 50; i++) {
            lab.member(1).propose("x" + i);
        }
        lab.settle();
        lab.isolate(4L);
        assertTrue(change(lab, 1, MembershipChange.addLearner(4)).accepted());
        lab.run(5);
        assertEquals(
                Reason.LEARNER_BEHIND,
                change(lab, 1, MembershipChange.promote(4)).reason());
        lab.heal();
        lab.run(5);
        assertTrue(change(lab, 1, MembershipChange.promote(4)).accepted());
        lab.run(5);
        assertEquals(Membership.ofVoters(1L, 2L, 3L, 4L), of(lab, 4));
    }

    @Test
    void nothingIsChangedBeforeTheFirstCommitOfTheTerm() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(2).holdDisk();
        lab.member(3).holdDisk();
        lab.member(1).driver().transferLeadership(0);
        assertEquals(
                Reason.TRANSFERRING, change(lab, 1, MembershipChange.remove(3)).reason());
        Lab fresh = Lab.of(1);
        fresh.member(1).holdApply();
        fresh.elect(1);
        assertEquals(
                Reason.PENDING, change(fresh, 1, MembershipChange.addLearner(2)).reason());
        fresh.member(1).releaseApply();
        assertTrue(change(fresh, 1, MembershipChange.addLearner(2)).accepted());
    }

    @Test
    void nobodyCampaignsWithCommittedChangesUnapplied() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(2).holdApply();
        assertTrue(change(lab, 1, MembershipChange.remove(3)).accepted());
        lab.run(2);
        lab.isolate(1L);
        lab.member(2).tick(100);
        assertEquals(1, lab.member(2).term());
        assertEquals(Role.FOLLOWER, lab.member(2).role());
    }
}
