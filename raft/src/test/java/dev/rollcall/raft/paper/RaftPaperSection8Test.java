package dev.rollcall.raft.paper;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.ProposeResult;
import dev.rollcall.raft.lab.Lab;
import dev.rollcall.raft.scenario.Scenarios;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Section 8 of the Raft paper: clients. What makes a repeated command harmless (a name for each request) is the state
 * machine's matter, not that of consensus.
 */
class RaftPaperSection8Test {
    @Test
    void serverThatDoesNotLeadRefusesAndNamesTheLeader() {
        Lab lab = Lab.ledByFirst(3);
        assertEquals(ProposeResult.NOT_LEADER, lab.member(2).propose("a"));
        assertEquals(1, lab.member(2).driver().softState().leader());
    }

    @Test
    void leaderBeginsItsTermWithAnEmptyEntry() {
        Lab lab = Lab.ledByFirst(3);
        assertEquals(EntryKind.NOOP, lab.member(3).disk().entry(1).kind());
        assertEquals(1, lab.member(3).disk().entry(1).term());
    }

    @Test
    void leaderAnswersNoReadBeforeThatIsCommitted() {
        Scenarios.play("readindex_before_first_commit");
    }

    @Test
    void leaderAsksAMajorityWhetherItWasDeposedBeforeItAnswersARead() {
        Scenarios.play("readindex_partitioned_leader");
    }

    @Test
    void readsWriteNothingIntoTheLog() {
        Lab lab = Lab.ledByFirst(3);
        for (int i = 1; i <= 20; i++) {
            lab.member(1 + i % 3).read(i);
        }
        lab.settle();
        for (int i = 1; i <= 20; i++) {
            assertEquals(1L, lab.member(1 + i % 3).readAnswer(i));
        }
        assertEquals(1, lab.member(1).driver().status().lastIndex());
    }

    @Test
    void committedCommandIsAppliedAlthoughTheLeaderCrashedBeforeItAnswered() {
        Lab lab = Lab.ledByFirst(3);
        lab.member(1).propose("a");
        lab.deliver();
        lab.finishWork();
        lab.member(1).crash();
        lab.intercept();
        lab.member(3).tick(10);
        lab.elect(2);
        assertEquals(List.of("a"), lab.member(3).appliedCommands());
    }
}
