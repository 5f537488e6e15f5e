package dev.rollcall.storage.mvcc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.Compare.CompareTarget;

/**
 * The guards of a transaction. A guard over a range must hold for each key in it; a missing key has version, revisions and
 * lease 0, and no value that compares to anything. Source: etcd v3.6, {@code server/etcdserver/txn/txn.go}.
 */
final class Comparison {
    private Comparison() {}

    /** Whether the guard holds at this revision. May block on the disk, for a guard on a value. */
    static boolean holds(Generation store, Compare compare, long pinned) {
        boolean met = false;
        for (KeyHistory history : store.index.in(KeyRange.of(compare.getKey(), compare.getRangeEnd()))) {
            Revision revision = history.at(pinned);
            if (revision != null && !revision.tombstone()) {
                met = true;
                if (!satisfied(compare, order(store, compare, revision))) {
                    return false;
                }
            }
        }
        return met || (compare.getTarget() != CompareTarget.VALUE && satisfied(compare, order(compare, 0, 0, 0, 0)));
    }

    private static int order(Generation store, Compare compare, Revision revision) {
        if (compare.getTarget() != CompareTarget.VALUE) {
            return order(compare, revision.version, revision.createRevision, revision.main(), revision.lease);
        }
        byte[] value = store.values.get(revision);
        // Null only when compaction has overtaken the pinned revision: the caller looks, and begins anew.
        ByteString here = value == null ? ByteString.EMPTY : UnsafeByteOperations.unsafeWrap(value);
        return ByteString.unsignedLexicographicalComparator().compare(here, compare.getValue());
    }

    private static int order(Compare compare, long version, long create, long mod, long lease) {
        return switch (compare.getTarget()) {
            case VERSION -> Long.compare(version, compare.getVersion());
            case CREATE -> Long.compare(create, compare.getCreateRevision());
            case MOD -> Long.compare(mod, compare.getModRevision());
            case LEASE -> Long.compare(lease, compare.getLease());
            default -> 0;
        };
    }

    private static boolean satisfied(Compare compare, int order) {
        return switch (compare.getResult()) {
            case EQUAL -> order == 0;
            case NOT_EQUAL -> order != 0;
            case GREATER -> order > 0;
            case LESS -> order < 0;
            default -> true;
        };
    }
}
