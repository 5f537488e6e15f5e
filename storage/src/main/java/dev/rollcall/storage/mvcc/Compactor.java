package dev.rollcall.storage.mvcc;

import dev.rollcall.storage.error.EtcdError;

/**
 * Compaction: {@link #schedule} refuses older reads from then on, {@link #step} deletes what nobody can read any more, a
 * little at a time. Owned by the apply thread.
 *
 * <p>Of each key the last revision at or below the compact revision stays, unless it is a tombstone made before it: one
 * made <em>at</em> it stays until the next compaction, because a watcher may still begin there. A sweep runs to the end
 * it was begun for; a later compaction is swept for afterwards, so frequent compactions cannot starve it. A crash loses
 * only the place: the sweep begins again.
 */
public final class Compactor {
    private final KvStore store;
    private final RowChanges changes;
    private long target;
    private long nextRow;

    public Compactor(KvStore store, RowChanges changes) {
        this.store = store;
        this.changes = changes;
    }

    /**
     * Moves the compact revision.
     *
     * @throws dev.rollcall.storage.error.EtcdException if it is not above the last one, or lies in the future
     */
    public void schedule(long revision) {
        if (revision <= store.now().compactRevision()) {
            throw EtcdError.COMPACTED.exception();
        }
        if (revision > store.now().revision()) {
            throw EtcdError.FUTURE_REVISION.exception();
        }
        store.now().compacted(revision);
    }

    /** Whether there is something left to delete. */
    public boolean pending() {
        return store.now().compactFinished() < store.now().compactRevision();
    }

    /** Looks at about this many rows, a chunk of {@value RevisionLog#CHUNK} at least, and deletes the superseded ones. */
    public void step(int maxRows) {
        if (!pending()) {
            return;
        }
        if (target == 0) {
            target = store.now().compactRevision();
            nextRow = 0;
        }
        long end = RevisionLog.firstRow(target + 1);
        for (int looked = 0; looked < maxRows && nextRow < end; looked += RevisionLog.CHUNK) {
            nextRow = store.now().log.sweep(nextRow, end, this::keep);
        }
        if (nextRow >= end) {
            store.now().sweptUpTo(target);
            target = 0;
        }
    }

    /** The store has another content: a sweep that was under way is of no use there. */
    public void restart() {
        target = 0;
    }

    private boolean keep(Revision revision) {
        KeyHistory history = revision.owner;
        Revision next = history.after(revision);
        if ((next == null || next.main() > target) && outlives(revision, target)) {
            return true;
        }
        store.now().drop(revision);
        changes.dropped(revision.rowId);
        return false;
    }

    /** Whether the last revision of a key at or below {@code compacted} stays. */
    static boolean outlives(Revision last, long compacted) {
        return !last.tombstone() || last.main() == compacted;
    }
}
