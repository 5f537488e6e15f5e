package dev.rollcall.storage.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A state file that is damaged while it is in use: nobody is handed a copy of it, and the member is to stop. */
class DamagedCopyTest {
    private static final String VALUE = "v".repeat(500);

    @TempDir
    Path temp;

    private Path file;

    @BeforeEach
    void write() {
        file = temp.resolve("state-1.db");
        try (DiskMember member = new DiskMember(temp)) {
            for (int i = 0; i < 200; i++) {
                member.put("k" + i, VALUE + i);
            }
            member.awaitFlushed();
        }
    }

    @Test
    void noneIsSaved() throws Exception {
        try (DiskMember member = new DiskMember(temp)) {
            damage();
            ExecutionException refused = assertThrows(
                    ExecutionException.class, () -> member.snapshots.save().get(30, TimeUnit.SECONDS));
            assertNamed(refused.getCause());
            assertNamed(States.poll(member.failures));
            assertEquals(List.of("state-1.db"), SnapshotInstallTest.stateFiles(temp));
        }
    }

    @Test
    void noneIsMadeForAFollower() throws Exception {
        try (DiskMember member = new DiskMember(temp)) {
            damage();
            member.snapshots.prepare();
            assertNamed(States.poll(member.failures));
            assertEquals(List.of(), List.copyOf(member.reports));
        }
    }

    private void damage() throws IOException {
        int at = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).indexOf(VALUE + 177);
        try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
            open.write(ByteBuffer.wrap(new byte[] {'V'}), at);
        }
    }

    private void assertNamed(@Nullable Throwable failure) {
        String message =
                String.valueOf(assertInstanceOf(DamagedException.class, failure).getMessage());
        assertTrue(message.startsWith(file + " is damaged: row "), message);
    }
}
