package dev.rollcall.registry.local;

import dev.rollcall.registry.loop.Backoff;
import dev.rollcall.registry.loop.Loop;
import dev.rollcall.registry.port.KeyValue;
import dev.rollcall.registry.port.KeyValue.Change;
import dev.rollcall.registry.port.KeyValue.Compare;
import dev.rollcall.registry.port.KeyValue.Get;
import dev.rollcall.registry.port.KeyValue.Op;
import dev.rollcall.registry.port.KeyValue.Pair;
import dev.rollcall.registry.port.KeyValue.TxnResult;
import dev.rollcall.registry.port.KeyValue.Watch;
import dev.rollcall.registry.port.KeyValue.WatchHandler;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What the store holds under the two keys of one instance, as last heard: read once, then watched, and read again whenever
 * a watch ends or a minute has passed. Confined to its loop.
 */
final class OwnKeys {
    private static final long CALL_LIMIT_MS = 5_000;
    private static final long READ_AGAIN_MS = 60_000;

    private final Loop loop;
    private final KeyValue store;
    private final Runnable onChange;
    private final Backoff backoff = new Backoff(50, 3_000, ThreadLocalRandom.current());
    private final Cell instance;
    private final Cell endpoint;
    private boolean known;
    private boolean closed;
    private long round;

    /** One key: what it held at a revision, and the watch on it. */
    static final class Cell {
        private final String key;
        private long asOf;
        private @Nullable Pair pair;
        private @Nullable Watch watch;

        private Cell(String key) {
            this.key = key;
        }

        String key() {
            return key;
        }

        @Nullable
        Pair pair() {
            return pair;
        }

        /** Holds if nobody changed the key since it was last heard of. */
        Compare unchanged() {
            Pair held = pair;
            return new Compare(key, held == null ? 0 : held.modRevision());
        }

        /** Whether it holds just this; null: nothing. */
        boolean holds(@Nullable String value, long lease) {
            Pair held = pair;
            if (value == null || held == null) {
                return value == null && held == null;
            }
            return held.value().equals(value) && held.lease() == lease;
        }

        private void set(long revision, @Nullable Pair newPair) {
            asOf = revision;
            pair = newPair;
        }
    }

    OwnKeys(Loop loop, KeyValue store, String instanceKey, String endpointKey, Runnable onChange) {
        this.loop = loop;
        this.store = store;
        this.onChange = onChange;
        this.instance = new Cell(instanceKey);
        this.endpoint = new Cell(endpointKey);
    }

    Cell instance() {
        return instance;
    }

    Cell endpoint() {
        return endpoint;
    }

    /** Whether they have been read at all. */
    boolean known() {
        return known;
    }

    void start() {
        read(++round);
    }

    void close() {
        closed = true;
        endWatches();
    }

    /** Reads both keys again, now. */
    void refresh() {
        if (!closed) {
            endWatches();
            read(++round);
        }
    }

    /** Steps that read both keys, for the failure branch of a transaction. */
    List<Op> reads() {
        return List.of(new Get(instance.key), new Get(endpoint.key));
    }

    /** Takes over what {@link #reads} found. A watch may have told newer things meanwhile. */
    void found(TxnResult result) {
        for (Cell cell : List.of(instance, endpoint)) {
            if (result.revision() >= cell.asOf) {
                cell.set(result.revision(), find(result.found(), cell.key));
            }
        }
    }

    /** Takes over an own write, or deletion if the value is null. */
    void wrote(Cell cell, long revision, @Nullable String value, long lease) {
        if (revision > cell.asOf) {
            cell.set(revision, value == null ? null : new Pair(cell.key, value, revision, revision, lease));
        }
    }

    private void read(long thisRound) {
        loop.within(CALL_LIMIT_MS, store.txn(List.of(), reads(), List.of())).onComplete(result -> {
            if (closed || thisRound != round) {
                return;
            }
            if (result.failed()) {
                loop.after(backoff.nextDelayMs(), () -> readIfCurrent(thisRound));
                return;
            }
            backoff.reset();
            // Taken as it is, also when it is older than what was known: then the store has been restored.
            long revision = result.result().revision();
            for (Cell cell : List.of(instance, endpoint)) {
                cell.set(revision, find(result.result().found(), cell.key));
                cell.watch = store.watch(cell.key, revision + 1, new CellWatch(cell, thisRound));
            }
            known = true;
            loop.after(READ_AGAIN_MS, () -> {
                if (!closed && thisRound == round) {
                    refresh();
                }
            });
            onChange.run();
        });
    }

    private void readIfCurrent(long thisRound) {
        if (!closed && thisRound == round) {
            read(thisRound);
        }
    }

    private void endWatches() {
        for (Cell cell : List.of(instance, endpoint)) {
            Watch open = cell.watch;
            cell.watch = null;
            if (open != null) {
                open.close();
            }
        }
    }

    private static @Nullable Pair find(List<Pair> pairs, String key) {
        return pairs.stream().filter(pair -> pair.key().equals(key)).findFirst().orElse(null);
    }

    /** Follows one key. The watched prefix is the key itself, and so may cover longer keys: those are others'. */
    private final class CellWatch implements WatchHandler {
        private final Cell cell;
        private final long ofRound;

        private CellWatch(Cell cell, long ofRound) {
            this.cell = cell;
            this.ofRound = ofRound;
        }

        @Override
        public void changes(long revision, List<Change> changes) {
            loop.run(() -> {
                boolean changed = false;
                for (Change change : changes) {
                    Pair pair = change.pair();
                    if (ofRound == round && pair.key().equals(cell.key) && pair.modRevision() > cell.asOf) {
                        cell.set(pair.modRevision(), change.deleted() ? null : pair);
                        changed = true;
                    }
                }
                if (changed && !closed) {
                    onChange.run();
                }
            });
        }

        @Override
        public void compacted(long compactRevision) {
            loop.run(this::again);
        }

        @Override
        public void closed(Throwable cause) {
            loop.run(this::again);
        }

        private void again() {
            if (!closed && ofRound == round) {
                endWatches();
                long nextRound = ++round;
                loop.after(backoff.nextDelayMs(), () -> readIfCurrent(nextRound));
            }
        }
    }
}
