package dev.rollcall.raft.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
    void heartbeatBeyondTheLogMeansLostEntries() {
        Lab lab = Lab.ledByFirst(3);
        Message claim = new Message.HeartbeatRequest(1, 2, 1, 50, 0);
        assertThrows(RaftInvariantException.class, () -> lab.member(2).receive(claim));
    }

    @Test
    void aNoticeBeyondTheLogMeansLostEntriesToo() {
        Lab lab = Lab.ledByFirst(3);
        Message claim = new Message.CommitNotice(1, 2, 1, 50);
        assertThrows(RaftInvariantException.class, () -> lab.member(2).receive(claim));
    }

    @Test
    void noticesOfCommitAreNotAnswered() {
        Lab lab = Lab.ledByFirst(3);
        List<Message> said = new ArrayList<>();
        lab.lose(m -> {
            said.add(m);
            return false;
        });
        lab.member(1).propose("a");
        lab.settle();
        for (long id = 2; id <= 3; id++) {
            assertEquals(
                    List.of("AppendRequest", "AppendResponse", "CommitNotice"), kindsBetween(said, id), "and no more");
        }
    }

    @Test
    void aLostNoticeIsMadeUpForByTheNextHeartbeat() {
        Lab lab = Lab.ledByFirst(3);
        lab.lose(m -> m instanceof Message.CommitNotice);
        lab.member(1).propose("a");
        lab.settle();
        assertEquals(List.of(), lab.member(2).appliedCommands());
        lab.run(1);
        assertEquals(List.of("a"), lab.member(2).appliedCommands());
    }

    private static List<String> kindsBetween(List<Message> said, long follower) {
        return said.stream()
                .filter(m -> m.from() == follower || m.to() == follower)
                .map(m -> m.getClass().getSimpleName())
                .toList();
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
