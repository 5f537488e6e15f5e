package dev.rollcall.storage.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.apply.AlarmRow;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.ReplicatedState;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.proto.AlarmRequest;
import dev.rollcall.storage.proto.AlarmType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots in files: what they hold, how damage is found, and new members made from them. */
class SavedSnapshotTest {
    private static final Identity OWNER = new Identity(99, 12);
    private static final List<MemberRow> MEMBERS = List.of(
            new MemberRow(12, "", MemberRole.VOTER, List.of("http://a:2380"), List.of()),
            new MemberRow(13, "", MemberRole.VOTER, List.of("http://b:2380"), List.of()));

    @TempDir
    Path temp;

    private Path file;

    @BeforeEach
    void save() throws Exception {
        file = temp.resolve("saved.db");
        try (DiskMember member = new DiskMember(temp.resolve("member"))) {
            for (int i = 0; i < 100; i++) {
                member.put("k" + i, "v" + i);
            }
            member.submit(
                    CommandKind.ALARM,
                    AlarmRequest.newBuilder()
                            .setAction(AlarmRequest.AlarmAction.ACTIVATE)
                            .setMemberID(1)
                            .setAlarm(AlarmType.NOSPACE)
                            .build());
            try (StateCopy copy = member.snapshots.save().get(30, TimeUnit.SECONDS)) {
                byte[] all = copy.read(0, (int) copy.sizeBytes());
                Files.write(file, all);
                Files.write(file, MessageDigest.getInstance("SHA-256").digest(all), StandardOpenOption.APPEND);
            }
        }
    }

    @Test
    void itSaysWhatItHolds() throws IOException {
        SavedSnapshot.Summary summary = SavedSnapshot.open(file).summary();
        assertEquals(101, summary.state().revision());
        assertEquals(101, summary.state().applied());
        assertEquals(100, summary.keys());
        assertEquals(Files.size(file) - SavedSnapshot.HASH_BYTES, summary.sizeBytes());
    }

    @Test
    void aFlippedBitIsFound() throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(9_000);
            int was = open.read();
            open.seek(9_000);
            open.write(was ^ 4);
        }
        IOException damaged = assertThrows(IOException.class, () -> SavedSnapshot.open(file));
        assertTrue(String.valueOf(damaged.getMessage()).contains("is damaged"), damaged.getMessage());
    }

    @Test
    void somethingElseIsNoSnapshot() throws IOException {
        Path other = temp.resolve("other");
        Files.write(other, new byte[700]);
        assertThrows(IOException.class, () -> SavedSnapshot.open(other));
        Files.write(other, new byte[1024]);
        assertThrows(RuntimeException.class, () -> SavedSnapshot.open(other).summary());
    }

    @Test
    void aMemberOfANewClusterBeginsWithIt() throws IOException {
        Path made = temp.resolve("made");
        StateMeta restored = SavedSnapshot.open(file).restore(made, OWNER, MEMBERS);
        assertFalse(Files.exists(temp.resolve("made.restoring")));
        try (DataDirectory directory = DataDirectory.open(made)) {
            assertFalse(directory.fresh());
            SqliteLog log = SqliteLog.open(directory, OWNER);
            SqliteState state = SqliteState.open(directory, directory.stateFileName(), log::durableIndex);
            ReplicatedState recovered = ReplicatedState.recover(state.image(), state, DiskMember.LIMITS);
            assertEquals(MEMBERS, recovered.members().rows());
            assertEquals(MEMBERS, log.firstMembers());
            assertEquals(List.<AlarmRow>of(), recovered.alarms().rows());
            assertEquals(101, recovered.kv().revision());
            assertEquals(restored.applied(), log.recover(restored).snapshotIndex());
            state.close();
            log.close();
        }
        assertThrows(
                IOException.class, () -> SavedSnapshot.open(file).restore(made, OWNER, MEMBERS), "it is not empty");
    }
}
