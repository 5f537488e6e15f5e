package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRow;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code log.db}: its rows and its transactions. Every method that writes is one transaction, durable when it returns; one
 * that throws leaves memory and file apart, so the caller must stop, or {@link #undo} if only the disk was full. One thread
 * at a time.
 */
final class LogFile implements AutoCloseable {
    static final String NAME = "log.db";

    /** Format 2 has these besides; a file of format 1 gets them when it is opened. */
    static final List<String> TABLES_OF_2 = List.of(
            "CREATE TABLE IF NOT EXISTS first_member(id INTEGER PRIMARY KEY, peer_urls TEXT NOT NULL,"
                    + " crc INTEGER NOT NULL)",
            "CREATE TABLE IF NOT EXISTS retired(id INTEGER PRIMARY KEY CHECK(id = 1))");

    static final FileFormat FORMAT = new FileFormat(
            0x526c4c67,
            2,
            8192,
            "FULL",
            8192,
            List.of(
                    "CREATE TABLE log(first INTEGER PRIMARY KEY, last INTEGER NOT NULL, term INTEGER NOT NULL,"
                            + " crc INTEGER NOT NULL, data BLOB NOT NULL)",
                    "CREATE TABLE hard(id INTEGER PRIMARY KEY CHECK(id = 1), term INTEGER NOT NULL,"
                            + " vote INTEGER NOT NULL, commit_index INTEGER NOT NULL, snap_index INTEGER NOT NULL,"
                            + " snap_term INTEGER NOT NULL, snap_crc INTEGER NOT NULL, state_file TEXT NOT NULL,"
                            + " directory_id TEXT NOT NULL, cluster_id INTEGER NOT NULL, member_id INTEGER NOT NULL,"
                            + " format INTEGER NOT NULL, crc INTEGER NOT NULL)",
                    "CREATE TABLE peer(member INTEGER PRIMARY KEY, directory_id TEXT NOT NULL)",
                    TABLES_OF_2.get(0),
                    TABLES_OF_2.get(1)));

    /** A row holds entries of one term up to this size, or a single entry that is larger. */
    static final int ROW_BYTES_MAX = 256 * 1024;

    /** About how many bytes of entries are kept for followers that are behind, on a disk that is not small. */
    static final long TAIL_BYTES_MAX = 64L << 20;

    private final SqliteFile file;
    private final LogReader reader;
    private final LogNotes notes;
    private final Checksum checksum = new Checksum();
    private final EntryChain chain = new EntryChain();
    /** The driver gives up a statement that failed, so they are made anew after an error. */
    private Statements statements;

    private final LogPrefix prefix;
    private HardRow hard;
    private long lastIndex;
    private long lastTerm;

    private LogFile(SqliteFile file, long tailBytes) throws SQLException {
        this.file = file;
        statements = Statements.of(file);
        prefix = new LogPrefix(file, tailBytes);
        reader = new LogReader(file);
        notes = new LogNotes(file);
        HardRow found = reader.hard();
        if (found == null) {
            if (reader.last() != null) {
                throw new DamagedException(file.path(), "it has entries but no hard state");
            }
            found = HardRow.fresh(UUID.randomUUID());
            putHard(found);
        }
        file.commit();
        hard = found;
        goToEnd(hard, reader.last());
        file.commit();
    }

    private record Statements(
            PreparedStatement insertRow,
            PreparedStatement deleteFrom,
            PreparedStatement deleteAll,
            PreparedStatement updateHard) {
        static Statements of(SqliteFile file) throws SQLException {
            return new Statements(
                    file.prepare("INSERT INTO log(first, last, term, crc, data) VALUES(?, ?, ?, ?, ?)"),
                    file.prepare("DELETE FROM log WHERE first >= ?"),
                    file.prepare("DELETE FROM log"),
                    file.prepare("INSERT OR REPLACE INTO hard(id, term, vote, commit_index, snap_index, snap_term,"
                            + " snap_crc, state_file, directory_id, cluster_id, member_id, format, crc)"
                            + " VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
        }
    }

    /**
     * Opens the log's file, and makes it with a new directory id if there is none.
     *
     * @param tailBytes about how many bytes of entries are kept for followers that are behind; see {@link #tailStart}
     */
    static LogFile open(Path path, long tailBytes) {
        SqliteFile file = SqliteFile.openOrCreate(path, FORMAT);
        try {
            return new LogFile(file, tailBytes);
        } catch (SQLException e) {
            file.close();
            throw file.failed("opening", e);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    Path path() {
        return file.path();
    }

    HardRow hard() {
        return hard;
    }

    long lastIndex() {
        return lastIndex;
    }

    LogReader reader() {
        return reader;
    }

    /** As below, of writes without snapshots. */
    void write(List<LogWrite> group) {
        write(group, snapshot -> {
            throw new IllegalStateException("no file holds " + snapshot);
        });
    }

    /**
     * Begins to make a group of writes durable; {@link #commit} ends it.
     *
     * @param stateFileOf name of the state file that holds a snapshot
     */
    void write(List<LogWrite> group, Function<SnapshotMeta, String> stateFileOf) {
        try {
            HardState state = null;
            List<Entry> fresh = new ArrayList<>();
            for (LogWrite write : group) {
                if (write.hardState() != null) {
                    state = write.hardState();
                }
                if (write.snapshot() != null) {
                    fresh.clear();
                    restart(write.snapshot(), stateFileOf.apply(write.snapshot()));
                }
                if (!write.entries().isEmpty()) {
                    join(fresh, write.entries());
                }
            }
            insert(fresh);
            if (state != null) {
                hard = hard.with(state);
                putHard(hard);
            }
        } catch (SQLException e) {
            throw file.failed("writing", e);
        }
    }

    /** The log drops all it holds and follows a snapshot, whose file takes the place of the state file. */
    private void restart(SnapshotMeta snapshot, String stateFile) throws SQLException {
        statements.deleteAll().executeUpdate();
        prefix.cutFrom(0);
        hard = hard.startingAfter(snapshot.index(), snapshot.term(), 0).with(stateFile);
        goToEnd(hard, null);
        putHard(hard);
    }

    /**
     * Deletes a little of the log's beginning, no further than {@code through}, as part of the transaction that {@link
     * #commit} ends.
     *
     * @return whether anything was deleted
     */
    boolean cutPrefix(long through) {
        try {
            LogPrefix.Start start = through > hard.snapshotIndex() ? prefix.cut(through) : null;
            if (start != null) {
                hard = hard.startingAfter(start.index(), start.term(), start.crc());
                putHard(hard);
            }
            return start != null;
        } catch (SQLException e) {
            throw file.failed("truncating", e);
        }
    }

    /** An index behind which lie about as many bytes of entries as are kept; 0 if there are fewer. */
    long tailStart() {
        return prefix.tailStart();
    }

    /** Makes this the file in which the state is, in a transaction of its own. */
    void switchState(String stateFile) {
        change(() -> {
            hard = hard.with(stateFile);
            putHard(hard);
        });
    }

    /** Ends what {@link #write} began: the one fsync. */
    void commit() {
        try {
            file.commit();
        } catch (SQLException e) {
            throw file.failed("committing", e);
        }
    }

    /** After a transaction that found no room: back to what is durable, in memory as in the file. */
    void undo() {
        try {
            file.rollback();
            statements = Statements.of(file);
            prefix.prepare();
            HardRow durable = reader.hard();
            if (durable == null) {
                throw new DamagedException(file.path(), "its hard state is gone");
            }
            hard = durable;
            goToEnd(hard, reader.last());
            prefix.cutFrom(lastIndex + 1);
            file.commit();
        } catch (SQLException e) {
            throw file.failed("rolling back", e);
        }
    }

    void bind(Identity owner) {
        change(() -> own(owner));
    }

    /**
     * Makes the directory a member's for ever, with all that it must know before its first entry.
     *
     * @param firstMembers what the log begins with
     * @param directories which peer has which directory, as others have seen it
     */
    void found(Identity owner, List<MemberRow> firstMembers, Map<Long, UUID> directories) {
        change(() -> {
            own(owner);
            notes.firstMembers(firstMembers);
            for (Map.Entry<Long, UUID> peer : directories.entrySet()) {
                notes.bindPeer(peer.getKey(), peer.getValue());
            }
        });
    }

    /** As {@link #found}, of a log that goes on from a state that is there already. */
    void restored(Identity owner, List<MemberRow> firstMembers, StateMeta state) {
        change(() -> {
            hard = hard.with(new HardState(state.term(), 0, state.applied()))
                    .startingAfter(state.applied(), state.term(), 0);
            own(owner);
            goToEnd(hard, null);
            notes.firstMembers(firstMembers);
        });
    }

    private void own(Identity owner) throws SQLException {
        hard = hard.with(owner);
        putHard(hard);
    }

    void bindPeer(long member, UUID directory) {
        change(() -> notes.bindPeer(member, directory));
    }

    /** This member was removed from its cluster. */
    void retire() {
        change(notes::retire);
    }

    boolean retired() {
        return read(notes::retired);
    }

    Map<Long, UUID> peers() {
        return read(notes::peers);
    }

    List<MemberRow> firstMembers() {
        return read(notes::firstMembers);
    }

    @FunctionalInterface
    private interface Change {
        void run() throws SQLException;
    }

    @FunctionalInterface
    private interface Read<T> {
        T run() throws SQLException;
    }

    private void change(Change change) {
        try {
            change.run();
            file.commit();
        } catch (SQLException e) {
            throw file.failed("writing", e);
        }
    }

    private <T> T read(Read<T> read) {
        try {
            T found = read.run();
            file.commit();
            return found;
        } catch (SQLException e) {
            throw file.failed("reading", e);
        }
    }

    SqliteFile.WalFrames checkpoint() {
        try {
            return file.checkpoint();
        } catch (SQLException e) {
            throw file.failed("checkpointing", e);
        }
    }

    /** Adds entries behind {@code fresh}, cutting first what they replace, there or in the file. */
    private void join(List<Entry> fresh, List<Entry> entries) throws SQLException {
        long first = entries.get(0).index();
        long next = (fresh.isEmpty() ? lastIndex : fresh.get(fresh.size() - 1).index()) + 1;
        if (first > next) {
            throw new IllegalStateException("entry " + first + " would leave a gap after " + (next - 1));
        }
        if (first < next) {
            if (first <= hard.state().commit()) {
                throw new IllegalStateException("entry " + first + " would replace one that is committed, up to "
                        + hard.state().commit());
            }
            fresh.removeIf(entry -> entry.index() >= first);
            if (first <= lastIndex) {
                cutFrom(first);
            }
        }
        fresh.addAll(entries);
    }

    private void insert(List<Entry> fresh) throws SQLException {
        int start = 0;
        int bytes = 0;
        for (int i = 0; i < fresh.size(); i++) {
            Entry entry = fresh.get(i);
            checkFollows(i == 0 ? null : fresh.get(i - 1), entry);
            int size = EntryChain.encodedBytes(entry);
            if (i > start && (entry.term() != fresh.get(start).term() || bytes + size > ROW_BYTES_MAX)) {
                insertRow(fresh.subList(start, i));
                start = i;
                bytes = 0;
            }
            bytes += size;
        }
        if (start < fresh.size()) {
            insertRow(fresh.subList(start, fresh.size()));
        }
    }

    private void checkFollows(@Nullable Entry before, Entry entry) {
        long index = before == null ? lastIndex : before.index();
        long term = before == null ? lastTerm : before.term();
        if (entry.index() != index + 1 || entry.term() < term) {
            throw new IllegalStateException("entry " + entry + " does not follow " + index + " of term " + term);
        }
    }

    private void insertRow(List<Entry> entries) throws SQLException {
        Entry first = entries.get(0);
        Entry last = entries.get(entries.size() - 1);
        byte[] data = chain.encode(entries);
        statements.insertRow().setLong(1, first.index());
        statements.insertRow().setLong(2, last.index());
        statements.insertRow().setLong(3, first.term());
        statements.insertRow().setLong(4, chain.crc());
        statements.insertRow().setBytes(5, data);
        statements.insertRow().executeUpdate();
        lastIndex = last.index();
        lastTerm = last.term();
        prefix.appended(lastIndex, data.length);
    }

    /** Removes entries from {@code first} on; the row in which it lies keeps its earlier ones. */
    private void cutFrom(long first) throws SQLException {
        LogReader.Row straddling = reader.rowBefore(first);
        List<Entry> kept = new ArrayList<>();
        if (straddling != null && straddling.last() >= first) {
            kept.addAll(reader.entries(straddling, reader.crcBefore(straddling.first(), hard)));
            kept.removeIf(entry -> entry.index() >= first);
        }
        statements.deleteFrom().setLong(1, kept.isEmpty() ? first : kept.get(0).index());
        statements.deleteFrom().executeUpdate();
        prefix.cutFrom(first);
        goToEnd(hard, reader.last());
        if (!kept.isEmpty()) {
            insertRow(kept);
        }
    }

    private void goToEnd(HardRow from, LogReader.@Nullable Row last) {
        lastIndex = last == null ? from.snapshotIndex() : last.last();
        lastTerm = last == null ? from.snapshotTerm() : last.term();
        chain.startAt(last == null ? from.snapshotCrc() : last.crc());
    }

    private void putHard(HardRow row) throws SQLException {
        statements.updateHard().setLong(1, row.state().term());
        statements.updateHard().setLong(2, row.state().vote());
        statements.updateHard().setLong(3, row.state().commit());
        statements.updateHard().setLong(4, row.snapshotIndex());
        statements.updateHard().setLong(5, row.snapshotTerm());
        statements.updateHard().setLong(6, row.snapshotCrc());
        statements.updateHard().setString(7, row.stateFile());
        statements.updateHard().setString(8, row.directory().toString());
        statements.updateHard().setLong(9, row.clusterId());
        statements.updateHard().setLong(10, row.memberId());
        statements.updateHard().setInt(11, HardRow.ENTRY_FORMAT);
        statements.updateHard().setLong(12, row.crc(checksum));
        statements.updateHard().executeUpdate();
    }

    @Override
    public void close() {
        file.close();
    }
}
