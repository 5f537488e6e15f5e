package dev.rollcall.storage.mvcc;

import com.google.protobuf.UnsafeByteOperations;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.KeyValue;
import org.jspecify.annotations.Nullable;

/** The API's messages for a revision. They share the revision's arrays, which never change. */
final class KeyValues {
    private KeyValues() {}

    /** A live key; a null value leaves it out. */
    static KeyValue of(Revision revision, byte @Nullable [] value) {
        KeyValue.Builder kv = KeyValue.newBuilder()
                .setKey(UnsafeByteOperations.unsafeWrap(revision.owner.key))
                .setCreateRevision(revision.createRevision)
                .setModRevision(revision.main())
                .setVersion(revision.version)
                .setLease(revision.lease);
        return value == null
                ? kv.build()
                : kv.setValue(UnsafeByteOperations.unsafeWrap(value)).build();
    }

    /** What a watcher sees of it; a delete carries the key and its revision only. */
    static Event event(Revision revision, byte[] value) {
        if (!revision.tombstone()) {
            return Event.newBuilder()
                    .setType(Event.EventType.PUT)
                    .setKv(of(revision, value))
                    .build();
        }
        return Event.newBuilder()
                .setType(Event.EventType.DELETE)
                .setKv(KeyValue.newBuilder()
                        .setKey(UnsafeByteOperations.unsafeWrap(revision.owner.key))
                        .setModRevision(revision.main()))
                .build();
    }
}
