package dev.rollcall.raft.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ElectionTest {
    @Test
    void nobodyLeadsWithoutQuorum() {
        Lab lab = Lab.of(3);
        lab.isolate(1L, 2L, 3L);
        lab.run(200);
        for (long id = 1; id <= 3; id++) {
            assertEquals(0, lab.member(id).term(), "pre-votes never raise a term");
            assertEquals(Role.PRE_CANDIDATE, lab.member(id).role());
        }
    }

    @Test
    void voteRequestIsSentOnlyOnceOwnVoteIsDurable() {
        Lab lab = Lab.of(3);
        LabMember one = lab.member(1);
        one.holdDisk();
        one.receive(new Message.TimeoutNow(2, 1, 0));
        assertEquals(Role.CANDIDATE, one.role());
        assertTrue(lab.intercept().isEmpty());
        one.releaseDisk();
        assertEquals(2, lab.intercept().size());
    }

    @Test
    void voteIsKeptWhenTheMemberChangesRoleWithinTheTerm() {
        Lab lab = Lab.of(3);
        LabMember two = lab.member(2);
        two.receive(new Message.VoteRequest(1, 2, 1, 0, 0, false));
        two.releaseDisk();
        two.receive(new Message.HeartbeatRequest(1, 2, 1, 0, 0));
        two.driver().peerGone(1);
        two.tick(5);
        assertEquals(Role.PRE_CANDIDATE, two.role());
        two.receive(new Message.VoteRequest(3, 2, 1, 5, 1, false));
        List<Message> said = lab.intercept();
        assertEquals(new Message.VoteResponse(2, 3, 1, false), said.get(said.size() - 1));
    }

    @Test
    void preVoteChangesNothing() {
        Lab lab = Lab.of(3);
        LabMember two = lab.member(2);
        two.receive(new Message.PreVoteRequest(1, 2, 7, 99, 4, 3, 0, 0));
        assertEquals(List.of(new Message.PreVoteResponse(2, 1, 0, 99, true, 0, 0)), lab.intercept());
        assertEquals(new SoftState(0, 0, Role.FOLLOWER), two.driver().status().softState());
        assertTrue(two.unsynced().isEmpty());
    }

    @Test
    void preVoteAnswerOfAnotherRoundIsIgnored() {
        Lab lab = Lab.of(3);
        LabMember one = lab.member(1);
        one.tick(20);
        Message.PreVoteRequest asked = (Message.PreVoteRequest) lab.intercept().get(0);
        one.receive(new Message.PreVoteResponse(2, 1, 0, asked.round() - 1, true, 0, 0));
        assertEquals(Role.PRE_CANDIDATE, one.role());
        one.receive(new Message.PreVoteResponse(2, 1, 0, asked.round(), true, 0, 0));
        assertEquals(Role.CANDIDATE, one.role());
    }

    @Test
    void memberThatWasCutOffDoesNotDisturb() {
        Lab lab = Lab.ledByFirst(3);
        lab.isolate(3L);
        lab.run(300);
        assertEquals(Role.PRE_CANDIDATE, lab.member(3).role());
        lab.heal();
        lab.run(30);
        assertTrue(lab.member(1).leads());
        assertEquals(1, lab.member(1).term());
        assertEquals(1, lab.member(3).leader());
    }

    @Test
    void memberWithHigherTermComesBack() {
        Lab lab = Lab.ledByFirst(3);
        lab.isolate(3L);
        lab.member(3).receive(new Message.TimeoutNow(1, 3, 1));
        lab.settle();
        assertEquals(2, lab.member(3).term());
        lab.heal();
        lab.run(100);
        assertEquals(lab.member(1).term(), lab.member(3).term());
        assertNotEquals(0, lab.member(3).leader());
    }

    @Test
    void learnerIsNotCounted() {
        Lab lab = new Lab(Membership.of(List.of(1L, 2L), List.of(3L)), UnaryOperator.identity());
        lab.elect(1);
        lab.isolate(2L);
        lab.member(1).propose("a");
        lab.settle();
        assertEquals(List.of(), lab.member(1).appliedCommands());
        lab.member(1).tick(20);
        assertFalse(lab.member(1).leads());
    }

    @Test
    void jointMembershipNeedsBothMajorities() {
        Membership joint = new Membership(
                Membership.ofVoters(1L, 2L, 3L).voters(),
                Membership.ofVoters(3L, 4L, 5L).voters(),
                Membership.EMPTY.learners());
        Lab lab = new Lab(joint, UnaryOperator.identity());
        lab.isolate(4L, 5L);
        lab.run(100);
        assertFalse(
                lab.member(1).leads() || lab.member(2).leads() || lab.member(3).leads());
        lab.isolate(5L);
        lab.member(1).holdApply(); // or it would leave the joint configuration at once
        lab.elect(1);
        lab.isolate(4L, 5L);
        lab.member(1).propose("a");
        lab.settle();
        assertEquals(List.of(), lab.member(1).appliedCommands());
    }

    @Test
    void memberWithStalledDiskDoesNotCampaign() {
        Lab lab = Lab.ledByFirst(3);
        LabMember three = lab.member(3);
        three.holdDisk();
        lab.member(1).propose("a");
        lab.settle();
        lab.isolate(1L);
        three.tick(100);
        assertEquals(Role.FOLLOWER, three.role());
        assertEquals(1, three.term());
    }

    @Test
    void leaderThatMeetsAnotherLeaderOfItsTermStops() {
        Lab lab = Lab.ledByFirst(3);
        Message other = new Message.HeartbeatRequest(2, 1, 1, 0, 0);
        assertThrows(RaftInvariantException.class, () -> lab.member(1).receive(other));
    }
}
