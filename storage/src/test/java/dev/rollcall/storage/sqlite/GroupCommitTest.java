package dev.rollcall.storage.sqlite;

import static dev.rollcall.storage.sqlite.Logs.entry;
import static dev.rollcall.storage.sqlite.Logs.large;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.raft.core.Entry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupCommitTest {
    private final GroupCommit policy = new GroupCommit();

    @Test
    void theFirstAndThoseAfterALoneOneBeginAtOnce() {
        assertEquals(0, policy.delayNanos(1, 100, 1_000));
        policy.began(2, 1_000);
        assertEquals(0, policy.delayNanos(1, 100, 1_001));
    }

    @Test
    void afterACrowdOthersAreWaitedForHalfAMillisecondAtMost() {
        policy.began(3, 1_000);
        assertEquals(499_000, policy.delayNanos(1, 100, 2_000));
        assertEquals(1, policy.delayNanos(15, 100, 500_999));
        assertEquals(0, policy.delayNanos(1, 100, 501_000));
        assertEquals(0, policy.delayNanos(1, 100, 900_000));
    }

    @Test
    void enoughEndsTheWait() {
        policy.began(3, 1_000);
        assertEquals(0, policy.delayNanos(16, 100, 2_000));
        assertEquals(0, policy.delayNanos(1, 1 << 20, 2_000));
    }

    @Test
    void aGroupIsLimitedButNeverEmpty() {
        assertTrue(policy.fits(0, 0, 5_000, 5 << 20));
        assertTrue(policy.fits(999, 0, 1, 100));
        assertFalse(policy.fits(1_000, 0, 1, 100));
        assertFalse(policy.fits(1, 1 << 20, 1, 1));
    }

    /** Lets nothing be reported until it is opened. */
    private static final class Gate implements SqliteLog.Completions {
        final Logs.Reports reports = new Logs.Reports();
        final Semaphore open = new Semaphore(0);
        final Semaphore reached = new Semaphore(0);

        @Override
        public void persisted(long seq) {
            reports.persisted(seq);
        }

        @Override
        public void loaded(long first, List<Entry> entries) {
            reports.loaded(first, entries);
        }

        @Override
        public void failed(Throwable cause) {
            reports.failed(cause);
        }

        @Override
        public void committed(long commitNanos, int entries) {
            reports.committed(commitNanos, entries);
            reached.release();
            open.acquireUninterruptibly();
        }

        int group() {
            return reports.next(Logs.Reports.Committed.class).entries();
        }
    }

    @Test
    void whatComesDuringAnFsyncSharesTheNextOne(@TempDir Path path) {
        Gate gate = new Gate();
        try (DataDirectory directory = DataDirectory.open(path)) {
            SqliteLog log = SqliteLog.open(directory, null);
            log.start(gate);
            int seq = 0;
            log.append(Logs.write(++seq, 1, List.of(entry(seq, 1))));
            gate.reached.acquireUninterruptibly();

            while (seq < 41) {
                log.append(Logs.write(++seq, 1, List.of(entry(seq, 1))));
            }
            gate.open.release();
            gate.reached.acquireUninterruptibly();

            while (seq < 41 + 1_500) {
                log.append(Logs.write(++seq, 1, List.of(entry(seq, 1))));
            }
            gate.open.release();
            gate.reached.acquireUninterruptibly();
            gate.open.release();
            gate.reached.acquireUninterruptibly();

            for (int i = 0; i < 2; i++) {
                log.append(Logs.write(++seq, 1, List.of(large(seq, 1, 700_000))));
            }
            gate.open.release(100);
            log.close();

            List<Integer> groups = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                groups.add(gate.group());
            }
            assertEquals(List.of(1, 40, 1_000, 500, 1, 1), groups);
        }
    }
}
