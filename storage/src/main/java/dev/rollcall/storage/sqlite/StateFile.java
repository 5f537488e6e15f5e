package dev.rollcall.storage.sqlite;

import dev.rollcall.storage.apply.AlarmRow;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.LeaseRow;
import dev.rollcall.storage.apply.StateBatch;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRow;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/**
 * {@code state-<n>.db}: its tables and its one kind of transaction. The key index lives in memory; the table has none, as
 * it would cost more than the rows themselves. One thread at a time.
 */
final class StateFile implements AutoCloseable {
    /** Rows written (well under a tenth of a millisecond) before other threads are let in. */
    private static final int ROWS_IN_A_ROW = 16;

    /** Format 2 has it besides, format 3 a census; an older file gets them when it is opened to be written. */
    private static final String TABLE_OF_2 = "CREATE TABLE IF NOT EXISTS cluster(id INTEGER PRIMARY KEY)";

    static final FileFormat FORMAT = new FileFormat(
            0x526c5374,
            3,
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
                    TABLE_OF_2,
                    Census.TABLE));

    private final SqliteFile file;
    private final StateRows rows = new StateRows();
    private Census census;
    private int written;
    /** The driver gives up a statement that failed, so they are made anew after an error. */
    private Statements statements;

    private record Statements(
            PreparedStatement insertKv,
            PreparedStatement deleteKv,
            PreparedStatement putLease,
            PreparedStatement deleteLease,
            PreparedStatement putAlarm,
            PreparedStatement deleteAlarm,
            PreparedStatement putMember,
            PreparedStatement deleteMember,
            PreparedStatement leaseCrc,
            PreparedStatement alarmCrc,
            PreparedStatement memberCrc,
            PreparedStatement putMeta,
            PreparedStatement putCensus) {
        static Statements of(SqliteFile file) throws SQLException {
            return new Statements(
                    file.prepare("INSERT INTO kv(rev, key, create_rev, ver, lease, tomb, crc, val)"
                            + " VALUES(?, ?, ?, ?, ?, ?, ?, ?)"),
                    file.prepare("DELETE FROM kv WHERE rev = ?"),
                    file.prepare("INSERT OR REPLACE INTO lease(id, ttl_seconds, grant_index, crc) VALUES(?, ?, ?, ?)"),
                    file.prepare("DELETE FROM lease WHERE id = ?"),
                    file.prepare("INSERT OR REPLACE INTO alarm(member, type, crc) VALUES(?, ?, ?)"),
                    file.prepare("DELETE FROM alarm WHERE member = ? AND type = ?"),
                    file.prepare("INSERT OR REPLACE INTO member(id, name, role, peer_urls, client_urls, crc)"
                            + " VALUES(?, ?, ?, ?, ?, ?)"),
                    file.prepare("DELETE FROM member WHERE id = ?"),
                    file.prepare("SELECT crc FROM lease WHERE id = ?"),
                    file.prepare("SELECT crc FROM alarm WHERE member = ? AND type = ?"),
                    file.prepare("SELECT crc FROM member WHERE id = ?"),
                    file.prepare("INSERT OR REPLACE INTO meta(id, applied, term, revision, compact_scheduled,"
                            + " compact_finished, crc) VALUES(1, ?, ?, ?, ?, ?, ?)"),
                    file.prepare("INSERT OR REPLACE INTO census(id, rows, sum, crc) VALUES(1, ?, ?, ?)"));
        }
    }

    private StateFile(SqliteFile file) throws SQLException {
        this.file = file;
        boolean older = file.number("PRAGMA user_version") < FORMAT.version();
        if (older) {
            file.execute(TABLE_OF_2);
            file.execute(Census.TABLE);
            file.execute("PRAGMA user_version=" + FORMAT.version());
        }
        statements = Statements.of(file);
        census = older ? Census.count(file) : knownCensus();
        if (older) {
            census.write(statements.putCensus());
        }
        file.commit();
    }

    /** If there is none, there are no rows; whether that is true, {@link #image} finds out. */
    private Census knownCensus() throws SQLException {
        Census known = Census.read(file);
        return known == null ? Census.empty() : known;
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
        census = Census.count(file);
        census.write(statements.putCensus());
        file.commit();
        file.checkpoint();
    }

    Path path() {
        return file.path();
    }

    StateFileImage image() {
        return StateFileImage.read(file);
    }

    /** Writes consecutive batches in one transaction. After one that throws, stop, or {@link #undo} if only the disk was full. */
    void flush(List<StateBatch> batches) {
        try {
            for (StateBatch batch : batches) {
                write(batch);
            }
            put(batches.get(batches.size() - 1).meta());
            census.write(statements.putCensus());
            file.commit();
        } catch (SQLException e) {
            throw file.failed("writing", e);
        }
    }

    /** After a {@link #flush} that found no room: the file holds what it held. */
    void undo() {
        try {
            file.rollback();
            statements = Statements.of(file);
            census = knownCensus();
            file.commit();
        } catch (SQLException e) {
            throw file.failed("rolling back", e);
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
            return size(file);
        } catch (SQLException e) {
            throw file.failed("reading", e);
        }
    }

    /** The same, through another connection. */
    static Size size(SqliteFile file) throws SQLException {
        long pages = file.number("PRAGMA page_count");
        long free = file.number("PRAGMA freelist_count");
        file.commit();
        return new Size(pages * FORMAT.pageSizeBytes(), (pages - free) * FORMAT.pageSizeBytes());
    }

    record Size(long bytes, long inUseBytes) {}

    private void write(StateBatch batch) throws SQLException {
        for (KvRow row : batch.rows()) {
            giveWay();
            insert(row);
        }
        for (long id : batch.deletedRows()) {
            giveWay();
            if (delete(statements.deleteKv(), id)) {
                census.remove(Census.Table.KV, id);
            }
        }
        for (LeaseRow row : batch.leases()) {
            giveWay();
            put(row);
        }
        for (long id : batch.deletedLeases()) {
            giveWay();
            uncount(Census.Table.LEASE, statements.leaseCrc(), id);
            delete(statements.deleteLease(), id);
        }
        for (AlarmRow row : batch.alarms()) {
            giveWay();
            put(row);
        }
        for (AlarmRow row : batch.deletedAlarms()) {
            giveWay();
            uncount(row);
            statements.deleteAlarm().setLong(1, row.memberId());
            statements.deleteAlarm().setInt(2, row.type());
            statements.deleteAlarm().executeUpdate();
        }
        for (MemberRow row : batch.members()) {
            giveWay();
            put(row);
        }
        for (long id : batch.deletedMembers()) {
            giveWay();
            uncount(Census.Table.MEMBER, statements.memberCrc(), id);
            delete(statements.deleteMember(), id);
        }
    }

    /** Others first: whoever answers requests may have been woken on this core, and waits while this one computes. */
    @SuppressWarnings("ThreadPriorityCheck") // nothing relies on it: it only shortens others' waits
    private void giveWay() {
        written++;
        if (written % ROWS_IN_A_ROW == 0) {
            Thread.yield();
        }
    }

    private void insert(KvRow row) throws SQLException {
        statements.insertKv().setLong(1, row.rowId());
        statements.insertKv().setBytes(2, row.key());
        statements.insertKv().setLong(3, row.createRevision());
        statements.insertKv().setLong(4, row.version());
        statements.insertKv().setLong(5, row.lease());
        statements.insertKv().setInt(6, row.tombstone() ? 1 : 0);
        statements.insertKv().setLong(7, rows.crc(row));
        statements.insertKv().setBytes(8, row.value());
        statements.insertKv().executeUpdate();
        census.add(Census.Table.KV, row.rowId());
    }

    private void put(LeaseRow row) throws SQLException {
        uncount(Census.Table.LEASE, statements.leaseCrc(), row.id());
        statements.putLease().setLong(1, row.id());
        statements.putLease().setLong(2, row.ttlSeconds());
        statements.putLease().setLong(3, row.grantIndex());
        statements.putLease().setLong(4, rows.crc(row));
        statements.putLease().executeUpdate();
        census.add(Census.Table.LEASE, rows.crc(row));
    }

    private void put(AlarmRow row) throws SQLException {
        uncount(row);
        statements.putAlarm().setLong(1, row.memberId());
        statements.putAlarm().setInt(2, row.type());
        statements.putAlarm().setLong(3, rows.crc(row));
        statements.putAlarm().executeUpdate();
        census.add(Census.Table.ALARM, rows.crc(row));
    }

    private void put(MemberRow row) throws SQLException {
        uncount(Census.Table.MEMBER, statements.memberCrc(), row.id());
        statements.putMember().setLong(1, row.id());
        statements.putMember().setString(2, row.name());
        statements.putMember().setInt(3, row.role().code());
        statements.putMember().setString(4, StateRows.lines(row.peerUrls()));
        statements.putMember().setString(5, StateRows.lines(row.clientUrls()));
        statements.putMember().setLong(6, rows.crc(row));
        statements.putMember().executeUpdate();
        census.add(Census.Table.MEMBER, rows.crc(row));
    }

    private void put(StateMeta meta) throws SQLException {
        statements.putMeta().setLong(1, meta.applied());
        statements.putMeta().setLong(2, meta.term());
        statements.putMeta().setLong(3, meta.revision());
        statements.putMeta().setLong(4, meta.compactScheduled());
        statements.putMeta().setLong(5, meta.compactFinished());
        statements.putMeta().setLong(6, rows.crc(meta));
        statements.putMeta().executeUpdate();
    }

    private static boolean delete(PreparedStatement statement, long id) throws SQLException {
        statement.setLong(1, id);
        return statement.executeUpdate() == 1;
    }

    private void uncount(AlarmRow row) throws SQLException {
        statements.alarmCrc().setInt(2, row.type());
        uncount(Census.Table.ALARM, statements.alarmCrc(), row.memberId());
    }

    /** The row of this id, if there is one, is about to go. */
    private void uncount(Census.Table table, PreparedStatement crc, long id) throws SQLException {
        crc.setLong(1, id);
        try (ResultSet row = crc.executeQuery()) {
            if (row.next()) {
                census.remove(table, row.getLong(1));
            }
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
