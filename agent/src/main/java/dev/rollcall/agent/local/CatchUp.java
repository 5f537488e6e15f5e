package dev.rollcall.agent.local;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.mvcc.AnswerGrowth;
import dev.rollcall.storage.mvcc.KvStore;
import dev.rollcall.storage.mvcc.RevisionEvents;
import dev.rollcall.storage.mvcc.RevisionFeed;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The watchers of one event loop that are behind its front, each with a cursor of its own.
 *
 * <p>Theory: work is done in steps of a bounded number of revisions, with other tasks of the loop in between. A step takes
 * the lowest cursor that the ring still reaches and feeds everybody who is within the step; those further back are fed the
 * same way by a worker that reads the store. That reader goes through history like a lift, upwards, and begins again below
 * only when nobody is left above: so watchers that keep arriving far in the past cannot hold up those that are nearly
 * there. At most one read of history and one round of previous values are under way, so what waits is bounded by that and
 * not by the number of watchers. Whoever's client does not read is left out until it does.
 *
 * <p>A small event may have replaced a large value, so a round of previous values ends, between two revisions, once it has
 * come to {@link #PREVIOUS_BYTES}; the next step begins behind it. They count as a large answer that is being built. Where that
 * finds no room the round is tried again a little later; where one revision alone is larger than an answer may be, its
 * watchers are served one by one, and those for whom it still is are cancelled.
 */
final class CatchUp {
    /** A round of previous values ends with the revision that brings it to this. */
    static final long PREVIOUS_BYTES = 4 << 20;

    private static final long NONE = Long.MAX_VALUE;
    /** How long a round that found no memory waits before it is tried again. */
    private static final long RETRY_MS = 20;

    private final WatchHub hub;
    private final Vertx vertx;
    private final Context context;
    private final Supplier<KvStore> store;
    private final Workers workers;
    private final int stepRevisions;
    private final WatcherIndex index = new WatcherIndex();
    private boolean scheduled;
    private boolean readingHistory;
    private boolean resolving;
    /** The last round was too large for all of its watchers together. */
    private boolean oneByOne;

    /** Where the reader of history goes on. */
    private long lift;

    CatchUp(WatchHub hub, Vertx vertx, Context context, Supplier<KvStore> store, Workers workers, int stepRevisions) {
        this.hub = hub;
        this.vertx = vertx;
        this.context = context;
        this.store = store;
        this.workers = workers;
        this.stepRevisions = stepRevisions;
    }

    void add(Watcher watcher) {
        watcher.place = Watcher.Place.LAGGING;
        index.add(watcher);
        schedule();
    }

    void remove(Watcher watcher) {
        index.remove(watcher);
    }

    /** Sees to a step soon. */
    void schedule() {
        if (!scheduled && !index.isEmpty()) {
            scheduled = true;
            context.runOnContext(nothing -> step());
        }
    }

    private void step() {
        scheduled = false;
        RevisionFeed feed = store.get().feed();
        long ringStart = feed.ringStart();
        long inRing = NONE;
        long below = NONE;
        long above = NONE;
        for (Watcher watcher : index.all()) {
            if (settled(watcher) || !canBeFed(watcher)) {
                continue;
            }
            if (watcher.next >= ringStart) {
                inRing = Math.min(inRing, watcher.next);
            } else if (watcher.next >= lift) {
                above = Math.min(above, watcher.next);
            } else {
                below = Math.min(below, watcher.next);
            }
        }
        if (!readingHistory && (above != NONE || below != NONE)) {
            readHistory(feed, above != NONE ? above : below);
        }
        if (inRing != NONE) {
            int count = (int) Math.min(stepRevisions, hub.front() - inRing);
            List<RevisionEvents> pulled = feed.pull(inRing, count);
            if (!pulled.isEmpty()) {
                feed(feed, pulled, inRing, last(pulled));
            }
            // If the ring has moved on since its start was read, the next step sees that.
            schedule();
        }
    }

    /** Whether a watcher is done with here: compacted, caught up, or not to be touched now. */
    private boolean settled(Watcher watcher) {
        if (watcher.place != Watcher.Place.LAGGING) {
            return true;
        }
        long compacted = store.get().compactRevision();
        if (watcher.next < compacted) {
            hub.remove(watcher);
            watcher.stream().cancelCompacted(watcher, compacted);
            return true;
        }
        if (watcher.next >= hub.front()) {
            index.remove(watcher);
            hub.toFront(watcher);
            return true;
        }
        return false;
    }

    private boolean canBeFed(Watcher watcher) {
        if (!watcher.stream().writable()) {
            watcher.stream().awaitReader();
            return false;
        }
        return !(resolving && watcher.previous());
    }

    private void readHistory(RevisionFeed feed, long from) {
        readingHistory = true;
        long to = hub.front() - 1;
        vertx.executeBlocking(() -> feed.history(from, to, stepRevisions), false)
                .onComplete(read -> {
                    readingHistory = false;
                    if (read.succeeded()) {
                        List<RevisionEvents> revisions = read.result();
                        // Nothing in between: only at the very beginning, where revision 1 has no events.
                        long through = revisions.isEmpty() ? to : last(revisions);
                        lift = through + 1;
                        feed(feed, revisions, from, through);
                    } else {
                        failed(read, from);
                    }
                    schedule();
                });
    }

    /** Compaction overtook the reader, which the next step tells those whom it concerns; or the store cannot be read. */
    private void failed(AsyncResult<?> read, long from) {
        if (from < store.get().compactRevision()) {
            return;
        }
        EtcdException error = Failures.asEtcd(read.cause());
        for (Watcher watcher : index.all()) {
            if (watcher.place == Watcher.Place.LAGGING && watcher.next == from) {
                watcher.stream().end(error);
            }
        }
    }

    /** Hands these revisions, all that there are between the two, to everybody whose cursor is among them. */
    private void feed(RevisionFeed feed, List<RevisionEvents> revisions, long from, long through) {
        Map<Watcher, List<WatchedEvent>> fed = new HashMap<>();
        for (Watcher watcher : index.all()) {
            boolean within = watcher.next >= from && watcher.next <= through;
            if (within && watcher.place == Watcher.Place.LAGGING && canBeFed(watcher)) {
                fed.put(watcher, new ArrayList<>());
            }
        }
        for (WatchedEvent event : WatchedEvent.of(revisions)) {
            index.forEachOf(event, watcher -> {
                List<WatchedEvent> events = fed.get(watcher);
                if (events != null && watcher.wants(event)) {
                    events.add(event);
                }
            });
        }
        Set<WatchedEvent> unresolved = new LinkedHashSet<>();
        Map<Watcher, List<WatchedEvent>> waiting = new HashMap<>();
        fed.forEach((watcher, events) -> {
            List<WatchedEvent> missing = missing(watcher, events);
            if (missing.isEmpty()) {
                send(watcher, events, through);
            } else if (!oneByOne || waiting.isEmpty()) {
                waiting.put(watcher, events);
                unresolved.addAll(missing);
            }
        });
        if (!waiting.isEmpty()) {
            resolve(feed, waiting, unresolved, through);
        }
    }

    private static List<WatchedEvent> missing(Watcher watcher, List<WatchedEvent> events) {
        return watcher.previous()
                ? events.stream().filter(WatchedEvent::needsPrevious).toList()
                : List.of();
    }

    private void send(Watcher watcher, List<WatchedEvent> events, long through) {
        // A watcher of a stream that an earlier send has ended is no longer here, and one that is further already stays
        // there.
        if (watcher.place == Watcher.Place.LAGGING && watcher.next <= through) {
            watcher.next = watcher.stream().send(watcher, events, through);
        }
    }

    private void resolve(
            RevisionFeed feed, Map<Watcher, List<WatchedEvent>> waiting, Set<WatchedEvent> events, long through) {
        resolving = true;
        waiting.keySet().forEach(watcher -> watcher.place = Watcher.Place.RESOLVING);
        List<WatchedEvent> work = events.stream()
                .sorted(Comparator.comparingLong(WatchedEvent::revision))
                .toList();
        workers.run(growth -> resolve(feed, work, growth, through)).onComplete(done -> {
            waiting.keySet().removeIf(watcher -> watcher.place != Watcher.Place.RESOLVING);
            waiting.keySet().forEach(watcher -> watcher.place = Watcher.Place.LAGGING);
            if (done.succeeded()) {
                oneByOne = false;
                waiting.forEach((watcher, fed) -> send(watcher, upTo(done.result(), fed), done.result()));
                resolved();
            } else {
                unresolved(waiting.keySet(), Failures.asEtcd(done.cause()));
            }
        });
    }

    private void unresolved(Set<Watcher> waiting, EtcdException why) {
        if (why.code() == EtcdError.TOO_MANY_REQUESTS.code()) {
            vertx.setTimer(RETRY_MS, timer -> resolved());
            return;
        }
        boolean tooLarge = ReadBudget.isTooLarge(why);
        oneByOne = tooLarge && waiting.size() > 1;
        if (!tooLarge) {
            waiting.forEach(watcher -> watcher.stream().end(why));
        } else if (!oneByOne) {
            waiting.forEach(this::cancelTooLarge);
        }
        resolved();
    }

    private void resolved() {
        resolving = false;
        schedule();
    }

    private void cancelTooLarge(Watcher watcher) {
        hub.remove(watcher);
        watcher.stream().cancelTooLarge(watcher);
    }

    /** Looks up what these events replaced; the last revision of which that is complete. */
    private static long resolve(RevisionFeed feed, List<WatchedEvent> events, AnswerGrowth growth, long through) {
        long size = 0;
        long whole = events.get(0).revision() - 1;
        for (WatchedEvent event : events) {
            boolean begins = event.revision() > whole + 1;
            whole = event.revision() - 1;
            if (begins && size >= PREVIOUS_BYTES) {
                return whole;
            }
            int bytes = event.resolve(feed);
            size += bytes;
            try {
                growth.by(bytes);
            } catch (EtcdException e) {
                if (event.revision() > events.get(0).revision()) {
                    return whole;
                }
                throw e;
            }
        }
        return through;
    }

    private static List<WatchedEvent> upTo(long revision, List<WatchedEvent> events) {
        return events.stream().filter(event -> event.revision() <= revision).toList();
    }

    private static long last(List<RevisionEvents> revisions) {
        return revisions.get(revisions.size() - 1).revision();
    }
}
