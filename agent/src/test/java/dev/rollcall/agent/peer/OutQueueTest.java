package dev.rollcall.agent.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class OutQueueTest {
    private final OutQueue queue = new OutQueue(100);

    private static Buffer frame(String letter, int bytes) {
        return Buffer.buffer(letter.repeat(bytes));
    }

    @Test
    void itIsBoundedInBytesAndHalfAsManyMoreForWhatIsUrgent() {
        assertTrue(queue.offer(frame("a", 60), false));
        assertTrue(queue.offer(frame("b", 40), false));
        assertFalse(queue.offer(frame("c", 1), false));
        assertTrue(queue.offer(frame("u", 50), true));
        assertFalse(queue.offer(frame("v", 1), true));
    }

    @Test
    void whatIsTakenMakesRoomAndWhatIsUrgentIsTakenFirst() {
        queue.offer(frame("a", 100), false);
        queue.offer(frame("u", 50), true);
        assertEquals("u".repeat(50), String.valueOf(queue.poll(50)));
        assertFalse(queue.offer(frame("b", 1), false));
        assertEquals("a".repeat(100), String.valueOf(queue.poll(50)));
        assertTrue(queue.offer(frame("c", 100), false));
        queue.clear();
        assertNull(queue.poll(50));
        assertTrue(queue.offer(frame("d", 100), false));
    }
}
