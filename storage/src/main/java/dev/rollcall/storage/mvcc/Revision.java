package dev.rollcall.storage.mvcc;

import dev.rollcall.storage.apply.KvRow;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One revision of one key, as the heap holds it: everything but, at times, its value.
 *
 * <p>Made by the apply thread and immutable but for the value, which {@link ResidentValues} takes out and brings back, and
 * two hints for it that may be read stale.
 */
final class Revision {
    private static final VarHandle VALUE;

    static {
        try {
            VALUE = MethodHandles.lookup().findVarHandle(Revision.class, "value", byte[].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final byte[] NO_VALUE = {};

    final KeyHistory owner;
    final long rowId;
    final long createRevision;
    final long version;
    final long lease;
    private volatile byte @Nullable [] value;

    /** Read since {@link ResidentValues} last passed by. */
    boolean touched;

    /** No longer the newest of its key, so that a compaction may delete it. */
    volatile boolean superseded;

    /** A null value means: it is in the file, not here. */
    Revision(KeyHistory owner, long rowId, long createRevision, long version, long lease, byte @Nullable [] value) {
        this.owner = owner;
        this.rowId = rowId;
        this.createRevision = createRevision;
        this.version = version;
        this.lease = lease;
        this.value = version == 0 ? NO_VALUE : value;
    }

    long main() {
        return rowId >>> KvRow.SUB_BITS;
    }

    boolean tombstone() {
        return version == 0;
    }

    byte @Nullable [] value() {
        return value;
    }

    /** Brings the value back; false if another thread was first. */
    boolean bringBack(byte[] loaded) {
        return VALUE.compareAndSet(this, null, loaded);
    }

    void takeOut() {
        value = null;
    }
}
