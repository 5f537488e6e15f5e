package dev.rollcall.storage.sqlite;

import static dev.rollcall.storage.sqlite.Logs.entries;
import static dev.rollcall.storage.sqlite.Logs.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.driver.LogWrite;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogDamageTest {
    private static final int COMMITS = 30;

    @TempDir
    Path parent;

    private Path closed;
    private Path crashed;

    /** One entry a commit; one directory as a clean end leaves it, one as a crash does. */
    @BeforeEach
    void write() throws IOException {
        closed = Files.createDirectory(parent.resolve("closed"));
        crashed = Files.createDirectory(parent.resolve("crashed"));
        try (DataDirectory directory = DataDirectory.open(closed)) {
            LogFile file = directory.log();
            for (int i = 1; i <= COMMITS; i++) {
                file.write(List.of(new LogWrite(i, new HardState(1, 1, i - 1), entries(i, i, 1))));
                file.commit();
            }
            Files.copy(closed.resolve("log.db"), crashed.resolve("log.db"));
            Files.copy(closed.resolve("log.db-wal"), crashed.resolve("log.db-wal"));
        }
    }

    private static long lastIndex(Path path, long applied) {
        try (DataDirectory directory = DataDirectory.open(path)) {
            return SqliteLog.open(directory, null).recover(applied).lastIndex();
        }
    }

    private static String damage(Path path, long applied) {
        String message = String.valueOf(assertThrows(DamagedException.class, () -> lastIndex(path, applied))
                .getMessage());
        assertTrue(message.contains("log.db") && message.contains("remove the member"), message);
        return message;
    }

    private void alter(String sql) throws SQLException {
        try (SqliteFile file = SqliteFile.openForMaintenance(closed.resolve("log.db"), LogFile.FORMAT)) {
            file.execute(sql);
            file.commit();
        }
    }

    @Test
    void undamagedFilesAreRead() {
        assertEquals(COMMITS, lastIndex(closed, COMMITS));
        assertEquals(COMMITS, lastIndex(crashed, COMMITS));
    }

    @Test
    void aStateAheadOfTheLogIsDamage() {
        assertTrue(damage(closed, COMMITS + 1).contains("ends at entry 30 but state-1.db holds entry 31"));
    }

    @Test
    void aLostEndIsDamageIfItWasCommitted() throws SQLException {
        alter("DELETE FROM log WHERE first >= 29");
        assertTrue(damage(closed, 0).contains("ends at entry 28 but 29 was committed"));
    }

    @Test
    void aFlippedBitInAnEntryIsDamage() throws IOException {
        Path file = closed.resolve("log.db");
        byte[] bytes = Files.readAllBytes(file);
        int at = new String(bytes, StandardCharsets.ISO_8859_1)
                .indexOf(new String(entry(12, 1).data(), StandardCharsets.ISO_8859_1));
        bytes[at + 3] ^= 0x10;
        Files.write(file, bytes);
        assertTrue(damage(closed, 0).contains("entries 12 to 12 have a bad checksum"));
    }

    @Test
    void missingMovedAndSwappedRowsAreDamage() throws SQLException {
        alter("CREATE TABLE kept AS SELECT * FROM log");
        alter("DELETE FROM log WHERE first = 7");
        assertTrue(damage(closed, 0).contains("entry 7 is missing"));
        alter("INSERT INTO log SELECT 7, 7, term, crc, data FROM kept WHERE first = 8");
        assertTrue(damage(closed, 0).contains("bad checksum"));
        alter(
                "UPDATE log SET data = (SELECT data FROM kept WHERE first = 7), crc = (SELECT crc FROM kept WHERE first = 7)"
                        + " WHERE first = 7");
        assertEquals(COMMITS, lastIndex(closed, 0));
        alter("UPDATE log SET term = 2 WHERE first = 30");
        damage(closed, 0);
    }

    /** Its own checksum is right; those of the entries behind it were made for another one in its place. */
    @Test
    void anEntryOfAnotherHistoryIsDamage() throws SQLException {
        try (SqliteFile file = SqliteFile.openForMaintenance(closed.resolve("log.db"), LogFile.FORMAT);
                PreparedStatement update = file.prepare("UPDATE log SET data = ?, crc = ? WHERE first = 7")) {
            EntryChain chain = new EntryChain();
            chain.startAt(file.number("SELECT crc FROM log WHERE first = 6"));
            update.setBytes(1, chain.encode(List.of(new Entry(7, 1, EntryKind.NORMAL, new byte[] {1}))));
            update.setLong(2, chain.crc());
            assertEquals(1, update.executeUpdate());
            file.commit();
        }
        assertTrue(damage(closed, 0).contains("entries 8 to 8 have a bad checksum"));
    }

    @Test
    void changedHardStateIsDamage() throws SQLException {
        alter("UPDATE hard SET vote = 2");
        assertTrue(damage(closed, 0).contains("hard state"));
        alter("DELETE FROM hard");
        assertTrue(damage(closed, 0).contains("no hard state"));
    }

    @Test
    void garbageIsDamage() throws IOException {
        byte[] bytes = Files.readAllBytes(closed.resolve("log.db"));
        Arrays.fill(bytes, 0, 100, (byte) 7);
        Files.write(closed.resolve("log.db"), bytes);
        damage(closed, 0);
    }

    @Test
    void aTornEndIsNotDamage() throws IOException {
        Path wal = crashed.resolve("log.db-wal");
        byte[] whole = Files.readAllBytes(wal);
        byte[] database = Files.readAllBytes(crashed.resolve("log.db"));
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 25; i++) {
            Files.write(crashed.resolve("log.db"), database);
            Files.deleteIfExists(crashed.resolve("log.db-shm"));
            int length = whole.length / 4 + random.nextInt(whole.length * 3 / 4);
            Files.write(wal, Arrays.copyOf(whole, length));
            long last = lastIndex(crashed, 0);
            assertTrue(last > 0 && last < COMMITS, "recovered up to " + last);
        }
    }

    /** SQLite alone forgets every commit from the flipped bit on, without a word. */
    @Test
    void aFlippedBitInTheWalIsDamageUnlessItMayBeATornEnd() throws IOException {
        Path wal = crashed.resolve("log.db-wal");
        byte[] whole = Files.readAllBytes(wal);
        byte[] database = Files.readAllBytes(crashed.resolve("log.db"));
        SplittableRandom random = new SplittableRandom(2);
        int found = 0;
        for (int i = 0; i < 60; i++) {
            Files.write(crashed.resolve("log.db"), database);
            Files.deleteIfExists(crashed.resolve("log.db-shm"));
            byte[] bytes = whole.clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(wal, bytes, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
            try {
                long last = lastIndex(crashed, 0);
                assertTrue(last >= COMMITS - 1, "lost everything after " + last + " in round " + i);
            } catch (DamagedException e) {
                found++;
            }
        }
        assertTrue(found > 45, "found " + found);
    }

    /** What says where the last transaction but one ends is as good a place for damage as any. */
    @Test
    void aFlippedBitBehindTheLastTransactionButOneIsDamage() throws IOException {
        Path wal = crashed.resolve("log.db-wal");
        byte[] whole = Files.readAllBytes(wal);
        byte[] database = Files.readAllBytes(crashed.resolve("log.db"));
        List<Integer> commits = commitsIn(whole);
        int frame = commits.get(commits.size() - 2);
        for (int at = frame + 8; at < frame + 24; at++) {
            for (int bit = 1; bit <= 0x80; bit <<= 1) {
                Files.write(crashed.resolve("log.db"), database);
                Files.deleteIfExists(crashed.resolve("log.db-shm"));
                byte[] bytes = whole.clone();
                bytes[at] ^= (byte) bit;
                Files.write(wal, bytes);
                assertTrue(damage(crashed, 0).contains("durable transactions follow it"));
            }
        }
    }

    /** Offsets of the frames that end a transaction. */
    private static List<Integer> commitsIn(byte[] wal) {
        ByteBuffer bytes = ByteBuffer.wrap(wal);
        List<Integer> commits = new ArrayList<>();
        for (int at = 32; at + 24 + 8192 <= wal.length; at += 24 + 8192) {
            if (bytes.getInt(at + 4) != 0 && bytes.getLong(at + 8) == bytes.getLong(16)) {
                commits.add(at);
            }
        }
        return commits;
    }
}
