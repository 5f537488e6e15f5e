package dev.rollcall.storage.sqlite;

import static dev.rollcall.storage.sqlite.Logs.entries;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir
    Path parent;

    private String refused(Path path) {
        String message = String.valueOf(assertThrows(DataDirectoryException.class, () -> DataDirectory.open(path))
                .getMessage());
        assertFalse(message.contains("\n"), message);
        return message;
    }

    @Test
    void aNewDirectoryIsMadeForItsOwnerAloneAndKeepsItsId() throws IOException {
        Path path = parent.resolve("a/b");
        UUID id;
        try (DataDirectory directory = DataDirectory.open(path)) {
            assertTrue(directory.fresh());
            assertEquals("state-1.db", directory.stateFileName());
            id = directory.directoryId();
            SqliteLog log = SqliteLog.open(directory, new Identity(1, 2));
            SqliteState state = SqliteState.open(directory, directory.stateFileName(), log::durableIndex);
            Logs.Reports reports = new Logs.Reports();
            log.start(reports);
            log.append(Logs.write(1, 1, entries(1, 1, 1)));
            reports.awaitPersisted(1);
            assertEquals("rwx------", mode(path));
            int files = 0;
            try (var all = Files.newDirectoryStream(path)) {
                for (Path file : all) {
                    if (Files.isRegularFile(file)) {
                        files++;
                        assertEquals("rw-------", mode(file), file.toString());
                    }
                }
            }
            assertTrue(files >= 6, "LOCK, two databases with -wal and -shm, but saw " + files);
            log.close();
            state.close();
        }
        try (DataDirectory directory = DataDirectory.open(path)) {
            assertFalse(directory.fresh());
            assertEquals(id, directory.directoryId());
        }
    }

    @Test
    void aDirectoryStaysFreshUntilAMemberIsBound() {
        DataDirectory.open(parent).close();
        try (DataDirectory again = DataDirectory.open(parent)) {
            assertTrue(again.fresh());
        }
    }

    @Test
    void aSecondUseWithinTheProcessIsRefusedAndDoesNotUnlock() throws Exception {
        try (DataDirectory held = DataDirectory.open(parent)) {
            assertTrue(refused(held.path()).contains("in use"));
            assertTrue(refused(held.path()).contains("in use"));
            Process other = ChildJvm.start(OpenDirectory.class, parent.toString());
            assertEquals(3, other.waitFor());
        }
        Process other = ChildJvm.start(OpenDirectory.class, parent.toString());
        assertEquals(0, other.waitFor());
    }

    /** Exits with 3 if the directory is in use. */
    static final class OpenDirectory {
        public static void main(String[] args) {
            try (DataDirectory directory = DataDirectory.open(Path.of(args[0]))) {
                System.out.println(directory.directoryId());
            } catch (DataDirectoryException e) {
                System.out.println(e.getMessage());
                System.exit(String.valueOf(e.getMessage()).contains("in use by another process") ? 3 : 4);
            }
        }
    }

    @Test
    void anotherClusterOrMemberIsRefusedByName() {
        try (DataDirectory directory = DataDirectory.open(parent)) {
            SqliteLog.open(directory, new Identity(0xabc, 1)).close();
            assertEquals(new Identity(0xabc, 1), SqliteLog.open(directory, null).identity());
            String cluster = message(directory, new Identity(0xdef, 1));
            assertTrue(cluster.contains("cluster abc") && cluster.contains("def"), cluster);
            assertTrue(cluster.contains("use another --data-dir"), cluster);
            assertTrue(message(directory, new Identity(0xabc, 2)).contains("belongs to member 1"));
        }
    }

    private static String message(DataDirectory directory, Identity expected) {
        return String.valueOf(assertThrows(DataDirectoryException.class, () -> SqliteLog.open(directory, expected))
                .getMessage());
    }

    @Test
    void whatIsNotADirectoryIsRefused() throws IOException {
        Path file = Files.createFile(parent.resolve("file"));
        assertTrue(refused(file).contains("is not a directory"));
    }

    @Test
    void aNewerOrForeignFileIsRefusedAndLeftAlone() throws Exception {
        DataDirectory.open(parent).close();
        Path log = parent.resolve("log.db");
        alter(log, "PRAGMA user_version=3");
        assertTrue(refused(parent).contains("format 3"));
        alter(log, "PRAGMA user_version=2");
        DataDirectory.open(parent).close();
        alter(log, "PRAGMA application_id=1");
        assertTrue(refused(parent).contains("not a file of this program"));
    }

    @Test
    void aFileOfTheFirstFormatGetsWhatItLacks() throws Exception {
        DataDirectory.open(parent).close();
        Path log = parent.resolve("log.db");
        alter(log, "DROP TABLE first_member");
        alter(log, "DROP TABLE retired");
        alter(log, "PRAGMA user_version=1");
        for (int start = 0; start < 2; start++) {
            try (DataDirectory directory = DataDirectory.open(parent);
                    SqliteLog opened = SqliteLog.open(directory, new Identity(1, 2))) {
                assertEquals(List.of(), opened.firstMembers());
                assertFalse(opened.retired());
            }
        }
    }

    @Test
    void aFirstStartIsDurableAsAWhole() {
        List<MemberRow> first = List.of(
                new MemberRow(-2, "", MemberRole.VOTER, List.of("http://a:2380", "http://b:2380"), List.of()),
                new MemberRow(2, "", MemberRole.VOTER, List.of("http://c:2380"), List.of()));
        UUID other = UUID.randomUUID();
        try (DataDirectory directory = DataDirectory.open(parent);
                SqliteLog log = SqliteLog.found(directory, new Identity(7, 2), first, Map.of(-2L, other))) {
            assertEquals(first, log.firstMembers());
        }
        try (DataDirectory directory = DataDirectory.open(parent);
                SqliteLog log = SqliteLog.open(directory, null)) {
            assertEquals(new Identity(7, 2), log.identity());
            assertEquals(first, log.firstMembers());
            assertEquals(Map.of(-2L, other), log.boundDirectories());
            assertThrows(
                    IllegalStateException.class, () -> SqliteLog.found(directory, new Identity(8, 2), first, Map.of()));
        }
    }

    @Test
    void leftOverLibrariesAreWiped() throws IOException {
        Path leftOver = parent.resolve("native/old.so");
        Files.createDirectories(parent.resolve("native"));
        Files.createFile(leftOver);
        DataDirectory.open(parent).close();
        assertFalse(Files.exists(leftOver));
    }

    @Test
    void anOldSqliteIsRefused() {
        SqliteLibrary.refuseOld("3.51.3");
        SqliteLibrary.refuseOld("4.0.0");
        assertThrows(DataDirectoryException.class, () -> SqliteLibrary.refuseOld("3.51.2"));
        assertThrows(DataDirectoryException.class, () -> SqliteLibrary.refuseOld("3.7.17"));
    }

    private static void alter(Path file, String sql) throws Exception {
        try (SqliteFile open = SqliteFile.openForMaintenance(file, LogFile.FORMAT)) {
            open.execute(sql);
            open.commit();
        }
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
