package dev.rollcall.storage.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The ballast, and what a writer does that finds no room. The disk that is full is a number of pages here. */
class DiskSpaceTest {
    @TempDir
    Path path;

    @SuppressWarnings("NullAway.Init")
    private DiskException full;

    @BeforeEach
    void error() {
        full = (DiskException) DiskException.of(
                path.resolve("log.db"), "writing", new SQLiteException("no room", SQLiteErrorCode.SQLITE_FULL));
    }

    @Test
    void theBallastIsGivenUpOnceAndMadeAgain() throws Exception {
        DiskSpace space = DiskSpace.of(path);
        assertFalse(space.isShort());
        assertFalse(space.hasBallast());
        space.restore();
        assertTrue(space.hasBallast());
        assertEquals(space.ballastBytes(), Files.size(path.resolve(DiskSpace.BALLAST)));

        assertTrue(space.full(full));
        assertFalse(space.full(full));
        assertTrue(space.isShort());
        assertFalse(Files.exists(path.resolve(DiskSpace.BALLAST)));
        space.restore();
        assertFalse(space.hasBallast());

        space.look();
        assertFalse(space.isShort());
        space.restore();
        assertTrue(DiskSpace.of(path).hasBallast());
    }

    /** Not only when the next look is due. */
    @Test
    void whoeverWritesALotLooks() throws Exception {
        DiskSpace space = DiskSpace.of(path);
        List<String> shortages = new ArrayList<>();
        space.onShort(() -> shortages.add("short"));
        space.full(full);
        assertEquals(List.of("short"), shortages);
        space.wrote(space.ballastBytes() / 16);
        assertTrue(space.isShort());
        space.wrote(space.ballastBytes() / 16);
        assertFalse(space.isShort());
    }

    /** A compact copy in a file's place is how a full disk gets some back. */
    @Test
    void whatMakesRoomMayUseWhatIsLeft() throws Exception {
        DiskSpace space = DiskSpace.of(path);
        long copy = space.usableBytes() - space.ballastBytes();
        StateFile.Size shrinks = new StateFile.Size(2 * copy, copy);
        assertFalse(space.hasRoomToReplace(shrinks));
        space.full(full);
        assertTrue(space.hasRoomToReplace(shrinks));
        assertFalse(space.hasRoomToReplace(new StateFile.Size(copy, copy)));
        assertFalse(space.hasRoomToReplace(new StateFile.Size(2 * copy, space.usableBytes())));
        assertTrue(space.hasRoomToReplace(new StateFile.Size(2, 1)));
    }

    @Test
    void halfABallastIsNone() throws Exception {
        Files.write(path.resolve(DiskSpace.BALLAST), new byte[1000]);
        assertFalse(DiskSpace.of(path).hasBallast());
        assertFalse(Files.exists(path.resolve(DiskSpace.BALLAST)));
    }

    @Test
    void whatFoundNoRoomIsUndoneAndDoneAgain() throws Exception {
        SpaceWait wait = new SpaceWait(DiskSpace.of(path), () -> false);
        int[] attempts = new int[2];
        assertTrue(wait.whenThereIsRoom(
                () -> {
                    if (++attempts[0] < 3) {
                        throw full;
                    }
                },
                () -> attempts[1]++));
        assertEquals(3, attempts[0]);
        assertEquals(2, attempts[1]);
    }

    @Test
    void aWriterThatIsClosedWaitsNoLonger() throws Exception {
        SpaceWait wait = new SpaceWait(DiskSpace.of(path), () -> true);
        assertFalse(wait.whenThereIsRoom(
                () -> {
                    throw full;
                },
                () -> {}));
    }

    @Test
    void everyOtherErrorEndsTheWriter() throws Exception {
        SpaceWait wait = new SpaceWait(DiskSpace.of(path), () -> false);
        RuntimeException failed = DiskException.of(
                path.resolve("log.db"), "writing", new SQLiteException("bad", SQLiteErrorCode.SQLITE_IOERR_FSYNC));
        assertThrows(
                DiskException.class,
                () -> wait.whenThereIsRoom(
                        () -> {
                            throw failed;
                        },
                        () -> {
                            throw new AssertionError("undone");
                        }));
    }

    @Test
    void aFileThatFindsNoRoomHoldsWhatItHeldAndTakesMoreLater() throws SQLException {
        FileFormat format = new FileFormat(1, 1, 4096, "FULL", 64, List.of("CREATE TABLE t(id INTEGER, data BLOB)"));
        try (SqliteFile file = SqliteFile.openOrCreate(path.resolve("t.db"), format)) {
            file.execute("INSERT INTO t VALUES(1, zeroblob(100))");
            file.commit();
            file.execute("PRAGMA max_page_count=10");
            SQLException error =
                    assertThrows(SQLException.class, () -> file.execute("INSERT INTO t VALUES(2, zeroblob(1000000))"));
            assertTrue(file.failed("writing", error) instanceof DiskException disk && disk.full(), error.toString());
            file.rollback();
            file.execute("INSERT INTO t VALUES(3, zeroblob(100))");
            file.commit();
            assertEquals(4, file.number("SELECT sum(id) FROM t"));
            file.commit();
        }
    }
}
