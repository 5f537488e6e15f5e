package dev.rollcall.storage.apply;

import dev.rollcall.storage.member.MemberRow;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A state file in memory: what is left of the sealed batches that were written to it. Values may be read by any thread. */
public final class MemoryStateFile implements StateImage, ColdValues {
    private final ConcurrentSkipListMap<Long, KvRow> rows = new ConcurrentSkipListMap<>();
    private final TreeMap<Long, LeaseRow> leases = new TreeMap<>();
    private final TreeMap<String, AlarmRow> alarms = new TreeMap<>();
    private final TreeMap<Long, MemberRow> members = new TreeMap<>();
    private final AtomicLong reads = new AtomicLong();
    private StateMeta meta = StateMeta.EMPTY;

    public void write(StateBatch batch) {
        if (batch.firstIndex() != meta.applied() + 1) {
            throw new IllegalStateException("batch from " + batch.firstIndex() + " after " + meta.applied());
        }
        for (KvRow row : batch.rows()) {
            if (rows.put(row.rowId(), row) != null) {
                throw new IllegalStateException("row " + row.rowId() + " is written twice");
            }
        }
        for (long row : batch.deletedRows()) {
            rows.remove(row);
        }
        for (long lease : batch.deletedLeases()) {
            leases.remove(lease);
        }
        batch.leases().forEach(lease -> leases.put(lease.id(), lease));
        batch.deletedAlarms().forEach(alarm -> alarms.remove(alarm.toString()));
        batch.alarms().forEach(alarm -> alarms.put(alarm.toString(), alarm));
        batch.members().forEach(member -> members.put(member.id(), member));
        meta = batch.meta();
    }

    /** Row ids in it. */
    public List<Long> rowIds() {
        return List.copyOf(rows.keySet());
    }

    /** How often a value was read from it. */
    public long reads() {
        return reads.get();
    }

    @Override
    public StateMeta meta() {
        return meta;
    }

    @Override
    public List<LeaseRow> leases() {
        return List.copyOf(leases.values());
    }

    @Override
    public List<AlarmRow> alarms() {
        return List.copyOf(alarms.values());
    }

    @Override
    public List<MemberRow> members() {
        return List.copyOf(members.values());
    }

    @Override
    public void forEachRow(Consumer<KvRow> consumer) {
        rows.values()
                .forEach(row -> consumer.accept(new KvRow(
                        row.main(),
                        row.sub(),
                        row.key(),
                        row.createRevision(),
                        row.version(),
                        row.lease(),
                        row.tombstone(),
                        new byte[0])));
    }

    @Override
    public byte @Nullable [] value(long rowId) {
        reads.incrementAndGet();
        KvRow row = rows.get(rowId);
        return row == null ? null : row.value();
    }
}
