package dev.rollcall.agent.local;

import com.google.protobuf.ByteString;
import dev.rollcall.storage.mvcc.RevisionEvents;
import dev.rollcall.storage.mvcc.RevisionFeed;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.KeyValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One event on its way to watchers, shared by all that get it. Belongs to one event loop; a worker may {@link #resolve} it
 * while that loop leaves it alone.
 */
final class WatchedEvent {
    private final RevisionEvents of;
    private final int place;
    private final Event event;
    private final byte[] keyBytes;
    private @Nullable ByteString withPrevious;

    private WatchedEvent(RevisionEvents of, int place) {
        this.of = of;
        this.place = place;
        this.event = of.events().get(place);
        this.keyBytes = event.getKv().getKey().toByteArray();
    }

    /** The events of these revisions, in their order. */
    static List<WatchedEvent> of(List<RevisionEvents> revisions) {
        List<WatchedEvent> all = new ArrayList<>();
        for (RevisionEvents one : revisions) {
            for (int i = 0; i < one.events().size(); i++) {
                all.add(new WatchedEvent(one, i));
            }
        }
        return all;
    }

    long revision() {
        return of.revision();
    }

    ByteString key() {
        return event.getKv().getKey();
    }

    /** The key once more; not to be changed. */
    byte[] keyBytes() {
        return keyBytes;
    }

    boolean isDelete() {
        return event.getType() == Event.EventType.DELETE;
    }

    /** Whether there may be a previous value that has not been looked up. A put that creates its key has none. */
    boolean needsPrevious() {
        return withPrevious == null && (isDelete() || event.getKv().getVersion() != 1);
    }

    /**
     * Looks up the values that these events replaced, unless that takes the disk or more than so many bytes.
     *
     * @return what is left of those bytes; negative if not all was looked up
     */
    static long resolveInMemory(RevisionFeed feed, List<WatchedEvent> events, long maxBytes) {
        long left = maxBytes;
        for (WatchedEvent event : events) {
            if (event.needsPrevious()) {
                if (left <= 0 || !feed.isPreviousInMemory(event.keyBytes, event.revision())) {
                    return -1;
                }
                left -= event.resolve(feed);
            }
        }
        return Math.max(left, 0);
    }

    /**
     * Looks up the value that this event replaced. May wait for the disk.
     *
     * @return bytes that the event has with it
     */
    int resolve(RevisionFeed feed) {
        if (needsPrevious()) {
            KeyValue previous = feed.previous(keyBytes, revision());
            // Compacted since: the event goes out without it, as the API allows.
            withPrevious = previous == null
                    ? of.encoded(place)
                    : event.toBuilder().setPrevKv(previous).build().toByteString();
        }
        return bytes(true).size();
    }

    /** Its bytes, with the previous value or without. */
    ByteString bytes(boolean previous) {
        return previous && withPrevious != null ? withPrevious : of.encoded(place);
    }
}
