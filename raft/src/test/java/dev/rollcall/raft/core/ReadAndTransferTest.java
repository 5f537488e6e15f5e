package dev.rollcall.raft.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadAndTransferTest {
    @Test
    void everyMemberAnswersReads() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).propose("a");
        lab.settle();
        for (long id = 1; id <= 3; id++) {
            lab.member(id).read(7);
            lab.settle();
            assertEquals(2L, lab.member(id).readAnswer(7));
        }
    }

    @Test
    void readsThatWaitShareOneRound() {
        Lab lab = Lab.ledByFirst(3);
        LabMember one = lab.member(1);
        lab.settle();
        for (int i = 1; i <= 50; i++) {
            one.driver().readIndex(i);
        }
        one.driver().flush();
        assertEquals(2, lab.intercept().size(), "one heartbeat for each follower");
    }

    @Test
    void readWaitsForTheFirstCommitOfTheTerm() {
        Lab lab = Lab.of(3);
        lab.lose(m -> m instanceof Message.AppendResponse);
        lab.elect(1);
        lab.member(1).read(1);
        lab.run(3);
        assertNull(lab.member(1).readAnswer(1));
        lab.heal();
        lab.run(3);
        assertEquals(1L, lab.member(1).readAnswer(1));
    }

    @Test
    void partitionedLeaderAnswersNoRead() {
        Lab lab = Lab.ledByFirst(3);
        lab.isolate(1L);
        lab.member(1).read(1);
        lab.settle();
        assertNull(lab.member(1).readAnswer(1));
        lab.member(1).tick(30);
        assertEquals(0L, lab.member(1).readAnswer(1), "failed, not served");
    }

    @Test
    void repeatedAcknowledgementsOfAnEarlierRoundProveNothing() {
        Lab lab = Lab.ledByFirst(3);
        LabMember one = lab.member(1);
        one.read(1);
        lab.deliver();
        List<Message> acks = lab.intercept();
        acks.forEach(lab::inject);
        lab.settle();
        assertEquals(1L, one.readAnswer(1));
        lab.isolate(1L);
        one.read(2);
        lab.settle();
        acks.forEach(one::receive);
        assertNull(one.readAnswer(2));
    }

    @Test
    void changeOfLeaderFailsReadsThatWait() {
        Lab lab = Lab.ledByFirst(3);
        lab.lose(m -> m instanceof Message.HeartbeatResponse);
        lab.member(1).read(1);
        lab.settle();
        lab.member(1).receive(new Message.HeartbeatRequest(2, 1, 9, 0, 0));
        assertEquals(0L, lab.member(1).readAnswer(1));
    }

    @Test
    void followerReadWithoutLeaderFailsAtOnce() {
        Lab lab = Lab.of(3);
        lab.member(2).read(1);
        assertEquals(0L, lab.member(2).readAnswer(1));
    }

    @Test
    void followerReadSurvivesALostQuestion() {
        Lab lab = Lab.ledByFirst(3);
        lab.lose(m -> m instanceof Message.ReadIndexRequest);
        lab.member(2).read(1);
        lab.settle();
        lab.heal();
        lab.run(4);
        assertEquals(1L, lab.member(2).readAnswer(1));
    }

    @Test
    void answerToAnEarlierQuestionIsNoAnswer() {
        Lab lab = Lab.ledByFirst(3);
        LabMember two = lab.member(2);
        two.read(1);
        Message.ReadIndexRequest first =
                (Message.ReadIndexRequest) lab.intercept().get(0);
        lab.lose(m -> m instanceof Message.ReadIndexRequest);
        lab.run(3);
        two.receive(new Message.ReadIndexResponse(1, 2, 1, first.id(), 1));
        assertNull(two.readAnswer(1));
    }

    @Test
    void followerReadTimesOut() {
        Lab lab = Lab.ledByFirst(3);
        lab.lose(m -> m instanceof Message.ReadIndexResponse);
        lab.member(2).read(1);
        lab.run(9);
        assertNull(lab.member(2).readAnswer(1));
        lab.run(2);
        assertEquals(0L, lab.member(2).readAnswer(1));
    }

    @Test
    void onlyVoterReadsAtOnce() {
        Lab lab = Lab.of(1);
        lab.run(2);
        lab.member(1).read(1);
        assertEquals(1L, lab.member(1).readAnswer(1));
    }

    @Test
    void leadershipIsHandedOver() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).propose("a");
        lab.settle();
        lab.member(1).driver().transferLeadership(3);
        lab.member(1).driver().flush();
        lab.settle();
        assertTrue(lab.member(3).leads(), "although the others are in contact with a leader");
        assertEquals(2, lab.member(3).term());
        assertFalse(lab.member(1).leads());
    }

    @Test
    void handingOverToTheBestPicksOneThatIsThere() {
        Lab lab = Lab.ledByFirst(3);
        lab.run(2);
        lab.isolate(2L);
        lab.member(1).propose("a");
        lab.run(10);
        lab.member(1).driver().transferLeadership(0);
        lab.member(1).driver().flush();
        lab.settle();
        assertTrue(lab.member(3).leads());
    }

    @Test
    void targetThatIsBehindCatchesUpFirst() {
        Lab lab = Lab.ledByFirst(3);
        lab.lose(m -> m.to() == 3 && m instanceof Message.AppendRequest);
        lab.member(1).propose("a");
        lab.settle();
        lab.member(1).driver().transferLeadership(3);
        lab.member(1).driver().flush();
        lab.settle();
        assertTrue(lab.member(1).leads());
        assertEquals(ProposeResult.TRANSFERRING, lab.member(1).propose("b"));
        lab.heal();
        lab.run(5);
        assertTrue(lab.member(3).leads());
        assertEquals(List.of("a"), lab.member(3).appliedCommands());
    }

    @Test
    void handingOverToADeadMemberIsGivenUp() {
        Lab lab = Lab.ledByFirst(3);
        lab.isolate(3L);
        lab.member(1).driver().transferLeadership(3);
        lab.member(1).driver().flush();
        lab.run(9);
        assertEquals(ProposeResult.TRANSFERRING, lab.member(1).propose("a"));
        lab.run(2);
        assertEquals(ProposeResult.ACCEPTED, lab.member(1).propose("a"));
        lab.settle();
        assertEquals(List.of("a"), lab.member(2).appliedCommands());
    }

    @Test
    void learnerIsNoTarget() {
        Lab lab = new Lab(Membership.of(List.of(1L, 2L), List.of(3L)), c -> c);
        lab.elect(1);
        lab.member(1).driver().transferLeadership(3);
        assertEquals(0, lab.member(1).driver().status().transferTarget());
    }
}
