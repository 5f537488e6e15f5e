package dev.rollcall.storage.sqlite;

import static dev.rollcall.storage.sqlite.Logs.entries;
import static dev.rollcall.storage.sqlite.Logs.entry;
import static dev.rollcall.storage.sqlite.Logs.large;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.TermRun;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.driver.RecoveredLog;
import dev.rollcall.storage.sqlite.Logs.Reports;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteLogTest {
    @TempDir
    Path path;

    private DataDirectory directory;
    private SqliteLog log;
    private Reports reports;
    private long seq;

    @BeforeEach
    void open() {
        directory = DataDirectory.open(path);
        log = SqliteLog.open(directory, new Identity(7, 1));
        start();
    }

    private void start() {
        reports = new Reports();
        seq = 0;
        log.start(reports);
    }

    @AfterEach
    void close() {
        log.close();
        directory.close();
    }

    private RecoveredLog reopen(long applied) {
        close();
        directory = DataDirectory.open(path);
        log = SqliteLog.open(directory, new Identity(7, 1));
        RecoveredLog recovered = log.recover(applied);
        start();
        return recovered;
    }

    private void append(long term, List<Entry> entries) {
        log.append(Logs.write(++seq, term, entries));
    }

    private void appendDurably(long term, List<Entry> entries) {
        append(term, entries);
        reports.awaitPersisted(seq);
    }

    @Test
    void aFreshLogIsEmpty() {
        assertEquals(RecoveredLog.EMPTY, reopen(0));
        assertEquals(0, log.durableIndex());
    }

    @Test
    void whatWasPersistedIsRecovered() {
        appendDurably(1, entries(1, 3, 1));
        appendDurably(2, entries(4, 4, 2));
        log.append(new LogWrite(++seq, new HardState(3, 9, 4), List.of()));
        reports.awaitPersisted(seq);
        assertEquals(4, log.durableIndex());

        RecoveredLog recovered = reopen(2);

        assertEquals(new HardState(3, 9, 4), recovered.hardState());
        assertEquals(List.of(new TermRun(1, 1), new TermRun(4, 2)), recovered.termRuns());
        assertEquals(List.of(entry(1, 1), entry(2, 1), entry(3, 1), entry(4, 2)), recovered.tail());
        assertEquals(4, log.durableIndex());
    }

    @Test
    void everyKindAndSizeOfEntryComesBack() {
        List<Entry> written = List.of(
                new Entry(1, 1, EntryKind.NOOP, new byte[0]),
                new Entry(2, 1, EntryKind.CONFIG, new byte[] {1, 0, -1}),
                large(3, 1, LogFile.ROW_BYTES_MAX - 5),
                large(4, 1, 2 << 20),
                new Entry(5, 1, EntryKind.NORMAL, new byte[0]));
        appendDurably(1, written);

        assertEquals(written, reopen(0).tail());
    }

    @Test
    void completionsComeInOrderOnePerWrite() {
        for (int i = 1; i <= 50; i++) {
            append(1, entries(i, i, 1));
        }
        for (int i = 1; i <= 50; i++) {
            assertEquals(i, reports.next(Reports.Persisted.class).seq());
        }
    }

    @Test
    void whatIsReportedIsCommittedAlready() throws Exception {
        close();
        directory = DataDirectory.open(path);
        log = SqliteLog.open(directory, null);
        seq = 0;
        SqliteLog opened = log;
        List<Long> seen = new ArrayList<>();
        try (SqliteFile other = SqliteFile.openForMaintenance(path.resolve("log.db"), LogFile.FORMAT)) {
            reports = new Reports() {
                @Override
                public void persisted(long persisted) {
                    try {
                        seen.add(other.number("SELECT max(last) FROM log"));
                        other.commit();
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                    seen.add(opened.durableIndex());
                    super.persisted(persisted);
                }
            };
            log.start(reports);
            appendDurably(1, entries(1, 3, 1));
            appendDurably(1, entries(4, 5, 1));
        }
        assertEquals(List.of(3L, 3L, 5L, 5L), seen);
    }

    @Test
    void aConflictReplacesTheSuffixWithinItsRow() {
        appendDurably(1, entries(1, 10, 1));
        appendDurably(1, entries(11, 20, 1));
        appendDurably(2, entries(15, 16, 2));
        assertEquals(16, log.durableIndex());
        appendDurably(3, entries(5, 5, 3));
        assertEquals(5, log.durableIndex());
        appendDurably(3, entries(6, 7, 3));

        RecoveredLog recovered = reopen(0);

        List<Entry> expected = new ArrayList<>(entries(1, 4, 1));
        expected.addAll(entries(5, 7, 3));
        assertEquals(expected, recovered.tail());
        assertEquals(List.of(new TermRun(1, 1), new TermRun(5, 3)), recovered.termRuns());
    }

    @Test
    void aConflictCanReplaceWholeRowsAndEverything() {
        appendDurably(1, entries(1, 3, 1));
        appendDurably(1, entries(4, 6, 1));
        appendDurably(2, entries(4, 4, 2));
        appendDurably(3, entries(1, 2, 3));

        assertEquals(entries(1, 2, 3), reopen(0).tail());
    }

    @Test
    void aConflictWithinOneGroupIsResolvedInOrder() {
        log.close();
        LogFile file = directory.log();
        file.write(List.of(
                Logs.write(1, 1, entries(1, 6, 1)),
                Logs.write(2, 2, entries(4, 5, 2)),
                Logs.write(3, 3, entries(5, 8, 3))));
        file.commit();

        List<Entry> expected = new ArrayList<>(entries(1, 3, 1));
        expected.add(entry(4, 2));
        expected.addAll(entries(5, 8, 3));
        assertEquals(expected, reopen(0).tail());
    }

    @Test
    void hardStateAndEntriesBecomeDurableTogether() {
        log.close();
        LogFile file = directory.log();
        file.write(List.of(Logs.write(1, 5, entries(1, 3, 5))));
        // No commit: what a crash between the two would leave.

        RecoveredLog recovered = reopen(0);

        assertEquals(HardState.EMPTY, recovered.hardState());
        assertTrue(recovered.tail().isEmpty());
    }

    @Test
    void aCommittedEntryIsNeverReplaced() {
        log.append(new LogWrite(++seq, new HardState(1, 1, 3), entries(1, 5, 1)));
        reports.awaitPersisted(seq);
        append(2, entries(3, 3, 2));

        assertInstanceOf(
                IllegalStateException.class, reports.next(Reports.Failed.class).cause());
    }

    @Test
    void aGapIsRefusedAndNothingIsAcknowledgedAfterIt() {
        append(1, entries(2, 2, 1));
        assertInstanceOf(
                IllegalStateException.class, reports.next(Reports.Failed.class).cause());
        append(1, entries(1, 1, 1));
        log.load(1, 1, 100);

        assertEquals(HardState.EMPTY, reopen(0).hardState());
        assertThrows(IllegalStateException.class, () -> log.append(Logs.write(9, 1, entries(1, 1, 1))));
    }

    @Test
    void theEndIsRecoveredWithinItsBudgetButNeverLessThanNeeded() {
        for (int i = 1; i <= 40; i++) {
            appendDurably(1, List.of(large(i, 1, 400_000)));
        }

        List<Entry> little = reopen(40).tail();
        assertEquals(40, little.get(little.size() - 1).index());
        assertTrue(little.size() >= 20 && little.size() <= 22, "kept " + little.size());
        assertEquals(List.of(new TermRun(1, 1)), reopen(40).termRuns());
        assertEquals(3, reopen(2).tail().get(0).index());
    }

    @Test
    void rangesAreLoadedWithinTheirLimits() {
        appendDurably(1, entries(1, 10, 1));
        appendDurably(2, entries(11, 20, 2));
        int one = entry(11, 2).sizeBytes();

        log.load(9, 12, 1 << 20);
        log.load(11, 20, 3 * one);
        log.load(11, 20, 1);
        log.load(20, 500, 1 << 20);

        List<Entry> acrossRows = new ArrayList<>(entries(9, 10, 1));
        acrossRows.addAll(entries(11, 12, 2));
        assertEquals(new Reports.Loaded(9, acrossRows), reports.next(Reports.Loaded.class));
        assertEquals(new Reports.Loaded(11, entries(11, 13, 2)), reports.next(Reports.Loaded.class));
        assertEquals(new Reports.Loaded(11, entries(11, 11, 2)), reports.next(Reports.Loaded.class));
        assertEquals(new Reports.Loaded(20, entries(20, 20, 2)), reports.next(Reports.Loaded.class));
    }

    @Test
    void loadingWhatIsNotThereStopsTheLog() {
        appendDurably(1, entries(1, 3, 1));
        log.load(4, 4, 100);

        assertInstanceOf(
                IllegalStateException.class, reports.next(Reports.Failed.class).cause());
    }

    @Test
    void peersStayBound() {
        UUID other = UUID.randomUUID();
        assertNull(log.boundDirectory(2));
        log.bind(2, other);
        assertFalse(log.retired());
        log.retire();
        assertEquals(other, log.boundDirectory(2));
        reopen(0);
        assertEquals(other, log.boundDirectory(2));
        assertTrue(log.retired());
    }

    @Test
    void theWalStartsOverUnderCheckpoints() {
        int writes = 1_500;
        Checkpointer checkpointer = Checkpointer.start(List.of(log.checkpoints()), reports::failed);
        for (int i = 1; i <= writes; i++) {
            appendDurably(1, List.of(large(i, 1, 20_000)));
        }
        checkpointer.close();
        long walBytes = path.resolve("log.db-wal").toFile().length();
        assertTrue(walBytes < writes * 20_000L, "the WAL has grown to " + walBytes);
        assertEquals(writes, reopen(writes).lastIndex());
    }
}
