package dev.rollcall.agent.local;

import dev.rollcall.storage.mvcc.KvStore;
import dev.rollcall.storage.mvcc.RevisionEvents;
import dev.rollcall.storage.mvcc.RevisionFeed;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * The watchers of one event loop.
 *
 * <p>Theory: nothing is queued for a watcher. The hub has one cursor, the front: every revision below it has been handed
 * to every synced watcher. When the store publishes, the hub pulls what lies between the front and the published revision
 * from the feed's ring, finds the watchers of each key, and sends. A watcher that cannot keep up, because its client does
 * not read, because it starts in the past, or because a previous value must be looked up, leaves for {@link CatchUp} with a
 * cursor of its own and comes back when that has reached the front. So the invariant: a watcher has been sent exactly the
 * events it wants below its cursor, in order; for a synced one that is the front, or its own start if that is higher.
 *
 * <p>All on the event loop except {@link #wake}.
 */
final class WatchHub {
    private final Context context;
    private final Supplier<KvStore> store;
    private final int stepRevisions;
    private final WatcherIndex synced = new WatcherIndex();
    private final CatchUp catchUp;
    private final AtomicBoolean woken = new AtomicBoolean();
    private volatile boolean active;
    /** Of the previous values that may be looked up while the revisions in hand are handed out. */
    private long previousBytesLeft;

    private long front;

    WatchHub(Vertx vertx, Context context, Supplier<KvStore> store, Workers workers, int stepRevisions) {
        this.context = context;
        this.store = store;
        this.stepRevisions = stepRevisions;
        this.catchUp = new CatchUp(this, vertx, context, store, workers, stepRevisions);
    }

    /** Tells that there may be new revisions. Any thread; at most one task waits on the event loop, however often. */
    void wake() {
        if (active && woken.compareAndSet(false, true)) {
            context.runOnContext(nothing -> drain());
        }
    }

    long published() {
        return store.get().revision();
    }

    /** First revision that has not been handed out. */
    long front() {
        return front;
    }

    /** Synced watchers have been sent everything up to this revision. */
    long syncedRevision() {
        return front - 1;
    }

    /** Prepares for a watcher to be added: what is published from now on will be noticed. Returns the published revision. */
    long enter() {
        active = true;
        long published = published();
        if (synced.isEmpty()) {
            front = Math.max(front, published + 1);
        }
        return published;
    }

    /** Serves this watcher from its cursor on. What it gets, it gets after this call. */
    void add(Watcher watcher) {
        long compacted = store.get().compactRevision();
        if (watcher.next < compacted) {
            watcher.stream().cancelCompacted(watcher, compacted);
        } else if (watcher.next >= front) {
            toFront(watcher);
        } else {
            catchUp.add(watcher);
        }
    }

    /** Takes over a watcher whose cursor is at the front or beyond. */
    void toFront(Watcher watcher) {
        watcher.place = Watcher.Place.SYNCED;
        synced.add(watcher);
        active = true;
        wake();
    }

    void remove(Watcher watcher) {
        if (watcher.place == Watcher.Place.SYNCED) {
            synced.remove(watcher);
        } else {
            catchUp.remove(watcher);
        }
        watcher.place = Watcher.Place.CLOSED;
    }

    /** A client that had stopped reading reads again. */
    void readerIsBack() {
        catchUp.schedule();
    }

    /** Hands out everything published so far. */
    void drain() {
        woken.set(false);
        if (synced.isEmpty()) {
            active = false;
            return;
        }
        RevisionFeed feed = store.get().feed();
        long published = feed.published();
        if (front > published) {
            return;
        }
        int count = (int) Math.min(stepRevisions, published - front + 1);
        List<RevisionEvents> pulled = front < feed.ringStart() ? List.of() : feed.pull(front, count);
        if (pulled.isEmpty() || pulled.get(0).revision() != front) {
            // This loop was held up while the ring went round: its watchers catch up, each from where it is.
            long behind = front;
            front = published + 1;
            synced.all().forEach(watcher -> demote(watcher, behind));
            return;
        }
        handOut(feed, pulled);
        if (front <= published) {
            wake();
        }
    }

    private void handOut(RevisionFeed feed, List<RevisionEvents> revisions) {
        Map<Watcher, List<WatchedEvent>> matched = new LinkedHashMap<>();
        for (WatchedEvent event : WatchedEvent.of(revisions)) {
            synced.forEachOf(event, watcher -> {
                if (watcher.wants(event)) {
                    matched.computeIfAbsent(watcher, w -> new ArrayList<>()).add(event);
                }
            });
        }
        long through = revisions.get(revisions.size() - 1).revision();
        front = through + 1;
        previousBytesLeft = CatchUp.PREVIOUS_BYTES;
        matched.forEach((watcher, events) -> hand(feed, watcher, events, through));
    }

    private void hand(RevisionFeed feed, Watcher watcher, List<WatchedEvent> events, long through) {
        if (watcher.place != Watcher.Place.SYNCED) {
            return;
        }
        if (watcher.previous()) {
            long left = WatchedEvent.resolveInMemory(feed, events, previousBytesLeft);
            if (left < 0) {
                demote(watcher, events.get(0).revision());
                return;
            }
            previousBytesLeft = left;
        }
        long reached = watcher.stream().send(watcher, events, through);
        // Sending may have found the client gone, and closed its watchers.
        if (reached <= through && watcher.place == Watcher.Place.SYNCED) {
            demote(watcher, reached);
        }
    }

    private void demote(Watcher watcher, long cursor) {
        synced.remove(watcher);
        watcher.next = Math.max(watcher.next, cursor);
        catchUp.add(watcher);
    }
}
