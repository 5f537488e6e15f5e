package dev.rollcall.storage.mvcc;

import com.google.protobuf.ByteString;
import dev.rollcall.storage.proto.Event;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one revision changed: its events in the order they were made, none with {@code prev_kv}. A put with version 1
 * creates its key. Immutable; any thread.
 */
public final class RevisionEvents {
    private final long revision;
    private final List<Event> events;
    private volatile @Nullable List<ByteString> encoded;

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

    /** The bytes of each event, made once however many watchers send them. */
    public List<ByteString> encoded() {
        List<ByteString> known = encoded;
        if (known == null) {
            List<ByteString> made = new ArrayList<>(events.size());
            events.forEach(event -> made.add(event.toByteString()));
            known = Collections.unmodifiableList(made);
            encoded = known;
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
