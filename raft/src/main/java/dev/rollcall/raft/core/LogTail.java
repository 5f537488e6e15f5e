package dev.rollcall.raft.core;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The newest entries of the log, in memory: a ring that grows at its end, is cut there, and is evicted at its front. */
final class LogTail {
    private static final int CAPACITY_MIN = 64;

    private @Nullable Entry[] ring = new Entry[CAPACITY_MIN];
    /** Bytes of everything ever appended up to and including the entry in the same slot. */
    private long[] bytesThrough = new long[CAPACITY_MIN];

    private long first;
    private int size;
    private long bytesBefore;

    /** Empty, with the next entry to be at {@code next}. */
    LogTail(long next) {
        first = next;
    }

    long first() {
        return first;
    }

    long last() {
        return first + size - 1;
    }

    boolean holds(long index) {
        return index >= first && index <= last();
    }

    Entry get(long index) {
        Entry entry = holds(index) ? ring[slot(index)] : null;
        if (entry == null) {
            throw new RaftInvariantException(
                    "entry " + index + " is not among those in memory, " + first + " to " + last());
        }
        return entry;
    }

    void append(Entry entry) {
        if (entry.index() != last() + 1) {
            throw new RaftInvariantException("entry " + entry.index() + " cannot follow " + last());
        }
        if (size == ring.length) {
            resize(ring.length * 2);
        }
        long before = bytesThrough(last());
        size++;
        ring[slot(entry.index())] = entry;
        bytesThrough[slot(entry.index())] = before + entry.sizeBytes();
    }

    /** Drops everything from this index on. */
    void cut(long from) {
        while (size > 0 && last() >= from) {
            ring[slot(last())] = null;
            size--;
        }
    }

    /** Drops from the front, up to this index at most, while more than {@code keepBytes} are held. */
    void evict(long through, long keepBytes) {
        while (size > 0 && first <= through && bytes() > keepBytes) {
            bytesBefore = bytesThrough(first);
            ring[slot(first)] = null;
            first++;
            size--;
        }
        if (ring.length > CAPACITY_MIN && size < ring.length / 8) {
            resize(ring.length / 2);
        }
    }

    /** Forgets everything; the next entry is to be at {@code next}. */
    void restart(long next) {
        ring = new Entry[CAPACITY_MIN];
        bytesThrough = new long[CAPACITY_MIN];
        first = next;
        size = 0;
        bytesBefore = 0;
    }

    long bytes() {
        return bytesThrough(last()) - bytesBefore;
    }

    /** Bytes of the entries above one index, up to and including another; both held or just before the first. */
    long bytesBetween(long above, long through) {
        return above >= through ? 0 : bytesThrough(through) - bytesThrough(above);
    }

    /** Entries from one index to another, as many as fit in {@code maxBytes} but at least one. */
    List<Entry> slice(long from, long through, long maxBytes) {
        List<Entry> entries = new ArrayList<>();
        long bytes = 0;
        for (long index = from; index <= through; index++) {
            Entry entry = get(index);
            bytes += entry.sizeBytes();
            if (bytes > maxBytes && !entries.isEmpty()) {
                break;
            }
            entries.add(entry);
        }
        return List.copyOf(entries);
    }

    private long bytesThrough(long index) {
        return index < first ? bytesBefore : bytesThrough[slot(index)];
    }

    private int slot(long index) {
        return (int) (index & (ring.length - 1));
    }

    private void resize(int capacity) {
        @Nullable Entry[] oldRing = ring;
        long[] oldBytes = bytesThrough;
        ring = new Entry[capacity];
        bytesThrough = new long[capacity];
        for (long index = first; index <= last(); index++) {
            int old = (int) (index & (oldRing.length - 1));
            ring[slot(index)] = oldRing[old];
            bytesThrough[slot(index)] = oldBytes[old];
        }
    }
}
