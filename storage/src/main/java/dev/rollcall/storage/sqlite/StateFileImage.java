package dev.rollcall.storage.sqlite;

import dev.rollcall.storage.apply.AlarmRow;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.LeaseRow;
import dev.rollcall.storage.apply.StateImage;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A state file read and checked at start, on its writer's connection before there is a writer. */
final class StateFileImage implements StateImage {
    private static final byte[] NO_BYTES = {};

    private final SqliteFile file;
    private final StateRows rows = new StateRows();
    private final StateMeta meta;
    /** What there is to be, null in a file of an older format. */
    private final @Nullable Census census;
    /** The small tables, as far as they are here. */
    private final Census found = Census.empty();

    private final List<LeaseRow> leases;
    private final List<AlarmRow> alarms;
    private final List<MemberRow> members;

    private StateFileImage(SqliteFile file) throws SQLException {
        this.file = file;
        meta = readMeta();
        census = file.number("PRAGMA user_version") < StateFile.FORMAT.version() ? null : readCensus();
        leases = readAll("SELECT crc, id, ttl_seconds, grant_index FROM lease ORDER BY id", row -> {
            LeaseRow lease = new LeaseRow(row.getLong(2), row.getLong(3), row.getLong(4));
            check(rows.crc(lease), row.getLong(1), "lease ", lease.id());
            found.add(Census.Table.LEASE, row.getLong(1));
            return lease;
        });
        alarms = readAll("SELECT crc, member, type FROM alarm ORDER BY member, type", row -> {
            AlarmRow alarm = new AlarmRow(row.getLong(2), row.getInt(3));
            check(rows.crc(alarm), row.getLong(1), "the alarm of member ", alarm.memberId());
            found.add(Census.Table.ALARM, row.getLong(1));
            return alarm;
        });
        members = readAll("SELECT crc, id, name, role, peer_urls, client_urls FROM member ORDER BY id", row -> {
            MemberRow member = new MemberRow(
                    row.getLong(2),
                    row.getString(3),
                    MemberRole.of(row.getInt(4)),
                    StateRows.urls(row.getString(5)),
                    StateRows.urls(row.getString(6)));
            check(rows.crc(member), row.getLong(1), "member ", member.id());
            found.add(Census.Table.MEMBER, row.getLong(1));
            return member;
        });
        file.commit();
    }

    static StateFileImage read(SqliteFile file) {
        try {
            return new StateFileImage(file);
        } catch (SQLException e) {
            throw file.failed("reading", e);
        } catch (IllegalArgumentException e) {
            throw new DamagedException(file.path(), String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public StateMeta meta() {
        return meta;
    }

    @Override
    public List<LeaseRow> leases() {
        return leases;
    }

    @Override
    public List<AlarmRow> alarms() {
        return alarms;
    }

    @Override
    public List<MemberRow> members() {
        return members;
    }

    @Override
    public void forEachRow(Consumer<KvRow> consumer) {
        Census seen = found.copy();
        try (PreparedStatement select =
                        file.prepare("SELECT rev, key, create_rev, ver, lease, tomb, crc, val FROM kv ORDER BY rev");
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                KvRow whole = kvRow(row);
                check(rows.crc(whole), row.getLong(7), "row ", whole.rowId());
                seen.add(Census.Table.KV, whole.rowId());
                consumer.accept(new KvRow(
                        whole.main(),
                        whole.sub(),
                        whole.key(),
                        whole.createRevision(),
                        whole.version(),
                        whole.lease(),
                        whole.tombstone(),
                        NO_BYTES));
            }
        } catch (SQLException e) {
            throw file.failed("reading", e);
        }
        try {
            file.commit();
        } catch (SQLException e) {
            throw file.failed("reading", e);
        }
        if (census != null && !census.isSame(seen)) {
            throw new DamagedException(
                    file.path(), "it shows " + seen.rows() + " rows, not the " + census.rows() + " that are in it");
        }
    }

    /** The row under this cursor: rev, key, create_rev, ver, lease, tomb, crc, val. */
    static KvRow kvRow(ResultSet row) throws SQLException {
        long id = row.getLong(1);
        return new KvRow(
                id >> KvRow.SUB_BITS,
                (int) (id & ((1 << KvRow.SUB_BITS) - 1)),
                bytes(row, 2),
                row.getLong(3),
                row.getLong(4),
                row.getLong(5),
                row.getInt(6) != 0,
                bytes(row, 8));
    }

    private static byte[] bytes(ResultSet row, int column) throws SQLException {
        byte[] bytes = row.getBytes(column);
        // An empty blob may come back as NULL.
        return bytes == null ? NO_BYTES : bytes;
    }

    private StateMeta readMeta() throws SQLException {
        List<StateMeta> found =
                readAll("SELECT crc, applied, term, revision, compact_scheduled, compact_finished FROM meta", row -> {
                    StateMeta read = new StateMeta(
                            row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5), row.getLong(6));
                    check(rows.crc(read), row.getLong(1), "the place in history, index ", read.applied());
                    return read;
                });
        if (!found.isEmpty()) {
            return found.get(0);
        }
        if (file.number("SELECT EXISTS(SELECT 1 FROM kv)") != 0) {
            throw new DamagedException(file.path(), "it has rows but no place in history");
        }
        return StateMeta.EMPTY;
    }

    private Census readCensus() throws SQLException {
        Census known = Census.read(file);
        if (known != null) {
            return known;
        }
        if (!meta.equals(StateMeta.EMPTY)) {
            throw new DamagedException(file.path(), "the census of its rows is gone");
        }
        return Census.empty();
    }

    @FunctionalInterface
    private interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    private <T> List<T> readAll(String sql, RowReader<T> reader) throws SQLException {
        List<T> all = new ArrayList<>();
        try (PreparedStatement select = file.prepare(sql);
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                all.add(reader.read(row));
            }
        }
        return List.copyOf(all);
    }

    private void check(long computed, long stored, String what, long id) {
        if (computed != stored) {
            throw new DamagedException(file.path(), what + id + " has a bad checksum");
        }
    }
}
