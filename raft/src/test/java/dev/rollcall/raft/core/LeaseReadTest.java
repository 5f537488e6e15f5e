package dev.rollcall.raft.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.lab.Lab;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Reads under a leader's lease: when it holds, and what the others must keep for it to hold. */
class LeaseReadTest {
    private static final long TICK = 10_000_000;

    private final AtomicLong clock = new AtomicLong();
    /** An election timeout of 10 to 20 ticks, of which a drift of a fifth leaves 80 ms. */
    private final Lab lab = new Lab(
            Membership.ofVoters(1L, 2L, 3L), c -> c.withLeaseReads(new RaftConfig.LeaseReads(clock::get, TICK, 0.2)));

    /** Member 1 leads; the others' promise not to vote right after their start is over. */
    private void led() {
        lab.member(2).tick(9);
        lab.member(3).tick(9);
        lab.member(1).tick(9);
        for (long id = 1; id <= 3; id++) {
            lab.member(id).tick(1);
        }
        lab.elect(1);
    }

    @Test
    void answersWithoutAskingWhileTheLeaseHolds() {
        led();
        lab.member(1).propose("a");
        lab.run(2);
        lab.intercept();
        clock.addAndGet(79 * TICK / 10);
        lab.member(1).read(7);
        assertEquals(2L, lab.member(1).readAnswer(7));
        assertEquals(0, lab.intercept().size());
        clock.addAndGet(TICK / 10);
        lab.member(1).read(8);
        assertNull(lab.member(1).readAnswer(8), "the lease is over: only a quorum can tell");
        lab.settle();
        assertEquals(2L, lab.member(1).readAnswer(8));
    }

    @Test
    void leaderThatIsCutOffStopsAnswering() {
        led();
        lab.run(2);
        lab.isolate(1L);
        clock.addAndGet(5 * TICK);
        lab.member(1).tick(5);
        lab.member(1).read(1);
        assertEquals(1L, lab.member(1).readAnswer(1));
        clock.addAndGet(5 * TICK);
        lab.member(1).read(2);
        assertNull(lab.member(1).readAnswer(2));
    }

    @Test
    void orderToCampaignEndsTheLease() {
        led();
        lab.run(2);
        lab.lose(m -> m instanceof Message.TimeoutNow);
        lab.member(1).driver().transferLeadership(2);
        lab.run(30);
        assertTrue(lab.member(1).leads());
        lab.intercept();
        lab.member(1).read(1);
        assertNull(lab.member(1).readAnswer(1));
    }

    @Test
    void nobodyVotesWithinTheTimeoutOfAContactOrAStart() {
        led();
        lab.run(2);
        lab.isolate(1L);
        lab.member(2).driver().peerGone(1);
        lab.member(3).driver().peerGone(1);
        lab.member(3).crashAndRestart();
        for (int i = 0; i < 9; i++) {
            lab.member(2).tick(1);
            lab.member(3).tick(1);
            lab.settle();
        }
        assertFalse(lab.member(2).leads() || lab.member(3).leads());
        lab.run(60);
        assertTrue(lab.member(2).leads() || lab.member(3).leads());
    }

    @Test
    void boundsThatBoundNothingAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new RaftConfig.LeaseReads(clock::get, 0, 0.1));
        assertThrows(IllegalArgumentException.class, () -> new RaftConfig.LeaseReads(clock::get, TICK, 1));
        assertThrows(IllegalArgumentException.class, () -> new RaftConfig.LeaseReads(clock::get, TICK, Double.NaN));
    }
}
