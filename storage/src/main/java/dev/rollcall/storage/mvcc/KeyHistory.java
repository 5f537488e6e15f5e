package dev.rollcall.storage.mvcc;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The revisions of one key, oldest first. The apply thread appends at one end and drops at the other; any thread reads.
 *
 * <p>A reader names the revision it has pinned, so it does not matter whether it sees what was appended since. What was
 * dropped since does matter, and is caught by the reader's second look at the compact revision: the bounds are volatile,
 * so whoever sees a drop also sees the compaction that caused it.
 */
final class KeyHistory {
    /** Below this many dropped places a history is not copied together. */
    private static final int DROPPED_MIN = 16;

    /** An array and the part of it in use, {@code [start, end)}; replaced when it grows or shrinks. */
    private static final class Slots {
        final Revision[] items;
        volatile int start;
        volatile int end;

        Slots(Revision[] items, int start, int end) {
            this.items = items;
            this.start = start;
            this.end = end;
        }
    }

    final byte[] key;
    private volatile Slots slots = new Slots(new Revision[1], 0, 0);

    KeyHistory(byte[] key) {
        this.key = key;
    }

    /** Apply thread. */
    void append(Revision revision) {
        Revision before = newest();
        if (before != null) {
            if (before.rowId >= revision.rowId) {
                throw new IllegalStateException("revision " + revision.rowId + " follows " + before.rowId);
            }
            before.superseded = true;
        }
        Slots now = slots;
        int end = now.end;
        if (end == now.items.length) {
            now = new Slots(Arrays.copyOf(now.items, end * 2), now.start, end);
            slots = now;
        }
        now.items[end] = revision;
        now.end = end + 1;
    }

    /** Apply thread: removes the oldest revision, which must be this one. */
    void dropOldest(Revision revision) {
        Slots now = slots;
        int from = now.start;
        int end = now.end;
        if (from == end || now.items[from].rowId != revision.rowId) {
            throw new IllegalStateException("revision " + revision.rowId + " is not the oldest of its key");
        }
        int next = from + 1;
        if (next >= DROPPED_MIN && next > end / 2) {
            slots = new Slots(Arrays.copyOfRange(now.items, next, Math.max(end, next + 1)), 0, end - next);
        } else {
            now.start = next;
        }
    }

    boolean isEmpty() {
        Slots now = slots;
        return now.start == now.end;
    }

    /** The last revision, published or not; null if none is left. */
    @Nullable
    Revision newest() {
        Slots now = slots;
        int end = now.end;
        return now.start == end ? null : now.items[end - 1];
    }

    /** The revision this key was at when the store was at {@code revision}: null if there was none yet. May be a tombstone. */
    @Nullable
    Revision at(long revision) {
        Slots now = slots;
        int high = now.end;
        int low = now.start;
        if (low >= high) {
            return null;
        }
        if (now.items[high - 1].main() <= revision) {
            return now.items[high - 1];
        }
        int first = low;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (now.items[middle].main() <= revision) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == first ? null : now.items[low - 1];
    }

    /** The revision that follows this one of the same key, or null if it is the last. Apply thread. */
    @Nullable
    Revision after(Revision revision) {
        Slots now = slots;
        int low = now.start;
        int high = now.end;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (now.items[middle].rowId <= revision.rowId) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == now.end ? null : now.items[low];
    }

    /** Revisions in use, as they are now. */
    Revision[] all() {
        Slots now = slots;
        int end = now.end;
        return Arrays.copyOfRange(now.items, Math.min(now.start, end), end);
    }
}
