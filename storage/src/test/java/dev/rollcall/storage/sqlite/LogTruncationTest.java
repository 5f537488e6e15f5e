package dev.rollcall.storage.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.driver.RecoveredLog;
import dev.rollcall.storage.apply.StateMeta;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log's beginning goes, a little at a time, and what is left is as good as before. */
class LogTruncationTest {
    @TempDir
    Path path;

    private DataDirectory directory;
    private SqliteLog log;
    private Logs.Reports reports = new Logs.Reports();
    private long seq;

    @BeforeEach
    void open() {
        directory = DataDirectory.open(path);
        log = SqliteLog.open(directory, new Identity(7, 1));
    }

    @AfterEach
    void close() {
        log.close();
        directory.close();
    }

    private void start() {
        reports = new Logs.Reports();
        seq = 0;
        log.start(reports);
    }

    private void reopen() {
        close();
        open();
    }

    /** One row for each entry. */
    private void append(long first, long last, long term) {
        for (long index = first; index <= last; index++) {
            append(Logs.entry(index, term), term);
        }
    }

    private void append(Entry entry, long term) {
        log.append(new LogWrite(++seq, new HardState(term, 1, entry.index() - 1), List.of(entry)));
        reports.awaitPersisted(seq);
    }

    private void awaitTruncated(long through) {
        while (reports.next(Logs.Reports.Truncated.class).through() < through) {}
    }

    @Test
    void anIdleLogIsTruncatedToTheEntry() {
        start();
        append(1, 300, 1);
        append(301, 600, 2);
        log.truncate(450);
        awaitTruncated(450);
        assertEquals(450, log.base());
        reopen();
        RecoveredLog recovered = log.recover(new StateMeta(500, 2, 1, 0, 0));
        assertEquals(450, recovered.snapshotIndex());
        assertEquals(2, recovered.snapshotTerm());
        assertEquals(600, recovered.lastIndex());
        start();
        log.load(451, 452, 1 << 20);
        assertEquals(
                List.of(Logs.entry(451, 2), Logs.entry(452, 2)),
                reports.next(Logs.Reports.Loaded.class).entries());
        log.load(450, 452, 1 << 20);
        assertEquals(List.of(), reports.next(Logs.Reports.Loaded.class).entries());
        append(601, 602, 2);
        reopen();
        assertEquals(602, log.recover(450).lastIndex());
    }

    @Test
    void allOfItMayGo() {
        start();
        append(1, 20, 4);
        log.truncate(20);
        awaitTruncated(20);
        reopen();
        RecoveredLog recovered = log.recover(20);
        assertEquals(new RecoveredLog(new HardState(4, 1, 19), 20, 4, List.of(), List.of()), recovered);
        start();
        append(21, 21, 4);
        reopen();
        assertEquals(21, log.recover(20).lastIndex());
    }

    @Test
    void noCommitCarriesMuchOfIt() throws Exception {
        start();
        append(1, 1_000, 1);
        log.truncate(900);
        awaitTruncated(LogPrefix.ROWS_MAX);
        long through = LogPrefix.ROWS_MAX;
        while (through < 900) {
            long next = reports.next(Logs.Reports.Truncated.class).through();
            assertTrue(next - through <= LogPrefix.ROWS_MAX, () -> "a step to " + next);
            through = next;
        }
    }

    @Test
    void largeRowsGoFewAtATime() {
        start();
        for (long index = 1; index <= 30; index++) {
            append(Logs.large(index, 1, 200_000), 1);
        }
        log.truncate(30);
        long through = 0;
        while (through < 30) {
            long next = reports.next(Logs.Reports.Truncated.class).through();
            assertTrue(next - through <= LogPrefix.BYTES_MAX / 200_000 + 1, () -> "a step to " + next);
            through = next;
        }
    }

    @Test
    void underLoadItRidesOnTheWrites() throws Exception {
        start();
        append(1, 2_000, 1);
        log.truncate(1_900);
        append(2_001, 2_050, 1);
        assertEquals(1_900, log.base());
        reopen();
        assertEquals(2_050, log.recover(2_000).lastIndex());
        assertEquals(150, rows());
    }

    @Test
    @SuppressWarnings("try") // what is open is meant to be open, no more
    void whatFindsNothingToCutLeavesNoTransactionOpen() {
        try (Checkpointer checkpointer =
                Checkpointer.start(List.of(log.checkpoints()), cause -> reports.failed(cause))) {
            start();
            log.append(new LogWrite(++seq, new HardState(1, 1, 0), Logs.entries(1, 5, 1)));
            for (long index = 6; index <= 40; index++) {
                append(Logs.large(index, 1, 1 << 20), 1);
                // Within the first row, which goes whole or not at all.
                log.truncate(3);
            }
            log.bind(2, new UUID(1, 2));
        }
        reopen();
        assertEquals(40, log.recover(0).lastIndex());
    }

    @Test
    void aStateThatEndsBeforeTheLogBeginsIsDamage() {
        start();
        append(1, 20, 1);
        log.truncate(10);
        awaitTruncated(10);
        reopen();
        DamagedException damaged = assertThrows(DamagedException.class, () -> log.recover(9));
        assertTrue(String.valueOf(damaged.getMessage()).contains("begins after entry 10"), damaged.getMessage());
    }

    @Test
    void aStateOfAnotherHistoryIsDamage() {
        start();
        append(1, 20, 3);
        log.truncate(10);
        awaitTruncated(10);
        reopen();
        assertThrows(DamagedException.class, () -> log.recover(new StateMeta(15, 2, 1, 0, 0)));
        assertThrows(DamagedException.class, () -> log.recover(new StateMeta(10, 2, 1, 0, 0)));
        assertEquals(20, log.recover(new StateMeta(15, 3, 1, 0, 0)).lastIndex());
    }

    @Test
    void theTailIsBoundedInBytes() {
        start();
        List<Long> seen = new ArrayList<>();
        for (long index = 1; index <= 80; index++) {
            append(Logs.large(index, 1, 1 << 20), 1);
            seen.add(log.tailStart());
        }
        assertEquals(0, seen.get(50));
        assertTrue(seen.get(79) >= 80 - 66 && seen.get(79) <= 80 - 62, () -> "tail starts at " + seen.get(79));
    }

    private long rows() throws Exception {
        try (SqliteFile file = SqliteFile.openForMaintenance(path.resolve("log.db"), LogFile.FORMAT);
                PreparedStatement count = file.prepare("SELECT count(*) FROM log");
                ResultSet row = count.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }
}
