package dev.rollcall.agent.local;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.rollcall.agent.call.Bytes;
import dev.rollcall.storage.proto.WatchResponse;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Spreads a watcher's events over responses. A response holds whole revisions, as many as fit; a revision that is too
 * large by itself goes out in one piece, or in fragments if the watcher asked for them.
 */
final class EventPages {
    /** Events of one response. */
    record Page(List<ByteString> events, long lastRevision, boolean fragment) {
        /** The bytes of {@code head} with these events. Written by hand, so that events are encoded once for all. */
        Buffer encode(WatchResponse head) {
            int sizeBytes = head.getSerializedSize();
            for (ByteString event : events) {
                sizeBytes += encodedBytes(event);
            }
            byte[] bytes = new byte[sizeBytes];
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            try {
                head.writeTo(out);
                for (ByteString event : events) {
                    out.writeBytes(WatchResponse.EVENTS_FIELD_NUMBER, event);
                }
                out.checkNoSpaceLeft();
            } catch (IOException e) {
                throw new IllegalStateException("an array of the message's own size is too small for it", e);
            }
            return Bytes.buffer(bytes);
        }
    }

    private final List<WatchedEvent> events;
    private final boolean previous;
    private final boolean fragment;
    private final int pageBytes;
    private final int fragmentBytes;
    private int at;
    private boolean withinRevision;

    /** End of the revision that {@link #at} is in, and whether its events may be kept apart. */
    private int revisionEnd;

    private boolean apart;

    /**
     * @param pageBytes of one response, unless one revision has more
     * @param fragmentBytes of one revision, if it may be fragmented
     */
    EventPages(List<WatchedEvent> events, Watcher watcher, int pageBytes, int fragmentBytes) {
        this.events = events;
        this.previous = watcher.previous();
        this.fragment = watcher.fragment();
        this.pageBytes = pageBytes;
        this.fragmentBytes = fragmentBytes;
    }

    boolean hasNext() {
        return at < events.size();
    }

    /** Whether the last page ended in the middle of a revision, so that the next one must follow. */
    boolean withinRevision() {
        return withinRevision;
    }

    /** Revision of the next event. */
    long nextRevision() {
        return events.get(at).revision();
    }

    Page next() {
        List<ByteString> page = new ArrayList<>();
        long sizeBytes = 0;
        long last = nextRevision();
        while (at < events.size()) {
            int end = endOfPiece();
            long pieceBytes = bytesBetween(at, end);
            // Nothing may follow the end of a revision that was begun in an earlier fragment: it completes that
            // message.
            boolean completed = withinRevision && nextRevision() != last;
            int most = apart ? fragmentBytes : pageBytes;
            if (!page.isEmpty() && (completed || sizeBytes + pieceBytes > most)) {
                break;
            }
            last = nextRevision();
            for (; at < end; at++) {
                page.add(events.get(at).bytes(previous));
            }
            sizeBytes += pieceBytes;
        }
        withinRevision = at < events.size() && nextRevision() == last;
        return new Page(page, last, withinRevision);
    }

    /** End of what must stay together: a revision, or one event of a revision that is to be fragmented. */
    private int endOfPiece() {
        if (at == revisionEnd) {
            while (revisionEnd < events.size() && events.get(revisionEnd).revision() == nextRevision()) {
                revisionEnd++;
            }
            apart = fragment && bytesBetween(at, revisionEnd) > fragmentBytes;
        }
        return apart ? at + 1 : revisionEnd;
    }

    private long bytesBetween(int from, int to) {
        long sizeBytes = 0;
        for (int i = from; i < to; i++) {
            sizeBytes += encodedBytes(events.get(i).bytes(previous));
        }
        return sizeBytes;
    }

    private static int encodedBytes(ByteString event) {
        return CodedOutputStream.computeBytesSize(WatchResponse.EVENTS_FIELD_NUMBER, event);
    }
}
