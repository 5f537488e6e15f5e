package dev.rollcall.storage.sqlite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.driver.RecoveredLog;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.StateImage;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A writing process is killed again and again; what it had acknowledged must be there each time. */
class CrashTest {
    private static final int ROUNDS = 10;

    @TempDir
    Path path;

    @Test
    void nothingAcknowledgedIsLostAndTheStateIsThatOfTheLog() throws Exception {
        long seed = Long.getLong("crash.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        try {
            long acknowledged = 0;
            for (int round = 0; round < ROUNDS; round++) {
                acknowledged = Math.max(acknowledged, writeAndKill(random));
                check(acknowledged);
            }
        } catch (Exception | AssertionError e) {
            throw new AssertionError("again with -Dcrash.seed=" + seed, e);
        }
    }

    /** The last index that the writer acknowledged before it was killed. */
    private long writeAndKill(SplittableRandom random) throws IOException, InterruptedException {
        Process writer = ChildJvm.start(CrashWriter.class, path.toString(), Long.toString(random.nextLong()));
        long last = 0;
        try (BufferedReader lines = writer.inputReader()) {
            int enough = 1 + random.nextInt(120);
            for (int i = 0; i < enough; i++) {
                String line = lines.readLine();
                if (line == null) {
                    throw new AssertionError("the writer ended by itself with " + writer.waitFor());
                }
                last = Long.parseLong(line);
            }
            writer.toHandle().destroyForcibly();
            // By its handle: the process itself would close the stream as well.
            // What it acknowledged between the last line read and its end counts as well; a cut line does not.
            StringBuilder rest = new StringBuilder();
            for (int c = lines.read(); c >= 0; c = lines.read()) {
                rest.append((char) c);
            }
            int end = rest.lastIndexOf("\n");
            if (end > 0) {
                last = Long.parseLong(rest.substring(rest.lastIndexOf("\n", end - 1) + 1, end));
            }
        }
        writer.waitFor();
        return last;
    }

    private void check(long acknowledged) {
        try (DataDirectory directory = DataDirectory.open(path)) {
            SqliteLog log = SqliteLog.open(directory, new Identity(1, 2));
            SqliteState state = SqliteState.open(directory, directory.stateFileName(), log::durableIndex);
            StateImage image = state.image();
            long applied = image.meta().applied();
            RecoveredLog recovered = log.recover(applied);
            assertTrue(
                    recovered.lastIndex() >= acknowledged,
                    "the log ends at " + recovered.lastIndex() + ", " + acknowledged + " was acknowledged");
            assertTrue(applied <= recovered.lastIndex());
            assertEquals(recovered, log.recover(applied));

            HardRow hard = directory.log().hard();
            List<Entry> entries = directory.log().reader().load(1, recovered.lastIndex(), Integer.MAX_VALUE, hard);
            assertEquals(recovered.lastIndex(), entries.size());
            for (Entry entry : entries) {
                assertArrayEquals(CrashWriter.data(entry.index(), entry.term()), entry.data());
            }

            List<Long> revisions = new ArrayList<>();
            image.forEachRow(row -> {
                Entry entry = entries.get((int) row.main() - 1);
                assertEquals(entry.term(), row.version());
                assertArrayEquals(entry.data(), state.value(KvRow.rowId(row.main(), 0)));
                revisions.add(row.main());
            });
            List<Long> expected = new ArrayList<>();
            for (long index = Math.max(1, applied - CrashWriter.ROWS_KEPT + 1); index <= applied; index++) {
                expected.add(index);
            }
            assertEquals(expected, revisions);
            log.close();
            state.close();
        }
    }
}
