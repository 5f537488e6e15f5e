package dev.rollcall.storage.sqlite;

import static dev.rollcall.storage.sqlite.States.batch;
import static dev.rollcall.storage.sqlite.States.row;
import static dev.rollcall.storage.sqlite.States.rowIds;
import static dev.rollcall.storage.sqlite.States.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.apply.AlarmRow;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.LeaseRow;
import dev.rollcall.storage.apply.StateBatch;
import dev.rollcall.storage.apply.StateImage;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteStateTest {
    @TempDir
    Path path;

    private final AtomicLong durableIndex = new AtomicLong(Long.MAX_VALUE);
    private DataDirectory directory;
    private SqliteState state;
    private States.Flushes flushes;

    @BeforeEach
    void open() {
        directory = DataDirectory.open(path);
        state = SqliteState.open(directory, directory.stateFileName(), durableIndex::get);
        flushes = new States.Flushes();
    }

    @AfterEach
    void close() {
        state.close();
        directory.close();
    }

    private void start() {
        state.start(flushes, flushes.failures::add);
    }

    private StateImage reopen() {
        close();
        open();
        return state.image();
    }

    @Test
    void aFreshFileIsEmpty() {
        StateImage image = state.image();
        assertEquals(StateMeta.EMPTY, image.meta());
        assertEquals(List.of(), image.members());
        assertEquals(List.of(), rowIds(image));
    }

    @Test
    void rowsComeBackInTheOrderOfTheirIdsWithoutValues() {
        start();
        KvRow put = new KvRow(2, 1, utf8("b"), 2, 1, 77, false, utf8("two"));
        KvRow tombstone = new KvRow(3, 0, utf8("b"), 0, 0, 0, true, new byte[0]);
        KvRow empty = new KvRow(2, 0, utf8("a"), 2, 1, 0, false, new byte[0]);
        state.submit(batch(1, put, empty));
        state.submit(batch(2, tombstone));

        StateImage image = reopen();

        assertEquals(new StateMeta(2, 1, 3, 0, 0), image.meta());
        List<KvRow> rows = new ArrayList<>();
        image.forEachRow(rows::add);
        assertEquals(List.of(empty.rowId(), put.rowId(), tombstone.rowId()), rowIds(image));
        KvRow read = rows.get(1);
        assertArrayEquals(utf8("b"), read.key());
        assertEquals(
                List.of(2L, 1L, 77L, false),
                List.of(read.createRevision(), read.version(), read.lease(), read.tombstone()));
        assertEquals(0, read.value().length);
        assertTrue(rows.get(2).tombstone());
        assertArrayEquals(utf8("two"), state.value(put.rowId()));
        assertArrayEquals(new byte[0], state.value(empty.rowId()));
        assertNull(state.value(KvRow.rowId(9, 0)));
    }

    @Test
    void smallTablesKeepWhatIsPutAndLoseWhatIsDeleted() {
        start();
        MemberRow member =
                new MemberRow(5, "n1", MemberRole.VOTER, List.of("http://a:2380", "http://b:2380"), List.of());
        MemberRow odd = new MemberRow(6, "", MemberRole.LEARNER, List.of("a\\n", "b\nc", ""), List.of("x"));
        state.submit(States.tables(
                1,
                List.of(new LeaseRow(10, 60, 1), new LeaseRow(-3, 5, 1)),
                new long[0],
                List.of(new AlarmRow(5, 1), new AlarmRow(5, 2)),
                List.of(),
                List.of(member, odd, new MemberRow(7, "gone", MemberRole.VOTER, List.of(), List.of())),
                new long[0]));
        state.submit(States.tables(
                2,
                List.of(new LeaseRow(11, 61, 2)),
                new long[] {10},
                List.of(),
                List.of(new AlarmRow(5, 1)),
                List.of(),
                new long[] {7}));

        StateImage image = reopen();

        assertEquals(new StateMeta(2, 2, 3, 5, 4), image.meta());
        assertEquals(List.of(new LeaseRow(-3, 5, 1), new LeaseRow(11, 61, 2)), image.leases());
        assertEquals(List.of(new AlarmRow(5, 2)), image.alarms());
        assertEquals(List.of(member, odd), image.members());
    }

    @Test
    void deletedRowsAreGone() {
        start();
        state.submit(batch(1, row(2, "old"), row(3, "new")));
        flushes.await(1);
        state.submit(batch(2, List.of(row(4, "x")), new long[] {KvRow.rowId(2, 0), KvRow.rowId(4, 0)}));
        flushes.await(2);

        assertNull(state.value(KvRow.rowId(2, 0)));
        assertEquals(List.of(KvRow.rowId(3, 0)), rowIds(reopen()));
        assertTrue(state.sizeInUseBytes() <= state.sizeBytes() && state.sizeInUseBytes() > 0);
    }

    @Test
    void theFileNeverOvertakesTheLog() {
        durableIndex.set(1);
        start();
        state.submit(batch(1, row(2, "durable")));
        state.submit(batch(2, row(3, "not yet")));
        flushes.await(1);

        // Closing flushes all that may be flushed, so what is missing afterwards was held back.
        StateImage image = reopen();

        assertEquals(1, image.meta().applied());
        assertEquals(List.of(KvRow.rowId(2, 0)), rowIds(image));
    }

    @Test
    void theFileFollowsTheLogWhenItMoves() {
        durableIndex.set(0);
        start();
        state.submit(batch(1, row(2, "x")));
        state.submit(batch(2, row(3, "y")));
        durableIndex.set(2);
        flushes.await(2);
    }

    @Test
    void aBatchThatSkipsAnEntryIsRefused() {
        start();
        state.submit(batch(1));
        assertThrows(IllegalStateException.class, () -> state.submit(batch(3)));
    }

    @Test
    void batchesWithoutEntriesAreWrittenToo() {
        start();
        MemberRow member = new MemberRow(5, "", MemberRole.VOTER, List.of("http://a:2380"), List.of());
        StateBatch bootstrap = new StateBatch(
                1,
                StateMeta.EMPTY,
                List.of(),
                new long[0],
                List.of(),
                new long[0],
                List.of(),
                List.of(),
                List.of(member),
                new long[0]);
        state.submit(bootstrap);

        assertEquals(List.of(member), reopen().members());
    }

    @Test
    void aRowThatIsThereAlreadyStopsTheWriter() {
        start();
        state.submit(batch(1, row(2, "x")));
        flushes.await(1);
        state.submit(batch(2, row(2, "again")));

        assertInstanceOf(DiskException.class, States.poll(flushes.failures));
        // It says why before it takes nothing more.
        assertThrows(IllegalStateException.class, () -> {
            for (int i = 3; i < 10_000; i++) {
                state.submit(batch(i));
            }
        });
        assertTrue(flushes.none());
        assertEquals(1, reopen().meta().applied());
    }

    @Test
    void aFullBacklogHoldsApplyUpUntilTheDiskCatchesUp() throws Exception {
        durableIndex.set(0);
        start();
        byte[] large = new byte[9 << 20];
        CountDownLatch seven = new CountDownLatch(7);
        CountDownLatch eight = new CountDownLatch(8);
        Thread apply = new Thread(() -> {
            for (int i = 1; i <= 8; i++) {
                state.submit(batch(i, new KvRow(i, 0, utf8("k"), i, 1, 0, false, large)));
                seven.countDown();
                eight.countDown();
            }
        });
        apply.start();
        seven.await();
        while (apply.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        assertEquals(1, eight.getCount());

        durableIndex.set(8);
        eight.await();
        apply.join();
        flushes.await(8);
    }

    @Test
    void aFlippedBitInAValueIsFound() throws Exception {
        start();
        state.submit(batch(1, row(2, "a value that is easy to find in the file")));
        close();
        Path file = path.resolve("state-1.db");
        flip(file, "easy to find");
        open();

        assertThrows(DamagedException.class, () -> rowIds(state.image()));
        assertThrows(DamagedException.class, () -> state.value(KvRow.rowId(2, 0)));
    }

    @Test
    void aRowUnderAnotherIdIsFound() throws Exception {
        start();
        state.submit(batch(1, row(2, "x")));
        close();
        alter("UPDATE kv SET rev = rev + 1");
        open();

        assertThrows(DamagedException.class, () -> rowIds(state.image()));
    }

    @Test
    void changedSmallTablesAreFound() throws Exception {
        start();
        state.submit(batch(1, row(2, "x")));
        close();
        alter("UPDATE meta SET applied = applied + 1");
        open();
        assertThrows(DamagedException.class, () -> state.image());
        close();
        alter("DELETE FROM meta");
        open();
        assertThrows(DamagedException.class, () -> state.image());
    }

    @Test
    void otherGenerationsAreDeleted() throws IOException {
        Path other = path.resolve("state-2.db");
        Path theirs = path.resolve("state-notes.txt");
        Files.createFile(other);
        Files.createFile(path.resolve("state-2.db-wal"));
        Files.createFile(theirs);
        reopen();
        assertFalse(Files.exists(other));
        assertFalse(Files.exists(path.resolve("state-2.db-wal")));
        assertTrue(Files.exists(theirs));
    }

    @Test
    void checkpointsSayUpToWhereTheFileSurvivesALossOfPower() {
        start();
        Checkpointer checkpointer = Checkpointer.start(List.of(state.checkpoints()), flushes.failures::add);
        int index = 0;
        while (state.checkpointedIndex() == 0) {
            index++;
            state.submit(batch(index, new KvRow(index, 0, utf8("k"), index, 1, 0, false, new byte[1 << 20])));
            flushes.await(index);
        }
        assertTrue(state.checkpointedIndex() <= state.flushedIndex());
        checkpointer.close();
        assertEquals(index, reopen().meta().applied());
    }

    private void alter(String sql) throws SQLException {
        try (SqliteFile file = SqliteFile.openForMaintenance(path.resolve("state-1.db"), StateFile.FORMAT)) {
            file.execute(sql);
            file.commit();
        }
    }

    private static void flip(Path file, String near) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int at = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf(near);
        assertTrue(at > 0, "not in the file");
        bytes[at] ^= 1;
        Files.write(file, bytes);
    }
}
