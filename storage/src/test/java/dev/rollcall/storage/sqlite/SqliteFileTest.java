package dev.rollcall.storage.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteFileTest {
    @TempDir
    Path path;

    @Test
    void theLogSyncsEachCommitTheStateOnlyCheckpoints() throws SQLException {
        try (SqliteFile log = SqliteFile.openOrCreate(path.resolve("log.db"), LogFile.FORMAT);
                SqliteFile state = SqliteFile.openOrCreate(path.resolve("state-1.db"), StateFile.FORMAT);
                SqliteFile maintenance = SqliteFile.openForMaintenance(path.resolve("log.db"), LogFile.FORMAT)) {
            assertEquals(2, log.number("PRAGMA synchronous"), "FULL");
            assertEquals(2, maintenance.number("PRAGMA synchronous"), "FULL");
            assertEquals(1, state.number("PRAGMA synchronous"), "NORMAL");
            assertEquals(8192, log.number("PRAGMA page_size"));
            assertEquals(4096, state.number("PRAGMA page_size"));
            for (SqliteFile file : new SqliteFile[] {log, state, maintenance}) {
                assertEquals("wal", text(file, "PRAGMA journal_mode"));
                assertEquals(0, file.number("PRAGMA wal_autocheckpoint"));
                assertEquals(-1, file.number("PRAGMA journal_size_limit"));
                assertEquals(0, file.number("PRAGMA auto_vacuum"));
                assertEquals(5_000, file.number("PRAGMA busy_timeout"));
                assertTrue(file.number("PRAGMA application_id") > 0);
                assertEquals(file == state ? 3 : 2, file.number("PRAGMA user_version"));
            }
        }
    }

    @Test
    void aReaderCannotWrite() throws SQLException {
        try (SqliteFile state = SqliteFile.openOrCreate(path.resolve("state-1.db"), StateFile.FORMAT);
                SqliteFile reader = SqliteFile.openForReading(state.path(), StateFile.FORMAT)) {
            assertThrows(SQLException.class, () -> reader.execute("DELETE FROM kv"));
        }
    }

    /** Not damage: the file is whole. */
    @Test
    void aFullDiskIsNamed() throws SQLException {
        try (SqliteFile log = SqliteFile.openOrCreate(path.resolve("log.db"), LogFile.FORMAT)) {
            log.number("PRAGMA max_page_count=" + log.number("PRAGMA page_count"));
            SQLException full = assertThrows(
                    SQLException.class, () -> log.execute("INSERT INTO log VALUES(1, 1, 1, 1, zeroblob(1000000))"));
            DiskException named = assertInstanceOf(DiskException.class, log.failed("writing", full));
            assertTrue(named.full());
            assertTrue(String.valueOf(named.getMessage()).startsWith("disk full while writing"), named.getMessage());
        }
    }

    private static String text(SqliteFile file, String sql) throws SQLException {
        try (PreparedStatement statement = file.prepare(sql);
                ResultSet row = statement.executeQuery()) {
            assertTrue(row.next());
            return row.getString(1);
        }
    }
}
