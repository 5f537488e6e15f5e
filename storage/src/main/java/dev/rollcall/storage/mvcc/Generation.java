package dev.rollcall.storage.mvcc;

import dev.rollcall.storage.apply.ColdValues;
import dev.rollcall.storage.error.EtcdError;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One generation of a store's content: the index of keys, the revisions in their order, the values in memory, and the file
 * that has the others. The installation of a snapshot puts another one in its place, whole; within a generation the apply
 * thread appends, and readers take no lock.
 */
final class Generation {
    /** What a key takes in the index beside its own bytes, and each of its revisions: measured. */
    private static final int KEY_BYTES = 80;

    private static final int REVISION_BYTES = 70;

    final KeyIndex index = new KeyIndex();
    final RevisionLog log = new RevisionLog();
    final ResidentValues values;
    private final AtomicLong indexBytes = new AtomicLong();
    private volatile long revision = 1;
    private volatile long compactRevision;
    private volatile long compactFinished;

    Generation(ColdValues cold, long valueCacheBytes) {
        values = new ResidentValues(cold, valueCacheBytes);
    }

    /** Newest revision that is published. */
    long revision() {
        return revision;
    }

    /** Reads below this revision are refused. */
    long compactRevision() {
        return compactRevision;
    }

    /** Up to this revision what compaction superseded is gone. */
    long compactFinished() {
        return compactFinished;
    }

    /** About how much heap keys and revisions take, values not counted. */
    long indexBytes() {
        return indexBytes.get();
    }

    /** Takes in the newest revision of all. Apply thread. */
    void append(Revision newest) {
        KeyHistory owner = newest.owner;
        indexBytes.addAndGet(REVISION_BYTES + (owner.isEmpty() ? KEY_BYTES + owner.key.length : 0));
        owner.append(newest);
        log.append(newest);
    }

    /** Forgets the oldest revision of a key, and the key with its last one. Apply thread. */
    void drop(Revision oldest) {
        KeyHistory owner = oldest.owner;
        owner.dropOldest(oldest);
        indexBytes.addAndGet(-REVISION_BYTES);
        if (owner.isEmpty()) {
            index.remove(owner);
            indexBytes.addAndGet(-KEY_BYTES - owner.key.length);
        }
    }

    /** Apply thread. */
    void published(long newest) {
        revision = newest;
    }

    /** Apply thread. */
    void compacted(long scheduled) {
        compactRevision = scheduled;
    }

    /** Apply thread. */
    void sweptUpTo(long finished) {
        compactFinished = finished;
    }

    /** Refuses a revision that a client names in a request when the newest is {@code newest}; 0 and below mean the newest. */
    void checkReadable(long requested, long newest) {
        if (requested > newest) {
            throw EtcdError.FUTURE_REVISION.exception();
        }
        if (requested > 0 && requested < compactRevision) {
            throw EtcdError.COMPACTED.exception();
        }
    }

    /**
     * The same inside a transaction, where etcd takes only 0 for the newest: a negative revision is below every compaction.
     * While nothing was ever compacted, the bound is -1.
     */
    void checkReadableInTxn(long requested, long newest) {
        checkReadable(requested, newest);
        if (requested < 0 && (compactRevision > 0 || requested < -1)) {
            throw EtcdError.COMPACTED.exception();
        }
    }
}
