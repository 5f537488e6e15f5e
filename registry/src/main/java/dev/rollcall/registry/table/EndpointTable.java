package dev.rollcall.registry.table;

import dev.rollcall.registry.loop.Loop;
import dev.rollcall.registry.port.KeyValue;
import dev.rollcall.registry.port.KeyValue.Change;
import dev.rollcall.registry.port.KeyValue.Listing;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Every instance of every service, as this agent knows it. Lookups, event streams, DNS and gateways read it; one watch feeds
 * it.
 *
 * <p>The invariant: a snapshot is the complete content of the store at its revision. A lost watch therefore never empties
 * the table; it goes on telling what was last known, and {@link #ageMs} says how old that is.
 *
 * <p>Readers that need one service ask by {@link #service} or {@link #subscribe}, so that a table that holds only the
 * services asked for can stand behind the same calls.
 */
public final class EndpointTable {
    private final Loop loop;
    private final TableModel model = new TableModel();
    private final Topics topics;
    private final TableFeed feed;
    private final Promise<Void> ready = Promise.promise();
    private final List<Waiter> waiters = new ArrayList<>();

    private record Waiter(long revision, Promise<Void> reached) {}

    public EndpointTable(Vertx vertx, KeyValue store) {
        this(new Loop(vertx), store);
    }

    private EndpointTable(Loop loop, KeyValue store) {
        this.loop = loop;
        this.topics = new Topics(loop, name -> model.snapshot().service(name));
        this.feed = new TableFeed(loop, store, new TableFeed.Sink() {
            @Override
            public void listed(Listing listing) {
                replace(listing);
            }

            @Override
            public void changed(long revision, List<Change> changes) {
                topics.changed(model.apply(revision, changes), false);
                wakeWaiters();
            }
        });
    }

    /** Begins to list and watch, and never gives up until {@link #close}. */
    public void start() {
        loop.run(feed::start);
    }

    /** Ends the watch; the last snapshot stays. */
    public void close() {
        loop.run(feed::close);
    }

    /** Completes with the first complete list. */
    public Future<Void> ready() {
        return ready.future();
    }

    /** Everything known now; empty before {@link #ready}. Any thread, never blocks. */
    public TableSnapshot snapshot() {
        return model.snapshot();
    }

    /** One service as it is now, or as soon as the table is ready. */
    public Future<ServiceView> service(String name) {
        return ready.future().map(ignored -> snapshot().service(name));
    }

    /** Milliseconds since the store was last heard of. */
    public long ageMs() {
        return feed.ageMs();
    }

    /**
     * Follows one service: its view now (or as soon as the table is ready), then each change.
     *
     * @param listener called on the caller's context
     */
    public Subscription subscribe(String service, EndpointListener listener) {
        Context context = loop.vertx().getOrCreateContext();
        Subscriber subscriber = new Subscriber(context, listener);
        loop.run(() -> {
            topics.add(service, subscriber);
            if (ready.future().succeeded()) {
                subscriber.offer(snapshot().service(service), true);
            }
        });
        return () -> {
            subscriber.close();
            loop.run(() -> topics.remove(service, subscriber));
        };
    }

    /**
     * Completes once the snapshot has reached a revision at which an instance changed, or fails when the time is up.
     *
     * @param limitMs also how long the wait is remembered
     */
    public Future<Void> reached(long revision, long limitMs) {
        return loop.call(() -> {
            if (snapshot().revision() >= revision) {
                return Future.succeededFuture();
            }
            Waiter waiter = new Waiter(revision, Promise.promise());
            waiters.add(waiter);
            return loop.within(limitMs, waiter.reached().future()).onFailure(timeout -> waiters.remove(waiter));
        });
    }

    private void replace(Listing listing) {
        boolean first = !ready.future().isComplete();
        Set<String> changed = model.replace(listing);
        if (first) {
            ready.tryComplete();
            // Whoever came before the first list hears of it even if their service is not there.
            changed = new HashSet<>(changed);
            changed.addAll(topics.names());
        }
        topics.changed(changed, true);
        wakeWaiters();
    }

    private void wakeWaiters() {
        long revision = snapshot().revision();
        waiters.removeIf(waiter -> {
            boolean reached = waiter.revision() <= revision;
            if (reached) {
                waiter.reached().tryComplete();
            }
            return reached;
        });
    }
}
