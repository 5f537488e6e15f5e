package dev.rollcall.storage.sqlite;

import dev.rollcall.storage.apply.AlarmRow;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.LeaseRow;
import dev.rollcall.storage.apply.StateBatch;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRow;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/**
 * {@code state-<n>.db}: its tables and its one kind of transaction. The key index lives in memory; the table has none, as
 * it would cost more than the rows themselves. One thread at a time.
 */
final class StateFile implements AutoCloseable {
    /** Format 2 has it besides; a file of format 1 gets it when it is opened to be written. */
    private static final String TABLE_OF_2 = "CREATE TABLE IF NOT EXISTS cluster(id INTEGER PRIMARY KEY)";

    static final FileFormat FORMAT = new FileFormat(
            0x526c5374,
            2,
            4096,
            "NORMAL",
            65_536,
            List.of(
                    // rev is the main revision shifted left by KvRow.SUB_BITS, plus the place within it.
                    "CREATE TABLE kv(rev INTEGER PRIMARY KEY, key BLOB NOT NULL, create_rev INTEGER NOT NULL,"
                            + " ver INTEGER NOT NULL, lease INTEGER NOT NULL, tomb INTEGER NOT NULL,"
                            + " crc INTEGER NOT NULL, val BLOB)",
                    "CREATE TABLE lease(id INTEGER PRIMARY KEY, ttl_seconds INTEGER NOT NULL,"
                            + " grant_index INTEGER NOT NULL, crc INTEGER NOT NULL)",
                    "CREATE TABLE alarm(member INTEGER NOT NULL, type INTEGER NOT NULL, crc INTEGER NOT NULL,"
                            + " PRIMARY KEY(member, type)) WITHOUT ROWID",
                    "CREATE TABLE member(id INTEGER PRIMARY KEY, name TEXT NOT NULL, role INTEGER NOT NULL,"
                            + " peer_urls TEXT NOT NULL, client_urls TEXT NOT NULL, crc INTEGER NOT NULL)",
                    "CREATE TABLE meta(id INTEGER PRIMARY KEY CHECK(id = 1), applied INTEGER NOT NULL,"
                            + " term INTEGER NOT NULL, revision INTEGER NOT NULL, compact_scheduled INTEGER NOT NULL,"
                            + " compact_finished INTEGER NOT NULL, crc INTEGER NOT NULL)",
                    TABLE_OF_2));

    private final SqliteFile file;
    private final StateRows rows = new StateRows();
    private final PreparedStatement insertKv;
    private final PreparedStatement deleteKv;
    private final PreparedStatement putLease;
    private final PreparedStatement deleteLease;
    private final PreparedStatement putAlarm;
    private final PreparedStatement deleteAlarm;
    private final PreparedStatement putMember;
    private final PreparedStatement deleteMember;
    private final PreparedStatement putMeta;

    private StateFile(SqliteFile file) throws SQLException {
        this.file = file;
        if (file.number("PRAGMA user_version") < FORMAT.version()) {
            file.execute(TABLE_OF_2);
            file.execute("PRAGMA user_version=" + FORMAT.version());
        }
        file.commit();
        insertKv = file.prepare(
                "INSERT INTO kv(rev, key, create_rev, ver, lease, tomb, crc, val)" + " VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
        deleteKv = file.prepare("DELETE FROM kv WHERE rev = ?");
        putLease = file.prepare("INSERT OR REPLACE INTO lease(id, ttl_seconds, grant_index, crc) VALUES(?, ?, ?, ?)");
        deleteLease = file.prepare("DELETE FROM lease WHERE id = ?");
        putAlarm = file.prepare("INSERT OR REPLACE INTO alarm(member, type, crc) VALUES(?, ?, ?)");
        deleteAlarm = file.prepare("DELETE FROM alarm WHERE member = ? AND type = ?");
        putMember = file.prepare("INSERT OR REPLACE INTO member(id, name, role, peer_urls, client_urls, crc)"
                + " VALUES(?, ?, ?, ?, ?, ?)");
        deleteMember = file.prepare("DELETE FROM member WHERE id = ?");
        putMeta = file.prepare("INSERT OR REPLACE INTO meta(id, applied, term, revision, compact_scheduled,"
                + " compact_finished, crc) VALUES(1, ?, ?, ?, ?, ?, ?)");
    }

    static StateFile open(Path path) {
        SqliteFile file = SqliteFile.openOrCreate(path, FORMAT);
        try {
            return new StateFile(file);
        } catch (SQLException e) {
            file.close();
            throw file.failed("opening", e);
        }
    }

    /**
     * Checks that it is this cluster's, and makes it so if it is nobody's yet.
     *
     * @throws DamagedException if it is another cluster's
     */
    void belongTo(long cluster) {
        try {
            if (file.number("SELECT count(*) FROM cluster") == 0) {
                file.execute("INSERT INTO cluster(id) VALUES(" + cluster + ")");
            } else if (file.number("SELECT id FROM cluster") != cluster) {
                throw new DamagedException(
                        file.path(),
                        "it is of cluster " + Long.toHexString(file.number("SELECT id FROM cluster")) + ", not of "
                                + Long.toHexString(cluster));
            }
            file.commit();
        } catch (SQLException e) {
            throw file.failed("reading", e);
        }
    }

    /** Makes it the state of a new cluster: with these members, and none of the old ones or of their alarms. */
    void becomeOf(long cluster, List<MemberRow> members) throws SQLException {
        file.execute("DELETE FROM cluster");
        file.execute("INSERT INTO cluster(id) VALUES(" + cluster + ")");
        file.execute("DELETE FROM alarm");
        file.execute("DELETE FROM member");
        for (MemberRow member : members) {
            put(member);
        }
        file.commit();
        file.checkpoint();
    }

    Path path() {
        return file.path();
    }

    StateFileImage image() {
        return StateFileImage.read(file);
    }

    /** Writes consecutive batches in one transaction. One that throws leaves nothing behind but a need to stop. */
    void flush(List<StateBatch> batches) {
        try {
            for (StateBatch batch : batches) {
                write(batch);
            }
            put(batches.get(batches.size() - 1).meta());
            file.commit();
        } catch (SQLException e) {
            throw file.failed("writing", e);
        }
    }

    /** Outside of a transaction. */
    SqliteFile.WalFrames walFrames() {
        try {
            return file.walFrames();
        } catch (SQLException e) {
            throw file.failed("reading", e);
        }
    }

    /** Outside of a transaction. */
    SqliteFile.WalFrames checkpoint() {
        try {
            return file.checkpoint();
        } catch (SQLException e) {
            throw file.failed("checkpointing", e);
        }
    }

    /** What the file takes, WAL not counted, and what of that is in use. */
    Size size() {
        try {
            long pages = file.number("PRAGMA page_count");
            long free = file.number("PRAGMA freelist_count");
            file.commit();
            return new Size(pages * FORMAT.pageSizeBytes(), (pages - free) * FORMAT.pageSizeBytes());
        } catch (SQLException e) {
            throw file.failed("reading", e);
        }
    }

    record Size(long bytes, long inUseBytes) {}

    private void write(StateBatch batch) throws SQLException {
        for (KvRow row : batch.rows()) {
            insert(row);
        }
        for (long id : batch.deletedRows()) {
            delete(deleteKv, id);
        }
        for (LeaseRow row : batch.leases()) {
            put(row);
        }
        for (long id : batch.deletedLeases()) {
            delete(deleteLease, id);
        }
        for (AlarmRow row : batch.alarms()) {
            put(row);
        }
        for (AlarmRow row : batch.deletedAlarms()) {
            deleteAlarm.setLong(1, row.memberId());
            deleteAlarm.setInt(2, row.type());
            deleteAlarm.executeUpdate();
        }
        for (MemberRow row : batch.members()) {
            put(row);
        }
        for (long id : batch.deletedMembers()) {
            delete(deleteMember, id);
        }
    }

    private void insert(KvRow row) throws SQLException {
        insertKv.setLong(1, row.rowId());
        insertKv.setBytes(2, row.key());
        insertKv.setLong(3, row.createRevision());
        insertKv.setLong(4, row.version());
        insertKv.setLong(5, row.lease());
        insertKv.setInt(6, row.tombstone() ? 1 : 0);
        insertKv.setLong(7, rows.crc(row));
        insertKv.setBytes(8, row.value());
        insertKv.executeUpdate();
    }

    private void put(LeaseRow row) throws SQLException {
        putLease.setLong(1, row.id());
        putLease.setLong(2, row.ttlSeconds());
        putLease.setLong(3, row.grantIndex());
        putLease.setLong(4, rows.crc(row));
        putLease.executeUpdate();
    }

    private void put(AlarmRow row) throws SQLException {
        putAlarm.setLong(1, row.memberId());
        putAlarm.setInt(2, row.type());
        putAlarm.setLong(3, rows.crc(row));
        putAlarm.executeUpdate();
    }

    private void put(MemberRow row) throws SQLException {
        putMember.setLong(1, row.id());
        putMember.setString(2, row.name());
        putMember.setInt(3, row.role().code());
        putMember.setString(4, StateRows.lines(row.peerUrls()));
        putMember.setString(5, StateRows.lines(row.clientUrls()));
        putMember.setLong(6, rows.crc(row));
        putMember.executeUpdate();
    }

    private void put(StateMeta meta) throws SQLException {
        putMeta.setLong(1, meta.applied());
        putMeta.setLong(2, meta.term());
        putMeta.setLong(3, meta.revision());
        putMeta.setLong(4, meta.compactScheduled());
        putMeta.setLong(5, meta.compactFinished());
        putMeta.setLong(6, rows.crc(meta));
        putMeta.executeUpdate();
    }

    private static void delete(PreparedStatement statement, long id) throws SQLException {
        statement.setLong(1, id);
        statement.executeUpdate();
    }

    @Override
    public void close() {
        file.close();
    }
}
