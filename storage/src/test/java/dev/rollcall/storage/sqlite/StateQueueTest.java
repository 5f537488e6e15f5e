package dev.rollcall.storage.sqlite;

import static dev.rollcall.storage.sqlite.States.batch;
import static dev.rollcall.storage.sqlite.States.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.apply.StateBatch;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Bounds of what waits for the state file, where a small disk makes them small. */
class StateQueueTest {
    private static final int BYTES_MAX = 100_000;
    private static final String VALUE = "v".repeat(10_000);

    private final StateQueue queue = new StateQueue(() -> Long.MAX_VALUE, BYTES_MAX);

    /** What is flushed at once is in the WAL at once. */
    @Test
    void oneFlushTakesAQuarterOfWhatMayWait() throws Exception {
        for (int i = 1; i <= 5; i++) {
            queue.put(batch(i, row(i + 1, VALUE)));
        }
        assertEquals(List.of(1L, 2L), taken());
        queue.flushed();
        assertEquals(List.of(3L, 4L), taken());
        queue.flushed();
        assertFalse(queue.isEmpty());
        assertEquals(List.of(5L), taken());
        assertTrue(queue.isEmpty());
    }

    @Test
    void aLargerBatchIsTakenAlone() throws Exception {
        queue.put(batch(1, row(2, "v".repeat(2 * BYTES_MAX))));
        assertTrue(queue.isCrowded());
        assertEquals(List.of(1L), taken());
        queue.flushed();
        assertFalse(queue.isCrowded());
    }

    private List<Long> taken() throws InterruptedException {
        return Objects.requireNonNull(queue.take()).stream()
                .map(StateBatch::firstIndex)
                .toList();
    }
}
