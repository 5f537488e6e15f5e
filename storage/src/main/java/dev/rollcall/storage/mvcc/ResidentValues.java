package dev.rollcall.storage.mvcc;

import dev.rollcall.storage.apply.ColdValues;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Which values are in memory: a clock with a second chance over all that are, bounded by their bytes.
 *
 * <p>A value is never out of memory before the flush that wrote it has committed, so whoever finds none in memory finds
 * the row in the file: unless compaction has dropped it, which the reader checks. While more than the bound waits to be
 * flushed, memory exceeds it by that much; the state writer's backlog bounds it.
 *
 * <p>Any thread may call {@link #get}; a current value it had to load is kept, and the same thread then takes out others. Each
 * revision with a value in memory is in the queue once, and belongs to the thread that polled it.
 */
final class ResidentValues {
    /** Counted for a value beyond its bytes. */
    private static final int OVERHEAD_BYTES = 128;
    /** Most revisions one call looks at, so that no caller pays for all. */
    private static final int LOOKS_MAX = 64;

    private final ColdValues cold;
    private final long limitBytes;
    private final ConcurrentLinkedQueue<Revision> clock = new ConcurrentLinkedQueue<>();
    private final AtomicLong bytes = new AtomicLong();
    private volatile long flushedRevision;

    ResidentValues(ColdValues cold, long limitBytes) {
        this.cold = cold;
        this.limitBytes = limitBytes;
    }

    /** Apply thread: this revision was made with its value. */
    void added(Revision revision, byte[] value) {
        if (!revision.tombstone()) {
            bytes.addAndGet(value.length + OVERHEAD_BYTES);
            clock.add(revision);
            evict();
        }
    }

    /** Every revision up to this one is in the file. */
    void flushed(long revision) {
        flushedRevision = revision;
        evict();
    }

    /** The value, from memory or the disk; null if it is in neither, so compaction must have dropped it. May block. */
    byte @Nullable [] get(Revision revision) {
        byte[] here = inMemory(revision);
        if (here != null) {
            return here;
        }
        byte[] loaded = cold.value(revision.rowId);
        if (loaded != null && !revision.superseded && revision.bringBack(loaded)) {
            bytes.addAndGet(loaded.length + OVERHEAD_BYTES);
            clock.add(revision);
            evict();
        }
        return loaded;
    }

    /** As {@link #get}, for one who reads everything once: leaves no trace, so that it does not drive out what is in use. */
    byte @Nullable [] glance(Revision revision) {
        byte[] here = revision.value();
        return here != null ? here : cold.value(revision.rowId);
    }

    /** The value if it is in memory. */
    byte @Nullable [] inMemory(Revision revision) {
        byte[] here = revision.value();
        if (here != null && !revision.touched) {
            revision.touched = true;
        }
        return here;
    }

    long sizeBytes() {
        return bytes.get();
    }

    private void evict() {
        for (int looks = 0; looks < LOOKS_MAX && bytes.get() > limitBytes; looks++) {
            Revision oldest = clock.poll();
            if (oldest == null) {
                return;
            }
            byte[] value = oldest.value();
            boolean stays = oldest.main() > flushedRevision || (oldest.touched && !oldest.superseded);
            if (stays || value == null) {
                oldest.touched = false;
                clock.add(oldest);
            } else {
                bytes.addAndGet(-(value.length + OVERHEAD_BYTES));
                oldest.takeOut();
            }
        }
    }
}
