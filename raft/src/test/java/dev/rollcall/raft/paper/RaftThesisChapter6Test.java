package dev.rollcall.raft.paper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.ProposeResult;
import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.scenario.Scenarios;
import org.junit.jupiter.api.Test;

/**
 * Chapter 6 of the Raft thesis: clients. Finding the cluster (6.1) and sessions (6.3) are not matters of consensus; reads by
 * lease (6.4.1) are tested where they are, in {@code LeaseReadTest}.
 */
class RaftThesisChapter6Test {
    @Test
    void section62ServersThatDoNotLeadRefuseAndNameTheLeader() {
        Lab lab = Lab.ledByFirst(3);
        assertEquals(ProposeResult.NOT_LEADER, lab.member(3).propose("a"));
        assertEquals(1, lab.member(3).leader());
    }

    @Test
    void section62LeaderThatHearsNoMajorityForAnElectionTimeoutStepsDown() {
        Scenarios.play("checkquorum_step_down");
        Scenarios.play("asymmetric_leader_cannot_receive");
    }

    @Test
    void section62FollowersForgetTheLeaderWhenTheTermOrTheTimeoutIsOver() {
        Lab lab = Lab.ledByFirst(3);
        lab.isolate(3L);
        lab.member(3).tick(20);
        assertEquals(0, lab.member(3).leader());
        lab.member(2).receive(new Message.VoteResponse(3, 2, 9, false));
        assertEquals(0, lab.member(2).leader());
    }

    @Test
    void section64LeaderFirstCommitsAnEntryOfItsTerm() {
        Scenarios.play("readindex_before_first_commit");
    }

    @Test
    void section64ReadIndexIsTheCommitIndexWhenTheRoundBegins() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).read(1);
        lab.member(1).propose("a");
        lab.settle();
        assertEquals(1L, lab.member(1).readAnswer(1), "what is proposed later need not be seen");
        lab.member(1).read(2);
        lab.settle();
        assertEquals(2L, lab.member(1).readAnswer(2));
    }

    @Test
    void section64LeaderMakesSureThatItHasNotBeenReplaced() {
        Scenarios.play("readindex_partitioned_leader");
        Scenarios.play("readindex_duplicate_acks");
        Scenarios.play("readindex_leader_change_race");
        Scenarios.play("pause_leader_sigstop");
    }

    @Test
    void section64MajorityThatAnsweredBeforeTheReadProvesNothing() {
        Lab lab = Lab.ledByFirst(5);
        lab.run(5);
        lab.lose(m -> m.to() == 1);
        lab.member(1).read(1);
        lab.settle();
        assertNull(lab.member(1).readAnswer(1));
    }

    @Test
    void section64ReadWaitsUntilTheStateMachineIsThere() {
        Scenarios.play("follower_read_waits_apply");
    }

    @Test
    void section64OneRoundServesAllReadsThatWait() {
        Scenarios.play("reads_share_a_round");
    }

    @Test
    void section64FollowersAskTheLeader() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).propose("a");
        lab.settle();
        lab.member(2).read(1);
        lab.settle();
        assertEquals(2L, lab.member(2).readAnswer(1));
        Scenarios.play("follower_read_question_lost");
    }

    @Test
    void section64ReadsAfterARestartSeeWhatWasAcknowledged() {
        Scenarios.play("read_after_restart");
    }
}
