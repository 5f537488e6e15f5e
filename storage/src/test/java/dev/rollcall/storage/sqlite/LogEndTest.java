package dev.rollcall.storage.sqlite;

import static dev.rollcall.storage.sqlite.Logs.entries;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.driver.LogWrite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged and is missing at the log's end, where a crash may have torn it: no state file knows of it yet. */
class LogEndTest {
    private static final Identity OWNER = new Identity(7, 1);
    private static final int COMMITS = 12;
    private static final int FRAME = 24 + 8192;

    @TempDir
    Path parent;

    private Path crashed;
    private int copies;

    @BeforeEach
    void write() {
        Path path = parent.resolve("running");
        try (DataDirectory directory = DataDirectory.open(path);
                SqliteLog log = SqliteLog.open(directory, OWNER)) {
            Logs.Reports reports = new Logs.Reports();
            log.start(reports);
            for (int i = 1; i <= COMMITS; i++) {
                log.append(Logs.write(i, 1, entries(i, i, 1)));
                reports.awaitPersisted(i);
            }
            crashed = copy(path);
        }
    }

    private Path copy(Path from) {
        Path to = parent.resolve("copy" + ++copies);
        DiskMember.copy(from, to);
        return to;
    }

    private static long lastIndex(Path path) {
        try (DataDirectory directory = DataDirectory.open(path);
                SqliteLog log = SqliteLog.open(directory, OWNER)) {
            return log.recover(0).lastIndex();
        }
    }

    private static void assertDamaged(Path path) {
        String message = String.valueOf(
                assertThrows(DamagedException.class, () -> lastIndex(path)).getMessage());
        assertTrue(message.contains("log.db"), message);
    }

    @Test
    void whatIsWholeIsRead() {
        assertEquals(COMMITS, lastIndex(copy(crashed)));
    }

    @Test
    void aLogThatIsCutAnywhereIsDamaged() throws IOException {
        byte[] wal = Files.readAllBytes(crashed.resolve("log.db-wal"));
        for (int length = 0; length < wal.length; length += length < 32 ? 32 : FRAME / 2) {
            Path cut = copy(crashed);
            Files.write(cut.resolve("log.db-wal"), Arrays.copyOf(wal, length));
            assertDamaged(cut);
        }
        Path without = copy(crashed);
        Files.delete(without.resolve("log.db-wal"));
        assertDamaged(without);
    }

    @Test
    void aFlippedBitInTheLastTransactionIsDamage() throws IOException {
        byte[] wal = Files.readAllBytes(crashed.resolve("log.db-wal"));
        for (int at = wal.length - FRAME; at < wal.length; at += 97) {
            Path flipped = copy(crashed);
            byte[] bytes = wal.clone();
            bytes[at] ^= 4;
            Files.write(flipped.resolve("log.db-wal"), bytes);
            assertDamaged(flipped);
        }
    }

    @Test
    void aVoteThatIsForgottenIsDamage() throws IOException {
        Path path = copy(crashed);
        byte[] before = Files.readAllBytes(path.resolve("log.db-wal"));
        Path voted;
        try (DataDirectory directory = DataDirectory.open(path);
                SqliteLog log = SqliteLog.open(directory, OWNER)) {
            Logs.Reports reports = new Logs.Reports();
            log.start(reports);
            log.append(new LogWrite(1, new HardState(2, 3, 0), List.of()));
            reports.awaitPersisted(1);
            voted = copy(path);
        }
        assertEquals(COMMITS, lastIndex(copy(voted)));
        Files.write(voted.resolve("log.db-wal"), before);
        Files.copy(crashed.resolve("log.db"), voted.resolve("log.db"), StandardCopyOption.REPLACE_EXISTING);
        assertDamaged(voted);
    }

    /** The new leader's entries take the place of those that were never committed, and the log ends sooner. */
    @Test
    void entriesThatWereReplacedAreNotMissing() {
        Path path = copy(crashed);
        try (DataDirectory directory = DataDirectory.open(path);
                SqliteLog log = SqliteLog.open(directory, OWNER)) {
            Logs.Reports reports = new Logs.Reports();
            log.start(reports);
            log.append(new LogWrite(1, new HardState(2, 0, 0), entries(5, 6, 2)));
            reports.awaitPersisted(1);
            assertEquals(6, lastIndex(copy(path)));
        }
        assertEquals(6, lastIndex(path));
    }

    /** As after a loss of power, which may leave any note that was once written, or nothing. */
    @Test
    void whatIsNotNotedIsNotMissed() throws IOException {
        Path empty = copy(crashed);
        Files.write(empty.resolve(LogEnd.NAME), new byte[0]);
        assertEquals(COMMITS, lastIndex(empty));
        Path zeros = copy(crashed);
        Files.write(zeros.resolve(LogEnd.NAME), new byte[32]);
        assertEquals(COMMITS, lastIndex(zeros));
        Path none = copy(crashed);
        Files.delete(none.resolve(LogEnd.NAME));
        assertEquals(COMMITS, lastIndex(none));
    }
}
