package dev.rollcall.storage.mvcc;

import dev.rollcall.storage.apply.ColdValues;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Which values are in memory: a clock with a second chance, bounded by their bytes. A value that is written is on trial
 * first, in a part of that memory: most are only written, and what lives for long just to be dropped is dear to collect.
 *
 * <p>A value is never out of memory before the flush that wrote it has committed, so whoever finds none in memory finds
 * the row in the file: unless compaction has dropped it, which the reader checks. While more than the bound waits to be
 * flushed, memory exceeds it by that much; the state writer's backlog bounds it.
 *
 * <p>Any thread may call {@link #get}; a current value it had to load is kept, and the same thread then takes out others. Each
 * revision with a value in memory is in one of the queues once, and belongs to the thread that polled it.
 */
final class ResidentValues {
    /** Counted for a value beyond its bytes. */
    private static final int OVERHEAD_BYTES = 128;
    /** Part of the memory for values that were written, and that nobody has asked for yet. */
    private static final int FRESH_SHARE = 8;
    /** Most revisions one call looks at, so that no caller pays for all. */
    private static final int LOOKS_MAX = 64;

    private final ColdValues cold;
    private final long limitBytes;
    private final ConcurrentLinkedQueue<Revision> clock = new ConcurrentLinkedQueue<>();
    private final AtomicLong bytes = new AtomicLong();
    private final ConcurrentLinkedQueue<Revision> fresh = new ConcurrentLinkedQueue<>();
    private final AtomicLong freshBytes = new AtomicLong();
    private volatile long flushedRevision;

    ResidentValues(ColdValues cold, long limitBytes) {
        this.cold = cold;
        this.limitBytes = limitBytes;
    }

    /** Apply thread: this revision was made with its value. */
    void added(Revision revision, byte[] value) {
        if (!revision.tombstone()) {
            bytes.addAndGet(value.length + OVERHEAD_BYTES);
            freshBytes.addAndGet(value.length + OVERHEAD_BYTES);
            fresh.add(revision);
            settle();
            evict();
        }
    }

    /** Every revision up to this one is in the file. */
    void flushed(long revision) {
        flushedRevision = revision;
        settle();
        evict();
    }

    /**
     * The value, from memory or the disk; null if it is in neither and compaction may have dropped it: whoever knows better says
     * {@link #missing}. May block.
     */
    byte @Nullable [] get(Revision revision) {
        byte[] here = inMemory(revision);
        if (here != null) {
            return here;
        }
        byte[] loaded = load(revision);
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
        return here != null ? here : load(revision);
    }

    private byte @Nullable [] load(Revision revision) {
        byte[] loaded = cold.value(revision.rowId);
        if (loaded == null && !revision.superseded && !revision.tombstone()) {
            throw missing("row " + revision.rowId);
        }
        return loaded;
    }

    /** What to throw when something is in neither although no compaction has come to it. */
    RuntimeException missing(String what) {
        return cold.missing(what);
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

    /** Of the values that are fresh no more, those that somebody has asked for join the others; the rest go. */
    private void settle() {
        for (int looks = 0; looks < LOOKS_MAX && freshBytes.get() > limitBytes / FRESH_SHARE; looks++) {
            Revision first = fresh.peek();
            Revision oldest = first == null || first.main() > flushedRevision ? null : fresh.poll();
            if (oldest == null) {
                return;
            }
            byte[] value = oldest.value();
            int size = (value == null ? 0 : value.length) + OVERHEAD_BYTES;
            freshBytes.addAndGet(-size);
            // The writer of the file looks here too, so another one than the first may have been polled.
            boolean stays = oldest.main() > flushedRevision || (oldest.touched && !oldest.superseded);
            if (stays || value == null) {
                oldest.touched = false;
                clock.add(oldest);
            } else {
                bytes.addAndGet(-size);
                oldest.takeOut();
            }
        }
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
