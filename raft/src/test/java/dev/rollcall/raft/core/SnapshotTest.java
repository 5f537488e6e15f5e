package dev.rollcall.raft.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.lab.Lab;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Snapshots: who gets one, what it replaces, and what becomes of transfers that are disturbed. */
class SnapshotTest {
    /** Member 3 is cut off and lacks entries that the leader's log no longer holds. */
    private static Lab oneLeftBehind() {
        Lab lab = Lab.ledByFirst(3);
        lab.isolate(3L);
        for (int i = 0; i < 50; i++) {
            lab.member(1).propose("x" + i + "y".repeat(20_000));
            lab.settle();
        }
        lab.member(1).truncate(45);
        return lab;
    }

    private static long commit(Lab lab, long id) {
        return lab.member(id).driver().status().commit();
    }

    private static void assertCaughtUp(Lab lab, long id) {
        lab.member(1).propose("last");
        lab.run(3);
        assertEquals(lab.member(1).appliedCommands(), lab.member(id).appliedCommands());
    }

    @Test
    void laggardIsBroughtUpByASnapshot() {
        Lab lab = oneLeftBehind();
        lab.heal();
        lab.run(20);
        assertEquals(51, commit(lab, 3));
        assertEquals(52, lab.member(3).driver().status().firstIndex());
        assertTrue(lab.delivered(Message.SnapshotChunk.class).size() > 1);
        assertCaughtUp(lab, 3);
        lab.member(3).crashAndRestart();
        lab.run(3);
        assertCaughtUp(lab, 3);
        int sent = lab.delivered(Message.SnapshotOffer.class).size();
        lab.run(50);
        assertEquals(sent, lab.delivered(Message.SnapshotOffer.class).size());
    }

    @Test
    void newcomerGetsItsMembershipFromTheSnapshot() {
        Lab lab = new Lab(Membership.ofVoters(1L, 2L, 3L), UnaryOperator.identity(), 4L);
        lab.elect(1);
        for (int i = 0; i < 10; i++) {
            lab.member(1).propose("x" + i);
        }
        lab.run(2);
        lab.member(1).truncate(8);
        lab.member(1).driver().proposeChange(MembershipChange.addVoter(4), new byte[0]);
        lab.run(30);
        assertEquals(
                Membership.ofVoters(1L, 2L, 3L, 4L),
                lab.member(4).driver().status().membership());
        assertCaughtUp(lab, 4);
    }
}
