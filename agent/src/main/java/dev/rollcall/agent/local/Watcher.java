package dev.rollcall.agent.local;

import dev.rollcall.storage.mvcc.KeyRange;
import dev.rollcall.storage.proto.WatchCreateRequest;

/** One watch: what it wants, and the cursor that says how far it has been served. Belongs to one event loop. */
final class Watcher {
    /** Who serves a watcher. */
    enum Place {
        /** The hub's front, with all that have seen everything. */
        SYNCED,
        /** Catching up on its own. */
        LAGGING,
        /** Catching up; a worker looks up its previous values just now. */
        RESOLVING,
        /** Cancelled, or its stream has ended. */
        CLOSED
    }

    /** What a watch takes beside its keys, in the stream and in the index of its event loop: by the layout of its objects, rounded up. */
    private static final int OWN_BYTES = 500;

    private final WatchStream stream;
    private final long id;
    private final KeyRange range;
    private final boolean puts;
    private final boolean deletes;
    private final boolean previous;
    private final boolean fragment;
    private final boolean notify;

    /** Revisions below it have been sent, or were not wanted. */
    long next;

    /** Lowest revision it may be told as progress. */
    long progressFloor;

    /** Whether nothing was sent since the last round of progress notifications. */
    boolean idle = true;

    Place place = Place.CLOSED;

    Watcher(WatchStream stream, long id, KeyRange range, WatchCreateRequest request) {
        this.stream = stream;
        this.id = id;
        this.range = range;
        this.puts = !request.getFiltersList().contains(WatchCreateRequest.FilterType.NOPUT);
        this.deletes = !request.getFiltersList().contains(WatchCreateRequest.FilterType.NODELETE);
        this.previous = request.getPrevKv();
        this.fragment = request.getFragment();
        this.notify = request.getProgressNotify();
    }

    WatchStream stream() {
        return stream;
    }

    /** Its id on its stream. */
    long id() {
        return id;
    }

    KeyRange range() {
        return range;
    }

    /** About how much memory it takes; its keys are in the index once more. */
    long bytes() {
        byte[] to = range.to();
        return OWN_BYTES + 2L * (range.from().length + (to == null ? 0 : to.length));
    }

    /** Whether it wants this event, whose key is in its range. */
    boolean wants(WatchedEvent event) {
        return event.revision() >= next && (event.isDelete() ? deletes : puts);
    }

    /** Whether events are to carry the value they replaced. */
    boolean previous() {
        return previous;
    }

    /** Whether the events of one revision may be spread over several responses. */
    boolean fragment() {
        return fragment;
    }

    /** Whether it is to be told the revision from time to time. */
    boolean notifyProgress() {
        return notify;
    }
}
