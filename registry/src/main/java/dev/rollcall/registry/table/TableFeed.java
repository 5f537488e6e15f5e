package dev.rollcall.registry.table;

import dev.rollcall.registry.loop.Backoff;
import dev.rollcall.registry.loop.Loop;
import dev.rollcall.registry.model.InstanceRecord;
import dev.rollcall.registry.port.KeyValue;
import dev.rollcall.registry.port.KeyValue.Change;
import dev.rollcall.registry.port.KeyValue.Get;
import dev.rollcall.registry.port.KeyValue.Listing;
import dev.rollcall.registry.port.KeyValue.Watch;
import dev.rollcall.registry.port.KeyValue.WatchHandler;
import io.vertx.core.Future;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one watch on all instances for ever: list, watch from the revision after it, and when the watch ends go on where it
 * ended; list again only when those revisions are gone. Confined to its loop.
 *
 * <p>Before it goes on it asks for the store's revision. One below what was seen means a restored store: a watch from a
 * future revision would stay silent, so the feed lists. The same question, asked every few seconds, shows how long ago the
 * store was last heard of.
 */
final class TableFeed {
    private static final Logger LOG = LoggerFactory.getLogger(TableFeed.class);
    private static final long CALL_LIMIT_MS = 10_000;
    private static final long CONTACT_INTERVAL_MS = 5_000;
    private static final long STABLE_WATCH_MS = 10_000;
    private static final long FIRST_PAUSE_MS = 50;
    private static final long LONGEST_PAUSE_MS = 5_000;

    private final Loop loop;
    private final KeyValue store;
    private final Sink sink;
    private final Backoff backoff = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, ThreadLocalRandom.current());
    private @Nullable Watch watch;
    private long watchNumber;
    private long watchOpenedNanos;
    private long seenRevision;
    private boolean closed;
    private volatile long contactNanos = System.nanoTime();

    /** Where listings and changes go, on the loop. */
    interface Sink {
        void listed(Listing listing);

        void changed(long revision, List<Change> changes);
    }

    TableFeed(Loop loop, KeyValue store, Sink sink) {
        this.loop = loop;
        this.store = store;
        this.sink = sink;
    }

    /** Milliseconds since the store last answered or told anything; any thread. */
    long ageMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - contactNanos);
    }

    void start() {
        list();
        loop.after(CONTACT_INTERVAL_MS, this::keepContact);
    }

    void close() {
        closed = true;
        endWatch();
    }

    private void list() {
        loop.within(CALL_LIMIT_MS, store.list(InstanceRecord.INSTANCES)).onComplete(result -> {
            if (closed) {
                return;
            }
            if (result.failed()) {
                retry("list", result.cause(), this::list);
                return;
            }
            contact();
            Listing listing = result.result();
            seenRevision = listing.revision();
            sink.listed(listing);
            openWatch();
        });
    }

    private void openWatch() {
        endWatch();
        long number = ++watchNumber;
        watchOpenedNanos = System.nanoTime();
        watch = store.watch(InstanceRecord.INSTANCES, seenRevision + 1, new WatchHandler() {
            @Override
            public void changes(long revision, List<Change> changes) {
                loop.run(() -> ifCurrent(number, () -> follow(revision, changes)));
            }

            @Override
            public void compacted(long compactRevision) {
                loop.run(() -> ifCurrent(number, () -> {
                    LOG.info("revision {} is compacted (up to {}), listing again", seenRevision + 1, compactRevision);
                    endWatch();
                    list();
                }));
            }

            @Override
            public void closed(Throwable cause) {
                loop.run(() -> ifCurrent(number, () -> watchLost(cause)));
            }
        });
    }

    private void follow(long revision, List<Change> changes) {
        contact();
        if (revision > seenRevision) {
            seenRevision = revision;
            sink.changed(revision, changes);
        }
    }

    private void watchLost(Throwable cause) {
        endWatch();
        // A store that takes a watch only to drop it has not recovered, whatever else it answers.
        if (System.nanoTime() - watchOpenedNanos > TimeUnit.MILLISECONDS.toNanos(STABLE_WATCH_MS)) {
            backoff.reset();
        }
        retry("watch", cause, this::resume);
    }

    private void resume() {
        revision().onComplete(result -> {
            if (closed || watch != null) {
                return;
            }
            if (result.failed()) {
                retry("watch", result.cause(), this::resume);
                return;
            }
            contact();
            if (result.result() < seenRevision) {
                list();
            } else {
                openWatch();
            }
        });
    }

    private void keepContact() {
        if (closed) {
            return;
        }
        if (watch == null) {
            // Somebody is at it already.
            loop.after(CONTACT_INTERVAL_MS, this::keepContact);
            return;
        }
        long askedBySeen = seenRevision;
        revision().onComplete(result -> {
            if (closed) {
                return;
            }
            if (result.succeeded()) {
                contact();
                if (watch != null && result.result() < askedBySeen) {
                    endWatch();
                    list();
                }
            }
            loop.after(CONTACT_INTERVAL_MS, this::keepContact);
        });
    }

    private Future<Long> revision() {
        return loop.within(CALL_LIMIT_MS, store.txn(List.of(), List.of(new Get(InstanceRecord.INSTANCES)), List.of()))
                .map(KeyValue.TxnResult::revision);
    }

    private void retry(String what, Throwable cause, Runnable attempt) {
        long delayMs = backoff.nextDelayMs();
        LOG.debug("cannot {} instances, next attempt in {} ms: {}", what, delayMs, cause.toString());
        loop.after(delayMs, () -> {
            if (!closed) {
                attempt.run();
            }
        });
    }

    private void ifCurrent(long number, Runnable task) {
        if (!closed && number == watchNumber && watch != null) {
            task.run();
        }
    }

    private void endWatch() {
        Watch open = watch;
        watch = null;
        if (open != null) {
            open.close();
        }
    }

    private void contact() {
        contactNanos = System.nanoTime();
    }
}
