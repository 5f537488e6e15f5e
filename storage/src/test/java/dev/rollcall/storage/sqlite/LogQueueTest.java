package dev.rollcall.storage.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.driver.LogWrite;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogQueueTest {
    private static final int WRITE_BYTES = 8 << 20;
    private static final int WRITES = (int) (LogQueue.BACKLOG_BYTES_MAX / WRITE_BYTES);

    /** One array serves them all: the queue counts bytes, it does not copy them. */
    private final byte[] data = new byte
            [WRITE_BYTES - LogQueue.WRITE_OVERHEAD_BYTES - new Entry(1, 1, EntryKind.NORMAL, new byte[0]).sizeBytes()];

    private final LogQueue queue = new LogQueue();

    private LogWrite write(int seq, byte[] bytes) {
        return new LogWrite(seq, null, List.of(new Entry(seq, 1, EntryKind.NORMAL, bytes)));
    }

    @Test
    void aBacklogOf256MebibytesIsABrokenRule() throws Exception {
        for (int seq = 1; seq <= WRITES; seq++) {
            queue.append(write(seq, data));
        }
        LogWrite small = write(WRITES + 1, new byte[0]);
        assertEquals(
                "the log has 268435456 bytes waiting for the disk",
                assertThrows(IllegalStateException.class, () -> queue.append(small))
                        .getMessage());
        assertEquals(1, assertInstanceOf(LogQueue.Group.class, queue.take()).entries());
        queue.append(small);
    }
}
