package dev.rollcall.raft.paper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.MembershipChange;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import dev.rollcall.raft.scenario.Scenarios;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Chapter 4 of the Raft thesis: changes of one server at a time, what they endanger, and arbitrary ones. */
class RaftThesisChapter4Test {
    @Test
    void section41OneServerIsAddedDirectly() {
        Scenarios.play("add_one");
    }

    @Test
    void section41OneServerIsRemovedDirectly() {
        Scenarios.play("remove_one");
    }

    @Test
    void section41NextChangeWaitsForTheLast() {
        Scenarios.play("conf_before_first_commit_refused");
    }

    @Test
    void section41ChangesOfTwoLeadersDoNotMeet() {
        Scenarios.play("ongaro_add_remove");
        Scenarios.play("ongaro_two_adds");
        Scenarios.play("ongaro_two_removes");
    }

    @Test
    void section41UncommittedConfigurationMayBeOverwritten() {
        Scenarios.play("conf_truncated_reverts");
    }

    @Test
    void section41ServersAnswerTheirLeaderWhateverTheirConfigurationSays() {
        // A newcomer knows nobody, and must take entries from a leader it does not know.
        Lab lab = new Lab(Membership.ofVoters(1L), c -> c, 2L);
        lab.run(2);
        lab.member(1).change(MembershipChange.addVoter(2));
        lab.run(3);
        assertEquals(
                Membership.ofVoters(1L, 2L), lab.member(2).driver().status().membership());
    }

    @Test
    void section41ServersVoteForCandidatesOutsideTheirConfiguration() {
        Lab lab = new Lab(Membership.ofVoters(1L, 2L, 3L), c -> c);
        lab.member(2).receive(new Message.VoteRequest(9, 2, 1, 0, 0, false));
        lab.finishWork();
        assertEquals(List.of(new Message.VoteResponse(2, 9, 1, true)), lab.intercept());
    }

    @Test
    void section41ServerOutsideItsOwnConfigurationDoesNotCampaign() {
        Lab lab = new Lab(Membership.ofVoters(1L, 2L), c -> c, 3L);
        lab.member(3).tick(200);
        assertEquals(Role.FOLLOWER, lab.member(3).role());
        assertEquals(List.of(), lab.intercept());
    }

    @Test
    void section421NewServersCatchUpWithoutAVote() {
        Scenarios.play("add_learner_promote");
        Scenarios.play("add_several_learners");
    }

    @Test
    void section421LearnersAreCountedNowhere() {
        Lab lab = new Lab(Membership.of(List.of(1L, 2L), List.of(3L, 4L, 5L)), c -> c);
        lab.elect(1);
        lab.isolate(2L);
        lab.member(1).propose("a");
        lab.settle();
        assertEquals(List.of(), lab.member(1).appliedCommands());
        lab.member(1).tick(20);
        assertFalse(lab.member(1).leads());
    }

    @Test
    void section422RemovedLeaderStepsDownOnceThatIsCommitted() {
        Scenarios.play("remove_leader");
    }

    @Test
    void section422RemovedLeaderIsNotCounted() {
        Scenarios.play("remove_leader_uncommitted");
    }

    @Test
    void section423RemovedServersDoNotDisturb() {
        Scenarios.play("disruptive_removed_node");
    }

    @Test
    void section423PreVoteAloneWouldNotDo() {
        // The leader has not told 4 of its removal, and 4 has a log as good as that of 2: it is contact that refuses.
        Lab lab = Lab.ledByFirst(4);
        lab.lose(m -> m.to() == 4 || m.from() == 4);
        lab.member(1).change(MembershipChange.remove(4));
        lab.settle();
        lab.heal();
        lab.run(200);
        lab.member(4).tick(40);
        lab.settle();
        assertTrue(lab.member(1).leads());
        assertEquals(1, lab.member(4).term());
    }

    @Test
    void section423TransferOverridesThat() {
        Scenarios.play("transfer_ok");
    }

    @Test
    void section43ArbitraryChangesGoThroughBothMajorities() {
        Scenarios.play("joint_add_two");
        Scenarios.play("joint_replace_leader");
        Scenarios.play("joint_leader_crash_each_phase");
    }

    @Test
    void section44ClusterStaysAvailableWhileEveryServerIsReplaced() {
        Lab lab = new Lab(Membership.ofVoters(1L, 2L, 3L), c -> c, 4L, 5L, 6L);
        lab.elect(1);
        int done = 0;
        for (long old = 1; old <= 3; old++) {
            LabMember leader = leader(lab);
            assertTrue(leader.change(MembershipChange.of(List.of(old + 3), List.of(), List.of(), List.of(old)))
                    .accepted());
            lab.run(30);
            leader(lab).propose("c" + old);
            lab.run(2);
            done++;
        }
        assertEquals(3, done);
        assertEquals(
                Membership.ofVoters(4L, 5L, 6L), leader(lab).driver().status().membership());
        assertEquals(List.of("c1", "c2", "c3"), leader(lab).appliedCommands());
    }

    private static LabMember leader(Lab lab) {
        return lab.members().stream().filter(LabMember::leads).findFirst().orElseThrow();
    }
}
