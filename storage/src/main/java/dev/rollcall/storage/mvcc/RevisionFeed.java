package dev.rollcall.storage.mvcc;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What watchers pull. Recent revisions stand in a ring, bounded in bytes and in number, which costs the same however many
 * watch; behind it, {@link #history} reads the store. Nothing is ever queued for a watcher: it is a cursor, and a slow one
 * costs nothing.
 *
 * <p>A watcher whose cursor (the next revision it wants) is
 * <ul>
 *   <li>below {@link KvStore#compactRevision()} is cancelled with that revision, even if the ring still has it,
 *   <li>at or above {@link #ringStart()} pulls,
 *   <li>in between reads history, on a worker,
 *   <li>above {@link #published()} is up to date.
 * </ul>
 *
 * <p>Any thread may call; the apply thread alone adds. Each revision above 1 has at least one event.
 */
public final class RevisionFeed {
    /** Revisions the ring has at most. */
    static final int RING_REVISIONS = 1 << 14;
    /** {@link #history} stops at the end of the revision that brings its answer to this size. */
    static final long HISTORY_BYTES = 4 << 20;

    private final KvStore store;
    private final long limitBytes;
    private final AtomicReferenceArray<@Nullable RevisionEvents> ring = new AtomicReferenceArray<>(RING_REVISIONS);
    private long bytes;
    private volatile long ringStart = 2;

    RevisionFeed(KvStore store, long limitBytes) {
        this.store = store;
        this.limitBytes = limitBytes;
    }

    /** Newest revision there is to pull. */
    public long published() {
        return store.revision();
    }

    /** Oldest revision still in the ring; one above {@link #published()} if the ring is empty. */
    public long ringStart() {
        return ringStart;
    }

    /**
     * Consecutive revisions from {@code fromRevision} on that are in the ring, at most this many. Empty if that one is
     * not: it is not published yet, or no longer in the ring. Never blocks.
     */
    public List<RevisionEvents> pull(long fromRevision, int maxRevisions) {
        List<RevisionEvents> found = new ArrayList<>();
        long last = Math.min(published(), fromRevision + maxRevisions - 1);
        for (long revision = fromRevision; revision <= last; revision++) {
            RevisionEvents events = ring.get(slot(revision));
            if (events == null || events.revision() != revision) {
                // Overtaken: the rest would not be consecutive.
                return found;
            }
            found.add(events);
        }
        return found;
    }

    /**
     * Consecutive revisions from {@code fromRevision} on, at most up to {@code toRevision} and this many, fewer if they are
     * big; empty only if there is none published in between. Go on behind the last one. Reads the store: for a worker.
     *
     * @throws dev.rollcall.storage.error.EtcdException {@code COMPACTED} if the first is below the compact revision
     */
    public List<RevisionEvents> history(long fromRevision, long toRevision, int maxRevisions) {
        List<RevisionEvents> found = store.onGeneration(here -> history(here, fromRevision, toRevision, maxRevisions));
        return found == null ? List.of() : found;
    }

    private static List<RevisionEvents> history(Generation here, long fromRevision, long toRevision, int maxRevisions) {
        long from = Math.max(fromRevision, 2);
        if (fromRevision < here.compactRevision()) {
            throw EtcdError.COMPACTED.exception();
        }
        long last = Math.min(Math.min(toRevision, here.revision()), from + maxRevisions - 1);
        List<RevisionEvents> found = new ArrayList<>();
        if (from <= last) {
            List<Revision> rows = here.log.between(RevisionLog.firstRow(from), RevisionLog.firstRow(last + 1));
            boolean complete = read(here, rows, found);
            if (fromRevision < here.compactRevision()) {
                throw EtcdError.COMPACTED.exception();
            }
            if (!complete || found.isEmpty()) {
                throw here.values.missing("history from revision " + from + " to " + last);
            }
        }
        return found;
    }

    private static boolean read(Generation here, List<Revision> rows, List<RevisionEvents> found) {
        List<Event> events = new ArrayList<>();
        long size = 0;
        for (int i = 0; i < rows.size() && size < HISTORY_BYTES; i++) {
            Revision row = rows.get(i);
            byte[] value = here.values.glance(row);
            if (value == null) {
                return false;
            }
            events.add(KeyValues.event(row, value));
            if (i + 1 == rows.size() || rows.get(i + 1).main() != row.main()) {
                RevisionEvents whole = new RevisionEvents(row.main(), events);
                found.add(whole);
                size += whole.sizeBytes();
                events = new ArrayList<>();
            }
        }
        return true;
    }

    /**
     * What the key was before this revision: the {@code prev_kv} of an event. Null if it was not there, or if that is
     * compacted. Blocks on the disk unless {@link #isPreviousInMemory}.
     */
    public @Nullable KeyValue previous(byte[] key, long modRevision) {
        return store.onGeneration(here -> {
            Revision before = revisionBefore(here, key, modRevision);
            byte[] value = before == null ? null : here.values.get(before);
            if (before == null || here.compactRevision() >= modRevision) {
                return null;
            }
            if (value == null) {
                throw here.values.missing("row " + before.rowId);
            }
            return KeyValues.of(before, value);
        });
    }

    /** Whether {@link #previous} answers without the disk. */
    public boolean isPreviousInMemory(byte[] key, long modRevision) {
        Generation here = store.now();
        Revision before = revisionBefore(here, key, modRevision);
        return before == null || here.values.inMemory(before) != null;
    }

    private static @Nullable Revision revisionBefore(Generation here, byte[] key, long modRevision) {
        if (here.compactRevision() >= modRevision) {
            return null;
        }
        KeyHistory history = here.index.get(key);
        Revision before = history == null ? null : history.at(modRevision - 1);
        return before == null || before.tombstone() ? null : before;
    }

    /** Apply thread: this revision comes next. It is seen once the store publishes it. */
    void add(RevisionEvents events) {
        long revision = events.revision();
        long size = events.sizeBytes();
        long start = ringStart;
        while (start < revision && (bytes + size > limitBytes || revision - start >= RING_REVISIONS)) {
            RevisionEvents oldest = ring.getAndSet(slot(start), null);
            bytes -= oldest == null ? 0 : oldest.sizeBytes();
            start++;
        }
        if (size > limitBytes) {
            // Too big for the ring: its watchers read it as history.
            start = revision + 1;
        } else {
            ring.set(slot(revision), events);
            bytes += size;
        }
        ringStart = start;
    }

    /** Apply thread: the store begins at this revision; nothing is in the ring any more. */
    void startAbove(long revision) {
        long start = ringStart;
        ringStart = revision + 1;
        for (long old = start; bytes > 0 && old < start + RING_REVISIONS; old++) {
            RevisionEvents gone = ring.getAndSet(slot(old), null);
            bytes -= gone == null ? 0 : gone.sizeBytes();
        }
    }

    private static int slot(long revision) {
        return (int) (revision & (RING_REVISIONS - 1));
    }
}
