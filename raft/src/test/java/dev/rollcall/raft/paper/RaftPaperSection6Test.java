package dev.rollcall.raft.paper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.MembershipChange;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import dev.rollcall.raft.scenario.Scenarios;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Section 6 of the Raft paper: changes of membership. One choice differs, and so does what follows from it: a configuration
 * is used from the moment at which it is applied, not at which it is in the log.
 */
class RaftPaperSection6Test {
    private static final MembershipChange REPLACE_TWO =
            MembershipChange.of(List.of(4L, 5L), List.of(), List.of(), List.of(2L, 3L));

    private static Lab joint() {
        Membership joint =
                new Membership(new TreeSet<>(List.of(1L, 4L, 5L)), new TreeSet<>(List.of(1L, 2L, 3L)), new TreeSet<>());
        Lab lab = new Lab(joint, c -> c);
        lab.members().forEach(LabMember::holdApply); // or the leader would end it at once
        return lab;
    }

    @Test
    void switchOfSeveralVotersGoesThroughAJointConfiguration() {
        Lab lab = new Lab(Membership.ofVoters(1L, 2L, 3L), c -> c, 4L, 5L);
        lab.elect(1);
        assertTrue(lab.member(1).change(REPLACE_TWO).accepted());
        lab.member(1).holdApply();
        lab.settle();
        assertEquals(
                new Membership(new TreeSet<>(List.of(1L, 4L, 5L)), new TreeSet<>(List.of(1L, 2L, 3L)), new TreeSet<>()),
                lab.member(2).driver().status().membership());
        lab.member(1).releaseApply();
        lab.run(3);
        assertEquals(
                Membership.ofVoters(1L, 4L, 5L), lab.member(1).driver().status().membership());
    }

    @Test
    void entriesAreReplicatedToTheServersOfBothConfigurations() {
        Lab lab = joint();
        lab.elect(1);
        lab.member(1).propose("a");
        assertEquals(
                List.of(2L, 3L, 4L, 5L),
                lab.intercept().stream().map(Message::to).sorted().toList());
    }

    @Test
    void anyServerOfEitherConfigurationMayLead() {
        for (long id = 1; id <= 5; id++) {
            Lab lab = joint();
            lab.elect(id);
            assertTrue(lab.member(id).leads());
        }
    }

    @Test
    void electionNeedsBothMajorities() {
        Lab lab = joint();
        lab.isolate(4L, 5L);
        lab.run(100);
        assertFalse(lab.members().stream().anyMatch(LabMember::leads), "1, 2 and 3 are all of the old voters");
        lab.heal();
        lab.isolate(2L, 3L);
        lab.run(100);
        assertFalse(lab.members().stream().anyMatch(LabMember::leads), "1, 4 and 5 are all of the new voters");
        lab.heal();
        lab.isolate(3L, 5L);
        lab.run(100);
        assertTrue(lab.members().stream().anyMatch(LabMember::leads), "1 and 2, and 1 and 4");
    }

    @Test
    void commitmentNeedsBothMajorities() {
        for (List<Long> away : List.of(List.of(2L, 3L), List.of(4L, 5L))) {
            Lab lab = joint();
            lab.elect(1);
            lab.isolate(away.toArray(new Long[0]));
            long commit = lab.member(1).driver().status().commit();
            lab.member(1).propose("a");
            lab.settle();
            assertEquals(commit, lab.member(1).driver().status().commit());
        }
    }

    @Test
    void leaderMayCrashInAnyPhase() {
        Scenarios.play("joint_leader_crash_each_phase");
    }

    @Test
    void newServersJoinWithoutAVoteFirst() {
        Scenarios.play("add_learner_promote");
    }

    @Test
    void newServerWithoutALogStopsCommitmentUntilItIsThere() {
        Scenarios.play("one_to_two_nodes");
    }

    @Test
    void leaderOutsideTheNewConfigurationStepsDownOnceItIsCommitted() {
        Scenarios.play("joint_replace_leader");
    }

    @Test
    void suchALeaderDoesNotCountItself() {
        Scenarios.play("remove_leader_uncommitted");
    }

    @Test
    void removedServersCannotDisturb() {
        Scenarios.play("disruptive_removed_node");
    }

    @Test
    void requestsForVotesAreIgnoredWhileALeaderIsHeard() {
        Lab lab = Lab.ledByFirst(3);
        lab.run(3);
        lab.member(2).receive(new Message.VoteRequest(3, 2, 7, 100, 6, false));
        assertEquals(1, lab.member(2).term());
        lab.member(2).tick(10);
        lab.member(2).receive(new Message.VoteRequest(3, 2, 7, 100, 6, false));
        assertEquals(7, lab.member(2).term());
    }

    @Test
    void configurationsAreEntriesOfTheLog() {
        Scenarios.play("add_one");
    }

    @Test
    void changeThatIsOverwrittenWasNeverInForce() {
        Scenarios.play("conf_truncated_reverts");
    }
}
