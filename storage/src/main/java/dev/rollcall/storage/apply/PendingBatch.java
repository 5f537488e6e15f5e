package dev.rollcall.storage.apply;

import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.mvcc.RowChanges;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What has changed since the last sealed batch. Of a lease, alarm or member that changed twice, the last change counts. */
final class PendingBatch implements RowChanges {
    private static final Comparator<AlarmRow> ALARM_ORDER =
            Comparator.comparingLong(AlarmRow::memberId).thenComparingInt(AlarmRow::type);

    private long firstIndex;
    private final List<KvRow> rows = new ArrayList<>();
    private final TreeSet<Long> droppedRows = new TreeSet<>();
    private final TreeMap<Long, LeaseRow> leases = new TreeMap<>();
    private final TreeSet<Long> goneLeases = new TreeSet<>();
    private final TreeSet<AlarmRow> alarms = new TreeSet<>(ALARM_ORDER);
    private final TreeSet<AlarmRow> goneAlarms = new TreeSet<>(ALARM_ORDER);
    private final TreeMap<Long, MemberRow> members = new TreeMap<>();

    PendingBatch(long firstIndex) {
        this.firstIndex = firstIndex;
    }

    @Override
    public void added(KvRow row) {
        rows.add(row);
    }

    @Override
    public void dropped(long rowId) {
        droppedRows.add(rowId);
    }

    void granted(LeaseRow lease) {
        leases.put(lease.id(), lease);
        goneLeases.remove(lease.id());
    }

    void revoked(long leaseId) {
        leases.remove(leaseId);
        goneLeases.add(leaseId);
    }

    void raised(AlarmRow alarm) {
        alarms.add(alarm);
        goneAlarms.remove(alarm);
    }

    void cleared(AlarmRow alarm) {
        alarms.remove(alarm);
        goneAlarms.add(alarm);
    }

    void member(MemberRow member) {
        members.put(member.id(), member);
    }

    /** Everything since the last call; begins anew behind it. */
    StateBatch seal(StateMeta meta) {
        // A row that was made and dropped within one batch never gets to the file.
        if (!droppedRows.isEmpty()) {
            rows.removeIf(row -> droppedRows.contains(row.rowId()));
        }
        StateBatch batch = new StateBatch(
                firstIndex,
                meta,
                List.copyOf(rows),
                longs(droppedRows),
                List.copyOf(leases.values()),
                longs(goneLeases),
                List.copyOf(alarms),
                List.copyOf(goneAlarms),
                List.copyOf(members.values()),
                new long[0]);
        restart(meta.applied() + 1);
        return batch;
    }

    /** Forgets everything; what comes next begins at this entry. */
    void restart(long nextIndex) {
        firstIndex = nextIndex;
        rows.clear();
        droppedRows.clear();
        leases.clear();
        goneLeases.clear();
        alarms.clear();
        goneAlarms.clear();
        members.clear();
    }

    private static long[] longs(Set<Long> set) {
        return set.stream().mapToLong(Long::longValue).toArray();
    }
}
