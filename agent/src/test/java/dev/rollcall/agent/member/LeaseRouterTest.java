package dev.rollcall.agent.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.peer.LeaseAnswers;
import dev.rollcall.agent.peer.LeaseQuestions;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.lease.LeaseTable;
import dev.rollcall.storage.lease.Lessor;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Questions about leases on a follower: to the leader in batches, again if nothing comes back, and never too many. */
class LeaseRouterTest {
    private final ScriptedRaft raft = new ScriptedRaft();
    private final List<LeaseQuestions> sent = new ArrayList<>();
    private final LeaseRouter router = new LeaseRouter(
            7_000,
            raft,
            (to, type, payload) -> sent.add(LeaseQuestions.decode(Buffer.buffer(payload))),
            new Reads(7_000, raft, (index, actions) -> {}),
            new LeaderLeases(new Lessor(new LeaseTable()), (body, term) -> {}));

    private void answer(LeaseQuestions batch, boolean led) {
        router.answered(new LeaseAnswers(
                batch.batchId(), led, new long[led ? batch.questions().size() : 0]));
    }

    private static EtcdException failure(Future<?> future) {
        return (EtcdException) future.cause();
    }

    @Test
    void questionsAreBoundedInNumberAndInEachBatch() {
        for (int i = 0; i < LeaseRouter.MAX_WAITING; i++) {
            assertFalse(router.renew(i).isComplete());
        }
        assertEquals(
                EtcdError.TOO_MANY_REQUESTS.text(), failure(router.renew(-1)).text());
        assertEquals(
                EtcdError.TOO_MANY_REQUESTS.text(),
                failure(router.remaining(-1)).text());
        assertEquals(LeaseRouter.MAX_WAITING, router.pending());

        router.beforeFlush();
        assertEquals(LeaseQuestions.MAX, sent.get(0).questions().size());
        assertEquals(
                LeaseRouter.MAX_WAITING,
                sent.stream().mapToInt(batch -> batch.questions().size()).sum());
        answer(sent.get(0), true);
        assertEquals(LeaseRouter.MAX_WAITING - LeaseQuestions.MAX, router.pending());
        assertFalse(router.renew(-1).isComplete());
    }

    @Test
    void whoeverDidNotLeadIsNotTheLastWord() {
        Future<Long> renewed = router.renew(5);
        router.beforeFlush();
        answer(sent.get(0), false);
        assertEquals(1, router.pending());
        router.beat(System.nanoTime());
        router.beforeFlush();
        assertEquals(2, sent.size());
        answer(sent.get(1), true);
        router.beforeFlush();
        assertTrue(renewed.succeeded());
        assertEquals(0, router.pending());
    }

    @Test
    void silenceEndsAtTheDeadline() {
        Future<Long> asked = router.remaining(5);
        router.beforeFlush();
        router.beat(System.nanoTime() + TimeUnit.SECONDS.toNanos(8));
        router.beforeFlush();
        assertEquals(EtcdError.TIMEOUT.text(), failure(asked).text());
        assertEquals(0, router.pending());
    }
}
