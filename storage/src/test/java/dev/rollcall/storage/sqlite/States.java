package dev.rollcall.storage.sqlite;

import dev.rollcall.storage.apply.AlarmRow;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.LeaseRow;
import dev.rollcall.storage.apply.StateBatch;
import dev.rollcall.storage.apply.StateImage;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRow;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Batches to flush, and what the state writer reports about them. */
final class States {
    private static final long[] NONE = {};

    private States() {}

    static KvRow row(long revision, String value) {
        return new KvRow(revision, 0, utf8("key-" + revision % 7), revision, 1, 0, false, utf8(value));
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static StateBatch batch(long index, KvRow... rows) {
        return batch(index, List.of(rows), NONE);
    }

    static StateBatch batch(long index, List<KvRow> rows, long[] deleted) {
        return new StateBatch(
                index,
                new StateMeta(index, 1, index + 1, 0, 0),
                rows,
                deleted,
                List.of(),
                NONE,
                List.of(),
                List.of(),
                List.of(),
                NONE);
    }

    static StateBatch tables(
            long index,
            List<LeaseRow> leases,
            long[] deletedLeases,
            List<AlarmRow> alarms,
            List<AlarmRow> deletedAlarms,
            List<MemberRow> members,
            long[] deletedMembers) {
        return new StateBatch(
                index,
                new StateMeta(index, 2, index + 1, 5, 4),
                List.of(),
                NONE,
                leases,
                deletedLeases,
                alarms,
                deletedAlarms,
                members,
                deletedMembers);
    }

    static List<Long> rowIds(StateImage image) {
        List<Long> ids = new ArrayList<>();
        image.forEachRow(row -> ids.add(row.rowId()));
        return ids;
    }

    /** Every place in history the file has reached, in order. */
    static final class Flushes implements SqliteState.Flushed {
        private final BlockingQueue<StateMeta> flushes = new LinkedBlockingQueue<>();
        final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
        private final BlockingQueue<FutureTask<?>> tasks = new LinkedBlockingQueue<>();

        @Override
        public void flushed(StateMeta durableInFile) {
            flushes.add(durableInFile);
        }

        @Override
        public void committed(long nanos, int rows) {
            List<FutureTask<?>> due = new ArrayList<>();
            tasks.drainTo(due);
            due.forEach(FutureTask::run);
        }

        /** Runs this after the next flush on the state writer's thread, which alone may use its connection. */
        Future<?> next(Callable<?> action) {
            FutureTask<?> task = new FutureTask<>(action);
            tasks.add(task);
            return task;
        }

        void await(long applied) {
            while (true) {
                StateMeta meta = poll(flushes);
                if (meta.applied() >= applied) {
                    return;
                }
            }
        }

        boolean none() {
            return flushes.isEmpty();
        }
    }

    static <T> T poll(BlockingQueue<T> queue) {
        try {
            T next = queue.poll(30, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("nothing reported");
            }
            return next;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
