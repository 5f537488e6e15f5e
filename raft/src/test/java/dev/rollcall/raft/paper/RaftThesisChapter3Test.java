package dev.rollcall.raft.paper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.ProposeResult;
import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import dev.rollcall.raft.scenario.Scenarios;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Chapter 3 of the Raft thesis, where it says more than section 5 of the paper. */
class RaftThesisChapter3Test {
    @Test
    void section38TermVoteAndLogAreDurableBeforeAnyAnswer() {
        Lab lab = Lab.of(3);
        LabMember two = lab.member(2);
        two.holdDisk();
        two.receive(new Message.VoteRequest(1, 2, 3, 0, 0, false));
        two.receive(new Message.AppendRequest(1, 2, 3, 0, 0, 0, List.of()));
        assertEquals(List.of(), lab.intercept());
        two.releaseDisk();
        assertEquals(new HardState(3, 1, 0), two.disk().hardState());
        assertEquals(2, lab.intercept().size());
    }

    @Test
    void section38ServerCannotBeMadeToVoteTwiceByRestarting() {
        Scenarios.play("vote_restart_same_term");
    }

    @Test
    void section38CommitIndexNeedNotBeDurable() {
        // Zero after a restart, it is learnt again from the next leader.
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).propose("a");
        lab.settle();
        lab.members().forEach(LabMember::crash);
        lab.members().forEach(LabMember::restart);
        lab.elect(2);
        lab.members().forEach(m -> assertEquals(3, m.driver().status().commit()));
    }

    @Test
    void section38AppliedIndexIsAsDurableAsTheStateMachine() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).propose("a");
        lab.settle();
        lab.member(2).crashAndRestart();
        lab.run(3);
        assertEquals(List.of("a"), lab.member(2).appliedCommands(), "once");
    }

    @Test
    void section39LeaderWithoutItsDiskGivesUp() {
        Scenarios.play("leader_disk_stalls");
    }

    @Test
    void section310PriorLeaderStopsAcceptingRequests() {
        Lab lab = Lab.ledByFirst(3);
        lab.lose(m -> m instanceof Message.TimeoutNow);
        lab.member(1).step(() -> lab.member(1).driver().transferLeadership(2));
        assertEquals(ProposeResult.TRANSFERRING, lab.member(1).propose("a"));
    }

    @Test
    void section310PriorLeaderBringsTheTargetUpToDateFirst() {
        Scenarios.play("transfer_target_behind");
    }

    @Test
    void section310TargetCampaignsAtOnceAndWins() {
        Scenarios.play("transfer_ok");
    }

    @Test
    void section310TransferIsGivenUpAfterAnElectionTimeout() {
        Scenarios.play("transfer_target_dead");
    }

    @Test
    void section310TargetThatDoesNotWinLeavesTheClusterAtWork() {
        Lab lab = Lab.ledByFirst(3);
        lab.lose(m -> m instanceof Message.VoteRequest);
        lab.member(1).step(() -> lab.member(1).driver().transferLeadership(2));
        lab.settle();
        lab.heal();
        lab.run(60);
        assertTrue(lab.members().stream().anyMatch(LabMember::leads));
    }
}
