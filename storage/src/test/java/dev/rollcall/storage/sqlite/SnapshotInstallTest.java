package dev.rollcall.storage.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.ReplacedException;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.sqlite.SnapshotCounts.Step;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot from one directory to another, step by step, with a crash at each. */
class SnapshotInstallTest {
    private static final int PIECE = 16 << 10;

    @TempDir
    Path temp;

    private DiskMember leader;
    private DiskMember follower;
    private int crashes;

    @BeforeEach
    void open() {
        leader = new DiskMember(temp.resolve("leader"));
        follower = new DiskMember(temp.resolve("follower"));
        // The same first entries at both; then the follower hears of nothing.
        for (int i = 0; i < 10; i++) {
            leader.put("k" + i, "old");
            follower.put("k" + i, "old");
        }
        leader.term(3);
        for (int i = 0; i < 200; i++) {
            leader.put("k" + i, "v".repeat(500) + i);
        }
        leader.submit(
                CommandKind.LEASE_GRANT,
                LeaseGrantRequest.newBuilder().setID(5).setTTL(60).build());
        leader.awaitFlushed();
        follower.awaitFlushed();
    }

    @AfterEach
    void close() {
        leader.close();
        follower.close();
        assertEquals(List.of(), List.copyOf(leader.failures));
        assertEquals(List.of(), List.copyOf(follower.failures));
    }

    private static void assertIsOld(DiskMember member) {
        assertEquals(10, member.state.applied());
        assertEquals("old", member.get("k1"));
        assertEquals(0, member.recovered.snapshotIndex());
    }

    private void assertHasSnapshot(DiskMember member) {
        assertEquals(leader.state.stateHash(), member.state.stateHash());
        assertEquals("v".repeat(500) + 7, member.get("k7"));
        assertTrue(member.state.leases().contains(5));
    }

    /** A process that starts from what a crash at this moment would leave. */
    private DiskMember restarted() {
        Path place = temp.resolve("crash" + ++crashes);
        DiskMember.copy(follower.path, place);
        return new DiskMember(place);
    }

    @Test
    void aCrashBeforeTheSwitchLeavesTheOldStateAndOneAfterItTheNew() throws IOException {
        leader.snapshots.prepare();
        SnapshotMeta copy = leader.next(DiskMember.Prepared.class).copy();
        assertEquals(211, copy.index());
        assertEquals(3, copy.term());
        leader.sendPiece(follower, copy, 0, PIECE);
        try (DiskMember crashed = restarted()) {
            assertIsOld(crashed);
            assertEquals(PIECE, crashed.snapshots.received(copy), "it goes on from there");
            for (long at = PIECE; at < copy.sizeBytes(); at += PIECE) {
                leader.sendPiece(crashed, copy, at, PIECE);
            }
            crashed.snapshots.verify(copy);
            assertTrue(crashed.next(DiskMember.Verified.class).good());
        }
        for (long at = PIECE; at < copy.sizeBytes(); at += PIECE) {
            leader.sendPiece(follower, copy, at, PIECE);
        }
        try (DiskMember crashed = restarted()) {
            assertIsOld(crashed);
            assertEquals(copy.sizeBytes(), crashed.snapshots.received(copy));
        }
        follower.snapshots.verify(copy);
        assertTrue(follower.next(DiskMember.Verified.class).good());
        try (DiskMember crashed = restarted()) {
            assertIsOld(crashed);
            assertEquals(List.of("state-1.db"), stateFiles(crashed.path));
        }
        follower.switchTo(copy);
        try (DiskMember crashed = restarted()) {
            assertHasSnapshot(crashed);
            assertEquals(List.of("state-2.db"), stateFiles(crashed.path));
            assertEquals(copy.index(), crashed.recovered.snapshotIndex());
            assertEquals(copy.term(), crashed.recovered.snapshotTerm());
            assertEquals(copy.index(), crashed.recovered.lastIndex());
        }
        follower.adopt(copy);
        follower.put("more", "after");
        leader.put("more", "after");
        assertHasSnapshot(follower);
        follower.awaitFlushed();
        try (DiskMember crashed = restarted()) {
            assertHasSnapshot(crashed);
            assertEquals("after", crashed.get("more"));
        }
    }

    @Test
    void bothSidesTellHowFarItIs() {
        leader.snapshots.prepare();
        SnapshotMeta copy = leader.next(DiskMember.Prepared.class).copy();
        long size = copy.sizeBytes();
        assertNull(follower.snapshots.arriving());
        leader.sendPiece(follower, copy, 0, PIECE);
        assertEquals(
                "receiving the snapshot at entry 211: " + PIECE + " of " + size + " bytes, " + PIECE * 100 / size + "%",
                follower.snapshots.arriving());
        assertEquals(PIECE, leader.snapshots.counts().bytes(Step.SEND));
        assertEquals(0, leader.snapshots.counts().done(Step.SEND));
        for (long at = PIECE; at < size; at += PIECE) {
            leader.sendPiece(follower, copy, at, PIECE);
        }
        assertEquals(
                "checking and reading the snapshot at entry 211, " + size + " bytes", follower.snapshots.arriving());
        follower.snapshots.verify(copy);
        assertTrue(follower.next(DiskMember.Verified.class).good());
        assertNull(follower.snapshots.arriving());
        assertCounted(leader, size, Step.COPY, Step.SEND);
        assertCounted(follower, size, Step.RECEIVE, Step.INSTALL);
        follower.snapshots.discard(copy);
    }

    private static void assertCounted(DiskMember member, long bytes, Step... steps) {
        SnapshotCounts counts = member.snapshots.counts();
        for (Step step : Step.values()) {
            boolean here = List.of(steps).contains(step);
            assertEquals(here ? 1 : 0, counts.done(step), step::name);
            assertEquals(here ? bytes : 0, counts.bytes(step), step::name);
            assertEquals(here, counts.seconds(step) > 0, step::name);
        }
    }

    @Test
    void readersGoOnWhileTheStateIsReplaced() throws Exception {
        var feed = follower.state.kv().feed();
        var members = follower.state.members();
        var leases = follower.state.leases();
        SnapshotMeta copy = leader.sendTo(follower, PIECE);
        assertTrue(follower.next(DiskMember.Verified.class).good());
        assertIsOld(follower);
        SqliteState old = follower.file;
        follower.switchTo(copy);
        follower.adopt(copy);
        assertEquals(211, feed.published());
        assertEquals(12, feed.history(12, 300, 1).get(0).revision(), "a watcher goes on behind what it has seen");
        assertTrue(leases.contains(5));
        assertEquals(leader.state.members().rows(), members.rows());
        assertThrows(ReplacedException.class, () -> {
            while (true) {
                old.value(1L << 20);
            }
        });
        assertHasSnapshot(follower);
        // Retirement and this wait for each other on the snapshots' thread.
        follower.snapshots.save().get().close();
        assertEquals(List.of("state-2.db"), stateFiles(follower.path));
    }

    @Test
    void whatArrivesDamagedIsNotTaken() throws IOException {
        leader.snapshots.prepare();
        SnapshotMeta copy = leader.next(DiskMember.Prepared.class).copy();
        for (long at = 0; at < copy.sizeBytes(); at += PIECE) {
            leader.sendPiece(follower, copy, at, PIECE);
        }
        try (FileChannel part =
                FileChannel.open(follower.path.resolve(IncomingSnapshot.PART), StandardOpenOption.WRITE)) {
            part.write(java.nio.ByteBuffer.wrap(new byte[] {1, 2, 3}), 5_000);
        }
        follower.snapshots.verify(copy);
        assertFalse(follower.next(DiskMember.Verified.class).good());
        follower.snapshots.discard(copy);
        assertEquals(0, follower.snapshots.received(copy));
        assertEquals(10, follower.state.applied());
        leader.snapshots.release(copy);
        SnapshotMeta again = leader.sendTo(follower, PIECE);
        assertTrue(follower.next(DiskMember.Verified.class).good());
        assertEquals(copy, again, "the copy itself was good");
    }

    /** Its thread is never started: nothing that is asked for is ever made. */
    @Test
    void copiesToSaveAreBoundedInNumber() {
        SqliteSnapshots idle = new SqliteSnapshots(
                leader.directory, leader.log, () -> leader.file, leader.state::applied, DiskMember.LIMITS, 1);
        for (int i = 0; i < SqliteSnapshots.SAVES_MAX; i++) {
            assertFalse(idle.save().isDone());
        }
        assertTrue(idle.save().isCompletedExceptionally());
    }

    @Test
    void aStateFileOfAnotherClusterIsNotTaken() {
        StateFile ours = StateFile.open(temp.resolve("state-9.db"));
        ours.belongTo(DiskMember.CLUSTER);
        assertThrows(DamagedException.class, () -> ours.belongTo(DiskMember.CLUSTER + 1));
        ours.close();
    }

    @Test
    void whatIsDiscardedLeavesNothing() throws Exception {
        SnapshotMeta copy = leader.sendTo(follower, PIECE);
        assertTrue(follower.next(DiskMember.Verified.class).good());
        assertEquals(List.of("state-1.db", "state-2.db"), stateFiles(follower.path));
        follower.snapshots.discard(copy);
        follower.snapshots.save().get().close();
        assertEquals(List.of("state-1.db"), stateFiles(follower.path));
        assertThrows(IllegalStateException.class, () -> follower.switchTo(copy));
    }

    static List<String> stateFiles(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return List.copyOf(new TreeSet<>(files.map(file -> String.valueOf(file.getFileName()))
                    .filter(StateFiles::isGeneration)
                    .toList()));
        }
    }
}
