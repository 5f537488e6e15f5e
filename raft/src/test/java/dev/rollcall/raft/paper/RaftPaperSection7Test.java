package dev.rollcall.raft.paper;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.MembershipChange;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.RaftInvariantException;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import dev.rollcall.raft.scenario.Scenarios;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Section 7 of the Raft paper: snapshots. The state machine takes them; consensus only sends and installs them. */
class RaftPaperSection7Test {
    @Test
    void eachServerDiscardsItsLogByItself() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).propose("a", "b");
        lab.settle();
        lab.member(2).truncate(2);
        assertEquals(3, lab.member(2).driver().status().firstIndex());
        assertEquals(1, lab.member(1).driver().status().firstIndex());
        lab.member(1).propose("c");
        lab.settle();
        assertEquals(List.of("a", "b", "c"), lab.member(2).appliedCommands());
    }

    @Test
    void onlyWhatIsAppliedMayBeDiscarded() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(2).holdApply();
        lab.member(1).propose("a");
        lab.settle();
        assertThrows(RaftInvariantException.class, () -> lab.member(2).driver().truncatedThrough(2));
    }

    @Test
    void lastIndexAndTermOfASnapshotServeTheConsistencyCheck() {
        // The entry that the next append follows is in the snapshot only.
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).propose("a");
        lab.settle();
        lab.member(2).truncate(2);
        lab.member(2).crashAndRestart();
        lab.member(1).propose("b");
        lab.run(3);
        assertEquals(List.of("a", "b"), lab.member(2).appliedCommands());
    }

    @Test
    void serverWithTruncatedLogMayLead() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).propose("a");
        lab.settle();
        lab.member(2).truncate(2);
        lab.isolate(1L);
        lab.member(3).tick(10);
        lab.elect(2);
        assertEquals(3, lab.member(3).driver().status().commit());
    }

    @Test
    void snapshotHoldsTheConfiguration() {
        Scenarios.play("snapshot_carries_conf");
    }

    @Test
    void followerThatLacksDiscardedEntriesIsSentASnapshot() {
        Scenarios.play("slow_follower_after_compaction");
    }

    @Test
    void newServerIsSentASnapshot() {
        Lab lab = new Lab(Membership.ofVoters(1L, 2L, 3L), c -> c, 4L);
        lab.elect(1);
        lab.member(1).propose("a", "b");
        lab.settle();
        lab.member(1).truncate(3);
        lab.member(1).change(MembershipChange.addLearner(4));
        lab.run(5);
        assertEquals(List.of("a", "b"), lab.member(4).appliedCommands());
        assertEquals(1, lab.delivered(Message.SnapshotOffer.class).size());
    }

    @Test
    void snapshotReplacesALogThatConflictsWithIt() {
        // Member 3 holds entries of an older leader that were never committed.
        Lab lab = Lab.ledByFirst(3);
        lab.isolate(1L);
        lab.member(1).propose("x", "y", "z");
        lab.finishWork();
        lab.member(3).tick(10);
        lab.elect(2);
        lab.member(2).propose("a", "b", "c", "d");
        lab.settle();
        lab.member(2).truncate(5);
        lab.heal();
        lab.run(5);
        assertEquals(List.of("a", "b", "c", "d"), lab.member(1).appliedCommands());
        assertEquals(6, lab.member(1).disk().lastIndex());
    }

    @Test
    void entriesBehindASnapshotThatTheLogHoldsAreKept() {
        Lab lab = Lab.ledByFirst(3);
        lab.lose(m -> m.to() == 3 && (m instanceof Message.HeartbeatRequest || m instanceof Message.CommitNotice));
        lab.member(1).propose("a", "b", "c");
        lab.settle();
        LabMember three = lab.member(3);
        SnapshotMeta prefix = new SnapshotMeta(2, 1, Membership.ofVoters(1L, 2L, 3L), 10, 1);
        three.receive(new Message.SnapshotOffer(1, 3, 1, prefix));
        lab.finishWork();
        assertEquals(4, three.driver().status().lastIndex());
        assertEquals(2, three.driver().status().commit(), "all that the snapshot holds is committed");
        assertEquals(1, three.driver().status().firstIndex());
    }

    @Test
    void olderSnapshotIsNotInstalled() {
        Scenarios.play("snapshot_behind_commit");
    }

    @Test
    void piecesCountAsContactWithTheLeader() {
        Lab lab = Lab.ledByFirst(3);
        LabMember three = lab.member(3);
        SnapshotMeta snapshot = new SnapshotMeta(9, 1, Membership.ofVoters(1L, 2L, 3L), 1_000, 1);
        three.receive(new Message.SnapshotOffer(1, 3, 1, snapshot));
        for (int i = 0; i < 100; i++) {
            three.receive(new Message.SnapshotChunk(1, 3, 1, 9, 1, i, new byte[1]));
            lab.finishWork();
            three.tick(5);
        }
        assertEquals(Role.FOLLOWER, three.role());
    }

    @Test
    void piecesOfAnOlderTermAreRefused() {
        Lab lab = Lab.ledByFirst(3);
        LabMember three = lab.member(3);
        three.receive(new Message.HeartbeatRequest(2, 3, 4, 0, 0));
        lab.finishWork();
        lab.intercept();
        SnapshotMeta snapshot = new SnapshotMeta(9, 1, Membership.ofVoters(1L, 2L, 3L), 1_000, 1);
        three.receive(new Message.SnapshotOffer(1, 3, 1, snapshot));
        assertEquals(List.of(new Message.HeartbeatResponse(3, 1, 4, 0)), lab.intercept());
    }

    @Test
    void piecesArriveInOrderAndGoOnWhereTheyStopped() {
        Scenarios.play("snapshot_interrupted");
        Scenarios.play("snapshot_duplicate");
    }

    @Test
    void writingASnapshotDoesNotDelayConsensus() {
        Lab lab = Lab.ledByFirst(3);
        lab.isolate(3L);
        lab.member(1).propose("a");
        lab.settle();
        lab.member(1).truncate(2);
        lab.heal();
        lab.member(1).holdSnapshots();
        lab.run(5);
        lab.member(1).propose("b");
        lab.settle();
        assertEquals(List.of("a", "b"), lab.member(1).appliedCommands());
        lab.member(1).releaseSnapshots();
        lab.run(5);
        assertEquals(List.of("a", "b"), lab.member(3).appliedCommands());
    }
}
