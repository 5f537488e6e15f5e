package dev.rollcall.storage.mvcc;

import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.lease.LeaseTable;
import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one writer of a {@link KvStore}; owned by the apply thread.
 *
 * <p>A request changes keys, then {@link #finishRevision} makes one revision of its changes, if there are any; {@link
 * #publish} shows all finished revisions to readers and watchers. The request itself sees its own changes at once.
 */
public final class KvWriter {
    /** Changes that fit in one revision: the places a row id has for them. */
    public static final int CHANGES_MAX = 1 << KvRow.SUB_BITS;

    private final KvStore store;
    private final LeaseTable leases;
    private final RowChanges changes;
    private final List<RevisionEvents> unpublished = new ArrayList<>();
    private List<Event> events = new ArrayList<>();
    private long finished;

    public KvWriter(KvStore store, LeaseTable leases, RowChanges changes) {
        this.store = store;
        this.leases = leases;
        this.changes = changes;
        this.finished = store.revision();
    }

    /** Takes a row of the state file, in the order of row ids, at start. Its value stays in the file. */
    public void restore(KvRow row) {
        KeyHistory history = store.now().index.getOrAdd(row.key());
        Revision revision = new Revision(history, row.rowId(), row.createRevision(), row.version(), row.lease(), null);
        if (row.tombstone() != revision.tombstone()) {
            throw new IllegalStateException("row " + row.rowId() + " of the state file contradicts itself");
        }
        store.now().append(revision);
    }

    /** All rows are back: attaches keys to their leases, and opens the store at this revision. */
    public void restored(StateMeta meta) {
        for (KeyHistory history : store.now().index.all()) {
            Revision newest = history.newest();
            if (newest != null && newest.lease != 0) {
                leases.attach(newest.lease, history.key);
            }
        }
        finished = meta.revision();
        store.now().compacted(meta.compactScheduled());
        store.now().sweptUpTo(meta.compactFinished());
        store.now().values.flushed(meta.revision());
        store.feed().startAbove(meta.revision());
        store.now().published(meta.revision());
    }

    /** Takes over the content of another store, which is not to be used any more. */
    public void adopt(KvWriter next) {
        if (!events.isEmpty() || next.finished < finished) {
            throw new IllegalStateException(
                    "revision " + next.finished + " cannot take the place of revision " + finished);
        }
        finished = next.finished;
        unpublished.clear();
        store.adopt(next.store.now());
    }

    /** The state file holds every revision up to this one. */
    public void flushed(long revision) {
        store.now().values.flushed(revision);
    }

    /** Newest revision as the request in hand sees it: one more than before once it has changed something. */
    public long revision() {
        return events.isEmpty() ? finished : finished + 1;
    }

    /** The live key as the request in hand sees it; null if there is none. May block on the disk. */
    public @Nullable KeyValue get(byte[] key) {
        Revision newest = live(key);
        return newest == null ? null : KeyValues.of(newest, value(newest));
    }

    /** Whether the key is live. */
    public boolean contains(byte[] key) {
        return live(key) != null;
    }

    /**
     * Answers a range as the request in hand sees the store. Its revision must have been checked.
     *
     * @param growth is told how large the answer becomes
     */
    public RangeResponse.Builder range(RangeRequest request, AnswerGrowth growth) {
        RangeResponse.Builder answer = KvStore.rangeAt(store.now(), request, revision(), growth);
        if (answer == null) {
            throw store.now().values.missing("a row that was never compacted");
        }
        return answer;
    }

    /**
     * Refuses a range at a revision that is not there.
     *
     * @throws dev.rollcall.storage.error.EtcdException compacted, or in the future
     */
    public void checkReadable(RangeRequest request) {
        store.now().checkReadableInTxn(request.getRevision(), revision());
    }

    /** Whether all these guards hold as the request in hand sees the store. */
    public boolean holds(List<Compare> compares) {
        return KvStore.holds(store.now(), compares, revision());
    }

    /** Live keys in this range, in order; no more than {@code limit}. */
    public List<byte[]> keys(KeyRange range, int limit) {
        List<byte[]> found = new ArrayList<>();
        for (KeyHistory history : store.now().index.in(range)) {
            Revision newest = history.newest();
            if (newest != null && !newest.tombstone()) {
                found.add(history.key);
                if (found.size() == limit) {
                    break;
                }
            }
        }
        return found;
    }

    /** Sets a key; the lease, if not 0, must exist. Neither array may change afterwards. */
    public void put(byte[] key, byte[] value, long lease) {
        KeyHistory history = store.now().index.getOrAdd(key);
        Revision before = history.newest();
        boolean creates = before == null || before.tombstone();
        long main = finished + 1;
        long oldLease = before == null ? 0 : before.lease;
        if (oldLease != lease) {
            detach(oldLease, history.key);
            if (lease != 0) {
                leases.attach(lease, history.key);
            }
        }
        append(
                new Revision(
                        history,
                        nextRowId(),
                        creates || before == null ? main : before.createRevision,
                        creates || before == null ? 1 : before.version + 1,
                        lease,
                        value),
                value);
    }

    /** Deletes a key; false if it is not there. */
    public boolean delete(byte[] key) {
        Revision before = live(key);
        if (before == null) {
            return false;
        }
        detach(before.lease, before.owner.key);
        append(new Revision(before.owner, nextRowId(), 0, 0, 0, null), new byte[0]);
        return true;
    }

    /** Makes one revision of what was changed since the last; none if nothing was. */
    public void finishRevision() {
        if (!events.isEmpty()) {
            finished++;
            unpublished.add(new RevisionEvents(finished, events));
            events = new ArrayList<>();
        }
    }

    /** Shows the finished revisions to everybody, all at once. */
    public void publish() {
        if (!events.isEmpty()) {
            throw new IllegalStateException("revision " + (finished + 1) + " is not finished");
        }
        if (!unpublished.isEmpty()) {
            unpublished.forEach(store.feed()::add);
            unpublished.clear();
            store.now().published(finished);
        }
    }

    private void append(Revision revision, byte[] value) {
        store.now().append(revision);
        store.now().values.added(revision, value);
        events.add(KeyValues.event(revision, value));
        changes.added(new KvRow(
                revision.main(),
                (int) (revision.rowId & (CHANGES_MAX - 1)),
                revision.owner.key,
                revision.createRevision,
                revision.version,
                revision.lease,
                revision.tombstone(),
                value));
    }

    private long nextRowId() {
        if (events.size() >= CHANGES_MAX) {
            throw new IllegalStateException("more than " + CHANGES_MAX + " changes in revision " + (finished + 1));
        }
        return KvRow.rowId(finished + 1, events.size());
    }

    private @Nullable Revision live(byte[] key) {
        KeyHistory history = store.now().index.get(key);
        Revision newest = history == null ? null : history.newest();
        return newest == null || newest.tombstone() ? null : newest;
    }

    private byte[] value(Revision revision) {
        byte[] value = store.now().values.get(revision);
        if (value == null) {
            throw store.now().values.missing("row " + revision.rowId);
        }
        return value;
    }

    private void detach(long lease, byte[] key) {
        if (lease != 0) {
            leases.detach(lease, key);
        }
    }
}
