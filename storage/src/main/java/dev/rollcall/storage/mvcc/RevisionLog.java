package dev.rollcall.storage.mvcc;

import dev.rollcall.storage.apply.KvRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * Every revision in the order it was made: what a watcher behind the ring reads, and what compaction sweeps. Kept in
 * chunks, so that a sweep goes in steps and gives back memory as it goes. The apply thread alone changes it; any thread
 * reads.
 */
final class RevisionLog {
    /** Revisions in a chunk. */
    static final int CHUNK = 1024;

    private static final class Chunk {
        final Revision[] items;
        volatile int count;

        Chunk(Revision[] items, int count) {
            this.items = items;
            this.count = count;
        }
    }

    /** Decides, revision by revision in order, what a sweep leaves. */
    interface Sieve {
        /** False to drop it; the sieve then takes it out of everything else itself. */
        boolean keep(Revision revision);
    }

    private final ConcurrentSkipListMap<Long, Chunk> chunks = new ConcurrentSkipListMap<>();
    private @Nullable Chunk tail;

    /** Apply thread. */
    void append(Revision revision) {
        Chunk last = tail;
        if (last == null || last.count == CHUNK) {
            last = new Chunk(new Revision[CHUNK], 0);
            last.items[0] = revision;
            last.count = 1;
            chunks.put(revision.rowId, last);
            tail = last;
        } else {
            int count = last.count;
            last.items[count] = revision;
            last.count = count + 1;
        }
    }

    /**
     * Revisions with {@code fromRow <= rowId < toRow}, in order. Complete if none of them was dropped since the caller
     * last looked at the compact revision.
     */
    List<Revision> between(long fromRow, long toRow) {
        List<Revision> found = new ArrayList<>();
        Long first = chunks.floorKey(fromRow);
        for (Chunk chunk : chunks.tailMap(first == null ? fromRow : first, true).values()) {
            int count = chunk.count;
            for (int i = 0; i < count; i++) {
                Revision revision = chunk.items[i];
                if (revision.rowId >= toRow) {
                    return found;
                }
                if (revision.rowId >= fromRow) {
                    found.add(revision);
                }
            }
        }
        return found;
    }

    /**
     * Sweeps the next chunk at or behind {@code fromRow} as far as it lies below {@code toRow}.
     *
     * @return where to go on, or {@code toRow} when nothing is left
     */
    long sweep(long fromRow, long toRow, Sieve sieve) {
        Map.Entry<Long, Chunk> entry = chunks.ceilingEntry(fromRow);
        if (entry == null || entry.getKey() >= toRow) {
            return toRow;
        }
        Chunk chunk = entry.getValue();
        int count = chunk.count;
        Revision[] kept = new Revision[CHUNK];
        int keptCount = 0;
        for (int i = 0; i < count; i++) {
            Revision revision = chunk.items[i];
            if (revision.rowId >= toRow || sieve.keep(revision)) {
                kept[keptCount++] = revision;
            }
        }
        if (keptCount < count) {
            replace(entry.getKey(), chunk, kept, keptCount);
        }
        return Math.min(toRow, entry.getKey() + 1);
    }

    private void replace(long at, Chunk chunk, Revision[] kept, int keptCount) {
        boolean last = chunk == tail;
        if (keptCount == 0) {
            chunks.remove(at);
            tail = last ? null : tail;
            return;
        }
        Chunk replacement = new Chunk(last ? kept : Arrays.copyOf(kept, keptCount), keptCount);
        chunks.put(at, replacement);
        tail = last ? replacement : tail;
    }

    static long firstRow(long revision) {
        return KvRow.rowId(revision, 0);
    }
}
