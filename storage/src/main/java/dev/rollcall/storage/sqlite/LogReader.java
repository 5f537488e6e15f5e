package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.TermRun;
import dev.rollcall.raft.driver.RecoveredLog;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What can be read from {@code log.db}. Nothing leaves here unchecked. On the log's own connection and thread. */
final class LogReader {
    static final long ANY_TERM = -1;

    private final SqliteFile file;
    private final EntryChain chain = new EntryChain();
    private final PreparedStatement selectLast;
    private final PreparedStatement selectBefore;
    private final PreparedStatement selectCrcBefore;
    private final PreparedStatement selectRange;

    LogReader(SqliteFile file) throws SQLException {
        this.file = file;
        selectLast = file.prepare("SELECT first, last, term, crc FROM log ORDER BY first DESC LIMIT 1");
        selectBefore = file.prepare(
                "SELECT first, last, term, crc, data FROM log WHERE first < ? ORDER BY first DESC LIMIT 1");
        selectCrcBefore = file.prepare("SELECT crc FROM log WHERE first < ? ORDER BY first DESC LIMIT 1");
        selectRange = file.prepare(
                "SELECT first, last, term, crc, data FROM log WHERE first >= ? AND first <= ? ORDER BY first");
    }

    /**
     * A row of the log.
     *
     * @param crc checksum of its last entry
     * @param data empty where only the rest was asked for
     */
    record Row(long first, long last, long term, long crc, byte[] data) {}

    private static final byte[] NOT_READ = {};

    /** The row of hard state, null if there is none. */
    @Nullable
    HardRow hard() throws SQLException {
        try (PreparedStatement select = file.prepare("SELECT term, vote, commit_index, snap_index, snap_term, snap_crc,"
                        + " state_file, directory_id, cluster_id, member_id, format, crc FROM hard");
                ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                return null;
            }
            if (row.getInt(11) > HardRow.ENTRY_FORMAT) {
                throw new DataDirectoryException(
                        file.path() + " has entries of format " + row.getInt(11) + "; start it with the newer version");
            }
            HardRow hard = new HardRow(
                    new HardState(row.getLong(1), row.getLong(2), row.getLong(3)),
                    row.getLong(4),
                    row.getLong(5),
                    row.getLong(6),
                    row.getString(7),
                    UUID.fromString(row.getString(8)),
                    row.getLong(9),
                    row.getLong(10));
            if (hard.crc(new Checksum()) != row.getLong(12)) {
                throw new DamagedException(file.path(), "the hard state has a bad checksum");
            }
            return hard;
        } catch (IllegalArgumentException e) {
            throw new DamagedException(file.path(), "the directory id is not one", e);
        }
    }

    /** The last row without its data, null if the log is empty. */
    @Nullable
    Row last() throws SQLException {
        try (ResultSet row = selectLast.executeQuery()) {
            return row.next()
                    ? new Row(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), NOT_READ)
                    : null;
        }
    }

    /** The last row that starts before this index, null if there is none. */
    @Nullable
    Row rowBefore(long index) throws SQLException {
        selectBefore.setLong(1, index);
        try (ResultSet row = selectBefore.executeQuery()) {
            return row.next() ? row(row) : null;
        }
    }

    /** Checksum that the row starting at {@code first} goes on from. */
    long crcBefore(long first, HardRow hard) throws SQLException {
        selectCrcBefore.setLong(1, first);
        try (ResultSet row = selectCrcBefore.executeQuery()) {
            return row.next() ? row.getLong(1) : hard.snapshotCrc();
        }
    }

    /** The entries of a row, checked. */
    List<Entry> entries(Row row, long previousCrc) {
        chain.startAt(previousCrc);
        try {
            List<Entry> entries = chain.decode(row.first(), row.last(), row.term(), row.data());
            if (chain.crc() == row.crc()) {
                return entries;
            }
        } catch (IllegalArgumentException e) {
            throw new DamagedException(
                    file.path(), "entries " + row.first() + " to " + row.last() + ": " + e.getMessage(), e);
        }
        throw new DamagedException(
                file.path(), "entries " + row.first() + " to " + row.last() + " have a bad checksum");
    }

    /**
     * Entries from {@code first} up to {@code lastInclusive}, at least one, no more than fit in {@code maxBytes}; none if the
     * log begins behind {@code first} by now.
     *
     * @throws IllegalStateException if the log does not hold {@code first}
     */
    List<Entry> load(long first, long lastInclusive, int maxBytes, HardRow hard) {
        List<Entry> found = new ArrayList<>();
        if (first <= hard.snapshotIndex()) {
            return found;
        }
        try {
            Row start = rowBefore(first + 1);
            if (start == null || start.last() < first) {
                throw new IllegalStateException("entry " + first + " is not in " + file.path());
            }
            long crc = crcBefore(start.first(), hard);
            selectRange.setLong(1, start.first());
            selectRange.setLong(2, lastInclusive);
            try (ResultSet rows = selectRange.executeQuery()) {
                long bytes = 0;
                long next = start.first();
                while (bytes < maxBytes && rows.next()) {
                    Row row = row(rows);
                    checkNext(row, next);
                    for (Entry entry : entries(row, crc)) {
                        if (entry.index() < first || entry.index() > lastInclusive) {
                            continue;
                        }
                        bytes += entry.sizeBytes();
                        if (bytes > maxBytes && !found.isEmpty()) {
                            break;
                        }
                        found.add(entry);
                    }
                    crc = row.crc();
                    next = row.last() + 1;
                }
            }
            file.commit();
        } catch (SQLException e) {
            throw file.failed("reading", e);
        }
        return List.copyOf(found);
    }

    /**
     * Reads the whole log, checks all of it and keeps its end.
     *
     * @param applied index up to which the state file holds everything
     * @param appliedTerm term of that entry, as the state file has it; {@link #ANY_TERM} if that is not known
     * @param tailBytes how much to keep below what must be kept
     */
    RecoveredLog recover(HardRow hard, long applied, long appliedTerm, long tailBytes) {
        if (applied == hard.snapshotIndex() && isOther(appliedTerm, hard.snapshotTerm())) {
            throw otherHistory(hard, applied, appliedTerm, hard.snapshotTerm());
        }
        try {
            long keepFrom = keepFrom(Math.max(hard.state().commit(), applied), tailBytes);
            long crc = hard.snapshotCrc();
            long index = hard.snapshotIndex();
            long term = hard.snapshotTerm();
            List<TermRun> runs = new ArrayList<>();
            List<Entry> tail = new ArrayList<>();
            selectRange.setLong(1, 0);
            selectRange.setLong(2, Long.MAX_VALUE);
            try (ResultSet rows = selectRange.executeQuery()) {
                while (rows.next()) {
                    Row row = row(rows);
                    checkNext(row, index + 1);
                    if (row.term() < term) {
                        throw new DamagedException(
                                file.path(), "entry " + row.first() + " has a lower term than the one before");
                    }
                    List<Entry> entries = entries(row, crc);
                    if (row.first() <= applied && applied <= row.last() && isOther(appliedTerm, row.term())) {
                        throw otherHistory(hard, applied, appliedTerm, row.term());
                    }
                    if (runs.isEmpty() || row.term() != term) {
                        runs.add(new TermRun(row.first(), row.term()));
                    }
                    if (row.first() >= keepFrom) {
                        tail.addAll(entries);
                    }
                    crc = row.crc();
                    index = row.last();
                    term = row.term();
                }
            }
            file.commit();
            checkEnd(hard, applied, index, term);
            return new RecoveredLog(
                    hard.state(), hard.snapshotIndex(), hard.snapshotTerm(), List.copyOf(runs), List.copyOf(tail));
        } catch (SQLException e) {
            throw file.failed("reading", e);
        }
    }

    /** First index of the row to start the tail with. */
    private long keepFrom(long settled, long tailBytes) throws SQLException {
        long from = Long.MAX_VALUE;
        long bytes = 0;
        try (PreparedStatement select = file.prepare("SELECT first, length(data) FROM log ORDER BY first DESC");
                ResultSet row = select.executeQuery()) {
            while ((from > settled + 1 || bytes < tailBytes) && row.next()) {
                from = row.getLong(1);
                bytes += row.getLong(2);
            }
        }
        return from;
    }

    private void checkNext(Row row, long expected) {
        if (row.first() != expected || row.last() < row.first()) {
            throw new DamagedException(
                    file.path(), "entry " + expected + " is missing before " + row.first() + ".." + row.last());
        }
    }

    private static boolean isOther(long appliedTerm, long term) {
        return appliedTerm != ANY_TERM && appliedTerm != term;
    }

    private DamagedException otherHistory(HardRow hard, long applied, long appliedTerm, long term) {
        return new DamagedException(
                file.path(),
                "entry " + applied + " is of term " + term + " here but of term " + appliedTerm + " in "
                        + hard.stateFile());
    }

    private void checkEnd(HardRow hard, long applied, long index, long term) {
        if (hard.state().commit() > index) {
            throw new DamagedException(
                    file.path(),
                    "it ends at entry " + index + " but " + hard.state().commit() + " was committed");
        }
        if (applied > index) {
            throw new DamagedException(
                    file.path(), "it ends at entry " + index + " but " + hard.stateFile() + " holds entry " + applied);
        }
        if (applied < hard.snapshotIndex()) {
            throw new DamagedException(
                    file.path(),
                    "it begins after entry " + hard.snapshotIndex() + " but " + hard.stateFile() + " ends at "
                            + applied);
        }
        if (term > hard.state().term()) {
            throw new DamagedException(
                    file.path(),
                    "its last entry is of term " + term + " but the term is "
                            + hard.state().term());
        }
    }

    private static Row row(ResultSet row) throws SQLException {
        return new Row(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getBytes(5));
    }
}
