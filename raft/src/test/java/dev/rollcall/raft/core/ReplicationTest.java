package dev.rollcall.raft.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.lab.LabMember;
import dev.rollcall.raft.sim.DurableLog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ReplicationTest {
    @Test
    void proposalReachesEveryone() {
        Lab lab = Lab.ledByFirst(3);
        assertEquals(ProposeResult.ACCEPTED, lab.member(1).propose("a", "b"));
        lab.settle();
        for (long id = 1; id <= 3; id++) {
            assertEquals(List.of("a", "b"), lab.member(id).appliedCommands(), "without waiting for a heartbeat");
        }
    }

    @Test
    void followerRefusesProposals() {
        Lab lab = Lab.ledByFirst(3);
        assertEquals(ProposeResult.NOT_LEADER, lab.member(2).propose("a"));
    }

    @Test
    void singleNodeAcknowledgesOnlyAfterFsync() {
        Lab lab = Lab.of(1);
        LabMember one = lab.member(1);
        lab.run(1);
        one.holdDisk();
        one.propose("a");
        lab.settle();
        assertEquals(List.of(), one.appliedCommands());
        one.releaseDisk();
        lab.settle();
        assertEquals(List.of("a"), one.appliedCommands());
    }

    @Test
    void leaderCountsItselfOnlyOnceDurable() {
        Lab lab = Lab.ledByFirst(3);
        lab.isolate(3L);
        lab.member(1).holdDisk();
        lab.member(1).propose("a");
        lab.settle();
        assertEquals(List.of(), lab.member(1).appliedCommands(), "only member 2 holds it");
        lab.member(1).releaseDisk();
        lab.settle();
        assertEquals(List.of("a"), lab.member(1).appliedCommands());
    }

    @Test
    void followersMayCommitBeforeTheLeadersDiskIsDone() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).holdDisk();
        lab.member(1).propose("a");
        lab.settle();
        assertEquals(List.of("a"), lab.member(1).appliedCommands());
        RaftStatus status = lab.member(1).driver().status();
        assertTrue(status.durableIndex() < status.commit());
    }

    @Test
    void followerAcknowledgesOnlyWhatIsDurable() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(2).holdDisk();
        lab.member(3).holdDisk();
        lab.member(1).propose("a");
        lab.settle();
        assertEquals(List.of(), lab.member(1).appliedCommands());
        lab.member(3).releaseDisk();
        lab.settle();
        assertEquals(List.of("a"), lab.member(1).appliedCommands());
        lab.run(2);
        assertEquals(List.of("a"), lab.member(2).appliedCommands(), "to apply needs only the commit");
    }

    @Test
    void figure8() {
        // Figure 8 (c) of the Raft paper: the leader of term 4 finds an entry of term 2 on a majority. It must not
        // commit it
        // by counting.
        Lab lab = Lab.of(5);
        for (long id = 1; id <= 5; id++) {
            DurableLog disk = new DurableLog();
            List<Entry> entries = new ArrayList<>();
            entries.add(entry(1, 1));
            if (id <= 2) {
                entries.add(entry(2, 2));
            } else if (id == 5) {
                entries.add(entry(2, 3));
            }
            disk.write(new LogWrite(1, new HardState(3, 0, 0), entries));
            lab.member(id).startFrom(disk);
        }
        lab.isolate(4L, 5L);
        // Members 1 to 3 get no further than the entry of term 2.
        lab.lose(m -> m.from() >= 4 || m.to() >= 4 || reaches(m, 3));
        lab.elect(1);
        Message.AppendRequest old = new Message.AppendRequest(1, 3, 4, 1, 1, 0, List.of(entry(2, 2)));
        lab.inject(old);
        lab.settle();
        assertEquals(2, lab.member(3).disk().lastIndex());
        assertEquals(0, lab.member(1).driver().status().commit(), "an entry of term 2 on a majority is not committed");
        lab.isolate(4L, 5L);
        lab.run(3);
        assertEquals(3, lab.member(1).driver().status().commit(), "the entry of term 4 commits it along");
    }

    private static boolean reaches(Message message, long index) {
        return message instanceof Message.AppendRequest append
                && append.prevIndex() + append.entries().size() >= index;
    }

    @Test
    void conflictingTailIsReplacedWithFewMessages() {
        Lab lab = Lab.of(3);
        for (long id = 1; id <= 3; id++) {
            DurableLog disk = new DurableLog();
            List<Entry> entries = new ArrayList<>();
            for (long index = 1; index <= 100; index++) {
                long term = index <= 10 ? 1 : (id == 3 ? 2 : 3);
                entries.add(entry(index, term));
            }
            disk.write(new LogWrite(1, new HardState(3, 0, 0), entries));
            lab.member(id).startFrom(disk);
        }
        lab.elect(1);
        lab.settle();
        long toThree = lab.delivered(Message.AppendRequest.class).stream()
                .filter(m -> m.to() == 3)
                .count();
        assertTrue(toThree <= 4, toThree + " appends to find where the logs part");
        assertEquals(3, lab.member(3).disk().entry(100).term());
        assertEquals(101, lab.member(3).driver().status().commit());
    }

    @Test
    void delayedShortAppendDoesNotCutNewerEntries() {
        Lab lab = Lab.ledByFirst(3);
        LabMember two = lab.member(2);
        lab.member(1).propose("a");
        Message late =
                lab.intercept().stream().filter(m -> m.to() == 2).findFirst().orElseThrow();
        lab.member(1).propose("b");
        lab.run(5);
        assertEquals(3, two.driver().status().lastIndex());
        two.receive(late);
        assertEquals(3, two.driver().status().lastIndex());
        assertTrue(two.unsynced().isEmpty());
    }

    @Test
    void commitNeverPassesTheLastNewEntry() {
        Lab lab = Lab.of(3);
        LabMember two = lab.member(2);
        DurableLog disk = new DurableLog();
        disk.write(new LogWrite(1, new HardState(1, 0, 0), List.of(entry(1, 1), entry(2, 1), entry(3, 1))));
        two.startFrom(disk);
        two.receive(new Message.AppendRequest(1, 2, 2, 1, 1, 3, List.of()));
        assertEquals(1, two.driver().status().commit());
    }

    @Test
    void lostAppendIsFoundByTheNextHeartbeats() {
        Lab lab = Lab.ledByFirst(3);
        lab.lose(m -> m instanceof Message.AppendRequest);
        lab.member(1).propose("a");
        lab.settle();
        lab.heal();
        lab.run(4);
        assertEquals(List.of("a"), lab.member(3).appliedCommands());
    }

    @Test
    void lostProbeIsRepeated() {
        Lab lab = Lab.of(3);
        lab.lose(m -> m instanceof Message.AppendRequest);
        lab.elect(1);
        lab.heal();
        lab.run(4);
        assertEquals(1, lab.member(3).driver().status().commit());
    }

    @Test
    void windowBoundsWhatIsOnItsWay() {
        Lab lab = new Lab(Membership.ofVoters(1L, 2L, 3L), c -> c.withFlow(100, 3, 10_000));
        lab.elect(1);
        lab.settle();
        for (int i = 0; i < 20; i++) {
            lab.member(1).propose("a command of some length, so that each fills a message: " + i);
        }
        long appends = lab.intercept().stream().filter(m -> m.to() == 2).count();
        assertEquals(3, appends);
        RaftStatus.Follower two = lab.member(1).driver().status().followers().get(0);
        assertEquals(3, two.inflightMessages());
        lab.run(10);
        assertEquals(20, lab.member(2).appliedCommands().size(), "all that was lost is sent again");
    }

    @Test
    void whatArrivesTogetherSharesOneAppendAndOneWrite() {
        Lab lab = Lab.ledByFirst(3);
        LabMember one = lab.member(1);
        one.holdDisk();
        one.driver().propose(List.of(new byte[1], new byte[2]));
        one.driver().propose(List.of(new byte[3]));
        one.driver().flush();
        assertEquals(1, one.unsynced().size());
        assertEquals(3, one.unsynced().get(0).entries().size());
        assertEquals(2, lab.intercept().size());
    }

    @Test
    void tooMuchUncommittedIsRefused() {
        Lab lab = new Lab(Membership.ofVoters(1L, 2L, 3L), c -> c.withMemory(100, 1 << 20, 1 << 20));
        lab.elect(1);
        lab.settle();
        lab.isolate(1L);
        assertEquals(ProposeResult.ACCEPTED, lab.member(1).propose("x".repeat(200)), "alone, even a large one");
        assertEquals(ProposeResult.OVERLOADED, lab.member(1).propose("y"));
        lab.heal();
        lab.run(5);
        assertEquals(ProposeResult.ACCEPTED, lab.member(1).propose("y"));
    }

    @Test
    void laggardIsFedFromTheDisk() {
        Lab lab = new Lab(
                Membership.ofVoters(1L, 2L, 3L), c -> c.withFlow(500, 8, 4_000).withMemory(1 << 20, 300, 200));
        lab.elect(1);
        lab.isolate(3L);
        for (int i = 0; i < 100; i++) {
            lab.member(1).propose("command " + i);
            lab.settle();
        }
        lab.heal();
        lab.run(10);
        assertEquals(lab.member(1).appliedCommands(), lab.member(3).appliedCommands());
        assertEquals(100, lab.member(3).appliedCommands().size());
    }

    @Test
    void slowStateMachineIsNotFloodedAndMissesNothing() {
        Lab lab = new Lab(Membership.ofVoters(1L, 2L, 3L), c -> c.withMemory(1 << 20, 300, 200));
        lab.elect(1);
        lab.member(2).holdApply();
        for (int i = 0; i < 100; i++) {
            lab.member(1).propose("command " + i);
            lab.settle();
        }
        assertTrue(lab.member(2).appliedCommands().size() < 20);
        lab.member(2).releaseApply();
        lab.settle();
        assertEquals(100, lab.member(2).appliedCommands().size());
    }

    @Test
    void completionOfAnOverwrittenWriteProvesNothing() {
        // Entries 2 and 3 of term 1 are on their way to the disk when the leader of term 2 replaces them.
        Lab lab = Lab.of(3);
        LabMember two = lab.member(2);
        two.receive(new Message.AppendRequest(1, 2, 1, 0, 0, 0, List.of(entry(1, 1))));
        lab.settle();
        lab.intercept();
        two.holdDisk();
        two.receive(new Message.AppendRequest(1, 2, 1, 1, 1, 0, List.of(entry(2, 1), entry(3, 1))));
        two.receive(new Message.AppendRequest(3, 2, 2, 1, 1, 0, List.of(entry(2, 2))));
        assertEquals(1, two.driver().status().durableIndex());
        long firstWrite = two.unsynced().get(0).seq();
        two.driver().persisted(firstWrite);
        two.driver().flush();
        assertEquals(1, two.driver().status().durableIndex());
        assertEquals(List.of(), lab.intercept(), "no answer, neither to the old leader nor to the new one");
        two.driver().persisted(firstWrite + 1);
        two.driver().persisted(firstWrite); // late: harmless
        two.driver().flush();
        assertEquals(2, two.driver().status().durableIndex());
        assertEquals(List.of(new Message.AppendResponse(2, 3, 2, false, 2, 0, 0)), lab.intercept());
    }

    @Test
    void stalledDiskGathersNoAnswers() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(2).holdDisk();
        lab.member(1).propose("a");
        lab.run(50);
        lab.intercept();
        lab.member(2).releaseDisk();
        long answers = lab.intercept().stream()
                .filter(m -> m instanceof Message.AppendResponse)
                .count();
        assertEquals(1, answers);
    }

    @Test
    void leaderWithStalledDiskStepsDown() {
        Lab lab = Lab.ledByFirst(3);
        lab.run(1);
        lab.member(1).holdDisk();
        lab.member(1).propose("a");
        lab.run(25);
        assertFalse(lab.member(1).leads());
        lab.run(60);
        assertTrue(lab.member(2).leads() || lab.member(3).leads());
        assertFalse(lab.member(1).leads());
    }

    @Test
    void onlyVoterKeepsLeadingWithStalledDisk() {
        Lab lab = Lab.of(1);
        lab.run(2);
        lab.member(1).holdDisk();
        lab.member(1).propose("a");
        lab.run(100);
        assertTrue(lab.member(1).leads());
    }

    @Test
    void allCrashAtOnceAndNothingDurableIsLost() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).propose("a", "b");
        lab.settle();
        for (long id = 1; id <= 3; id++) {
            lab.member(id).crashAndRestart();
        }
        lab.run(60);
        for (long id = 1; id <= 3; id++) {
            assertEquals(List.of("a", "b"), lab.member(id).appliedCommands());
        }
        assertEquals(2, lab.member(1).term());
    }

    @Test
    void heartbeatBeyondTheLogMeansLostEntries() {
        Lab lab = Lab.ledByFirst(3);
        Message claim = new Message.HeartbeatRequest(1, 2, 1, 50, 0);
        assertThrows(RaftInvariantException.class, () -> lab.member(2).receive(claim));
    }

    @Test
    void committedEntriesAreNeverCut() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).propose("a");
        lab.settle();
        Message other = new Message.AppendRequest(3, 2, 9, 1, 1, 0, List.of(entry(2, 9)));
        assertThrows(RaftInvariantException.class, () -> lab.member(2).receive(other));
    }

    @Test
    void recoveredLogMustBeWhole() {
        DurableLog disk = new DurableLog();
        disk.write(new LogWrite(1, new HardState(1, 0, 5), List.of(entry(1, 1))));
        Lab lab = new Lab(Membership.ofVoters(1L), UnaryOperator.identity());
        assertThrows(RaftInvariantException.class, () -> lab.member(1).startFrom(disk));
    }

    private static Entry entry(long index, long term) {
        return new Entry(index, term, EntryKind.NORMAL, new byte[] {(byte) term});
    }
}
