package dev.rollcall.storage.mvcc;

import com.google.protobuf.ByteString;
import dev.rollcall.storage.proto.Event;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What one revision changed: its events in the order they were made, none with {@code prev_kv}. A put with version 1
 * creates its key. Immutable; any thread.
 */
public final class RevisionEvents {
    private final long revision;
    private final List<Event> events;
    private volatile @Nullable AtomicReferenceArray<@Nullable ByteString> encoded;

    RevisionEvents(long revision, List<Event> events) {
        this.revision = revision;
        this.events = List.copyOf(events);
    }

    public long revision() {
        return revision;
    }

    /** At least one. */
    public List<Event> events() {
        return events;
    }

    /** The bytes of the i-th event: made when somebody first asks, and then shared by all. */
    public ByteString encoded(int i) {
        AtomicReferenceArray<@Nullable ByteString> all = encoded;
        if (all == null) {
            all = new AtomicReferenceArray<>(events.size());
            encoded = all;
        }
        ByteString known = all.get(i);
        if (known == null) {
            known = events.get(i).toByteString();
            all.set(i, known);
        }
        return known;
    }

    long sizeBytes() {
        long size = 64;
        for (Event event : events) {
            size += event.getSerializedSize() + 64L;
        }
        return size;
    }

    @Override
    public String toString() {
        return revision + ":" + events.size();
    }
}
