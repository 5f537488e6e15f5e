package dev.rollcall.agent.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** One round of proof for all that wait, and an end to how many may. */
class ReadsTest {
    private final ScriptedRaft raft = new ScriptedRaft();
    private final Replies replies = new Replies();
    private final Reads reads =
            new Reads(7_000, raft, (index, actions) -> actions.forEach(action -> action.accept(replies)));

    private void prove(long round) {
        reads.ready(round, 9);
        replies.flush();
    }

    private static EtcdException failure(Future<?> future) {
        return (EtcdException) future.cause();
    }

    @Test
    void thoseThatComeDuringARoundWaitForTheNext() {
        Future<Void> first = reads.await(0);
        reads.beforeFlush();
        Future<Void> second = reads.await(0);
        reads.beforeFlush();
        assertEquals(List.of(1L), raft.rounds);
        prove(1);
        assertTrue(first.succeeded());
        assertFalse(second.isComplete(), "that proof was begun before it came");
        reads.beforeFlush();
        prove(2);
        assertTrue(second.succeeded());
    }

    @Test
    void readsAreBoundedInNumber() {
        for (int i = 0; i < Reads.MAX_WAITING; i++) {
            assertFalse(reads.await(0).isComplete());
        }
        assertEquals(EtcdError.TOO_MANY_REQUESTS.text(), failure(reads.await(0)).text());
        assertEquals(Reads.MAX_WAITING, reads.pending());
        reads.beforeFlush();
        prove(1);
        assertEquals(0, reads.pending());
        assertFalse(reads.await(0).isComplete());
    }

    @Test
    void whoeverIsLateMakesRoom() {
        Future<Void> late = reads.await(1_000);
        Future<Void> patient = reads.await(0);
        reads.beforeFlush();
        reads.beat(System.nanoTime() + TimeUnit.SECONDS.toNanos(2));
        reads.beforeFlush();
        assertEquals(EtcdError.TIMEOUT.text(), failure(late).text());
        assertFalse(patient.isComplete());
        assertEquals(1, reads.pending());
    }
}
