package dev.rollcall.agent.peer;

import io.vertx.core.buffer.Buffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Frames that wait for one socket. Urgent ones overtake the others, so that a heartbeat is never late because of a large
 * append. Bounded in bytes: what does not fit is refused, and its sender decides what that means.
 */
final class OutQueue {
    private final long maxBytes;
    private final Queue<Buffer> urgent = new ConcurrentLinkedQueue<>();
    private final Queue<Buffer> bulk = new ConcurrentLinkedQueue<>();
    private final AtomicLong bytes = new AtomicLong();

    OutQueue(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Any thread. False if it does not fit; an urgent frame may exceed the bound by half. */
    boolean offer(Buffer frame, boolean isUrgent) {
        long limit = isUrgent ? maxBytes + maxBytes / 2 : maxBytes;
        if (bytes.addAndGet(frame.length()) > limit) {
            bytes.addAndGet(-frame.length());
            return false;
        }
        (isUrgent ? urgent : bulk).add(frame);
        return true;
    }

    /** The waiting frames, up to about {@code batchBytes}, as one buffer; null if there are none. One thread only. */
    @Nullable
    Buffer poll(int batchBytes) {
        Buffer batch = null;
        Buffer frame;
        while ((batch == null || batch.length() < batchBytes) && (frame = next()) != null) {
            bytes.addAndGet(-frame.length());
            batch = batch == null ? frame : batch.appendBuffer(frame);
        }
        return batch;
    }

    private @Nullable Buffer next() {
        Buffer frame = urgent.poll();
        return frame != null ? frame : bulk.poll();
    }

    void clear() {
        Buffer frame;
        while ((frame = next()) != null) {
            bytes.addAndGet(-frame.length());
        }
    }
}
