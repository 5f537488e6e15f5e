package dev.rollcall.storage.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** A state file is replaced by a compact copy of itself while it is in use. */
class DefragmentTest {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    @TempDir
    Path temp;

    private DiskMember member;

    @BeforeEach
    void open() {
        member = new DiskMember(temp.resolve("member"));
        for (int i = 0; i < 300; i++) {
            member.put("k" + i, "v".repeat(1_000) + i);
        }
        member.submit(
                CommandKind.DELETE_RANGE,
                DeleteRangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("k1"))
                        .setRangeEnd(ByteString.copyFromUtf8("k9"))
                        .build());
        member.submit(
                CommandKind.COMPACT,
                CompactionRequest.newBuilder()
                        .setRevision(member.state.kv().revision())
                        .build());
        while (member.state.compactionPending()) {
            member.state.compactStep(10_000);
        }
        member.put("last", "one");
        member.awaitFlushed();
    }

    @AfterEach
    void close() {
        member.close();
        assertEquals(List.of(), List.copyOf(member.failures));
    }

    @Test
    void theFileShrinksAndEverythingIsThere() throws Exception {
        int hash = member.state.stateHash();
        long before = member.file.sizeBytes();
        member.snapshots.defragment().get(30, TimeUnit.SECONDS);
        assertTrue(member.file.sizeBytes() < before / 2, () -> before + " to " + member.file.sizeBytes());
        assertEquals(List.of("state-2.db"), SnapshotInstallTest.stateFiles(member.path));
        assertEquals(hash, member.state.stateHash());
        member.put("more", "after");
        member.awaitFlushed();
        hash = member.state.stateHash();
        member.snapshots.defragment().get(30, TimeUnit.SECONDS);
        assertEquals(hash, member.state.stateHash());
        Path crashed = temp.resolve("crashed");
        DiskMember.copy(member.path, crashed);
        try (DiskMember again = new DiskMember(crashed)) {
            assertEquals(hash, again.state.stateHash());
            assertEquals(List.of("state-3.db"), SnapshotInstallTest.stateFiles(again.path));
        }
    }

    /** Or it would take its room on the disk for as long as nothing is written. */
    @Test
    void nobodyHasTheOldFileOpen() throws Exception {
        Assumptions.assumeTrue(Files.isDirectory(DESCRIPTORS));
        CheckpointTurn turn = member.file.checkpoints().turn();
        turn.ask();
        while (!openFiles().contains(member.file.path().toString()) || turn.isMaintenances() || turn.isWriters()) {
            Thread.onSpinWait();
        }
        String old = member.file.path().toString();
        member.snapshots.defragment().get(30, TimeUnit.SECONDS);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (openFiles().stream().anyMatch(name -> name.startsWith(old))) {
            assertTrue(System.nanoTime() < deadline, () -> old + " is open");
            Thread.onSpinWait();
        }
    }

    private static List<String> openFiles() throws IOException {
        List<String> names = new ArrayList<>();
        try (Stream<Path> all = Files.list(DESCRIPTORS)) {
            for (Path each : all.toList()) {
                try {
                    names.add(Files.readSymbolicLink(each).toString());
                } catch (NoSuchFileException e) {
                    // The one of this list itself.
                }
            }
        }
        return names;
    }

    /** On a disk full of history a flush waits for the very room that a compact copy gives back. */
    @Test
    void aFlushThatFindsNoRoomGivesWay() throws Exception {
        SqliteFile full = (SqliteFile) valueOf(StateFile.class, valueOf(SqliteState.class, member.file));
        Future<?> filled = member.afterNextFlush(() -> {
            full.number("PRAGMA max_page_count=" + full.number("PRAGMA page_count"));
            full.commit();
            return null;
        });
        member.put("small", "one");
        filled.get(30, TimeUnit.SECONDS);
        member.put("large", "v".repeat(1_000_000));
        while (!member.directory.space().isShort()) {
            Thread.onSpinWait();
        }
        int hash = member.state.stateHash();
        member.snapshots.defragment().get(30, TimeUnit.SECONDS);
        member.awaitFlushed();
        assertEquals(hash, member.state.stateHash());
    }

    /** Whoever compacts on a full disk asks for the room right after. */
    @Test
    void onAFullDiskItWaitsForACompaction() throws Exception {
        for (int i = 0; i < 300; i++) {
            member.put("k", "w".repeat(1_000) + i);
        }
        member.submit(
                CommandKind.COMPACT,
                CompactionRequest.newBuilder()
                        .setRevision(member.state.kv().revision())
                        .build());
        member.awaitFlushed();
        long before = member.file.sizeInUseBytes();
        member.directory.space().full((DiskException)
                DiskException.of(member.path, "writing", new SQLiteException("no room", SQLiteErrorCode.SQLITE_FULL)));
        Future<?> done = member.snapshots.defragment();
        while (member.state.compactionPending()) {
            member.state.compactStep(50);
            member.put("step", "one");
        }
        done.get(30, TimeUnit.SECONDS);
        assertTrue(member.file.sizeBytes() < before / 2, () -> before + " to " + member.file.sizeBytes());
    }

    private static Object valueOf(Class<?> type, Object of) throws ReflectiveOperationException {
        Field file = type.getDeclaredField("file");
        file.setAccessible(true);
        return file.get(of);
    }

    @Test
    void writersAreNotHeldUp() throws Exception {
        int hash = member.state.stateHash();
        SqliteState file = member.file;
        StateQueue crowded = new StateQueue(() -> Long.MAX_VALUE, StateQueue.BYTES_MAX);
        crowded.close();
        Defragmentation wanted = new Defragmentation(member.log);
        StateFile old = StateFile.open(file.path());
        IOException givenUp = assertThrows(IOException.class, () -> wanted.copy(old, crowded::onCrowded));
        old.close();
        assertTrue(String.valueOf(givenUp.getMessage()).contains("given up"), givenUp.getMessage());
        assertEquals(List.of("state-1.db"), SnapshotInstallTest.stateFiles(member.path));
        assertEquals("state-1.db", member.directory.stateFileName());
        assertEquals(hash, member.state.stateHash());
    }

    @Test
    void oneAtATime() throws Exception {
        var first = member.snapshots.defragment();
        var second = member.snapshots.defragment();
        first.get(30, TimeUnit.SECONDS);
        if (second.isCompletedExceptionally()) {
            ExecutionException refused = assertThrows(ExecutionException.class, second::get);
            assertInstanceOf(IOException.class, refused.getCause());
        } else {
            second.get(30, TimeUnit.SECONDS);
        }
        assertEquals(1, SnapshotInstallTest.stateFiles(member.path).size());
    }

    @Test
    void aMissingStateFileIsNamed() throws IOException {
        Path copy = temp.resolve("missing");
        DiskMember.copy(member.path, copy);
        Files.delete(copy.resolve("state-1.db"));
        DamagedException damaged = assertThrows(DamagedException.class, () -> new DiskMember(copy));
        assertTrue(String.valueOf(damaged.getMessage()).contains("state-1.db is damaged: it is missing"));
    }

    @Test
    void aStateFileOfAnotherGenerationIsNamed() throws Exception {
        Path early = temp.resolve("early");
        DiskMember.copy(member.path, early);
        for (int i = 0; i < 50; i++) {
            member.put("k" + i, "w");
        }
        member.awaitFlushed();
        member.snapshots.defragment().get(30, TimeUnit.SECONDS);
        member.log.truncate(member.last() - 10);
        while (member.log.base() < member.last() - 10) {
            member.logReports.next(Logs.Reports.Truncated.class);
        }
        Path mixed = temp.resolve("mixed");
        DiskMember.copy(member.path, mixed);
        for (String suffix : List.of("", "-wal")) {
            Files.deleteIfExists(mixed.resolve("state-2.db" + suffix));
            Files.copy(early.resolve("state-1.db" + suffix), mixed.resolve("state-2.db" + suffix));
        }
        DamagedException damaged = assertThrows(DamagedException.class, () -> new DiskMember(mixed));
        assertTrue(String.valueOf(damaged.getMessage()).contains("but state-2.db ends at"), damaged.getMessage());
    }
}
