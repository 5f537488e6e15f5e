package dev.rollcall.storage.lease;

import dev.rollcall.storage.apply.LeaseRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * All leases and the keys attached to them. Replicated: equal on all members at equal applied index. Any thread may read;
 * {@code grant}, {@code remove}, {@code attach} and {@code detach} are for the apply thread.
 */
public final class LeaseTable {
    /** What a lease takes here and in the leader's {@link Lessor}, measured; and each of its keys, by the layout of objects. */
    private static final int LEASE_BYTES = 340;

    private static final int KEY_BYTES = 60;

    private record Lease(LeaseRow row, ConcurrentSkipListSet<byte[]> keys) {}

    private volatile ConcurrentSkipListMap<Long, Lease> leases = new ConcurrentSkipListMap<>();
    private final AtomicLong bytes = new AtomicLong();

    /** The lease and its keys as they are now; null if there is none of that id. */
    public @Nullable LeaseView view(long id) {
        Lease lease = leases.get(id);
        return lease == null ? null : new LeaseView(lease.row, new ArrayList<>(lease.keys));
    }

    /** The lease; null if there is none of that id. */
    public @Nullable LeaseRow get(long id) {
        Lease lease = leases.get(id);
        return lease == null ? null : lease.row;
    }

    public boolean contains(long id) {
        return leases.containsKey(id);
    }

    /** Ids of all leases, ascending. */
    public List<Long> ids() {
        return new ArrayList<>(leases.keySet());
    }

    /** Number of leases; looks at each. */
    public int size() {
        return leases.size();
    }

    /** About how much heap they take. */
    public long bytes() {
        return bytes.get();
    }

    /** All leases in the order of their ids. */
    public List<LeaseRow> rows() {
        return leases.values().stream().map(Lease::row).toList();
    }

    /** Number of keys attached to a lease, counted no further than {@code limit}; 0 if there is no such lease. */
    int countKeys(long id, int limit) {
        Lease lease = leases.get(id);
        return lease == null ? 0 : (int) lease.keys.stream().limit(limit).count();
    }

    public void grant(LeaseRow row) {
        if (leases.putIfAbsent(row.id(), new Lease(row, new ConcurrentSkipListSet<>(Arrays::compareUnsigned)))
                != null) {
            throw new IllegalStateException("lease " + row.id() + " is granted twice");
        }
        bytes.addAndGet(LEASE_BYTES);
    }

    /** Forgets a lease, whose keys must all be gone. */
    public void remove(long id) {
        Lease gone = leases.remove(id);
        if (gone == null || !gone.keys.isEmpty()) {
            throw new IllegalStateException("lease " + id + " is unknown, or still has keys");
        }
        bytes.addAndGet(-LEASE_BYTES);
    }

    /** Takes over the content of another table, which is not to be used any more. Apply thread. */
    public void adopt(LeaseTable next) {
        leases = next.leases;
        bytes.set(next.bytes());
    }

    public void attach(long id, byte[] key) {
        if (existing(id).keys.add(key)) {
            bytes.addAndGet(KEY_BYTES);
        }
    }

    public void detach(long id, byte[] key) {
        if (existing(id).keys.remove(key)) {
            bytes.addAndGet(-KEY_BYTES);
        }
    }

    private Lease existing(long id) {
        Lease lease = leases.get(id);
        if (lease == null) {
            throw new IllegalStateException("a key is attached to lease " + id + ", which does not exist");
        }
        return lease;
    }
}
