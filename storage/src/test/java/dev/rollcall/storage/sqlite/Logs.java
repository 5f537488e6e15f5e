package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.driver.LogWrite;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Entries to write, and what the log reports about them. */
final class Logs {
    private Logs() {}

    static Entry entry(long index, long term) {
        return new Entry(
                index, term, EntryKind.NORMAL, ("entry " + index + " of " + term).getBytes(StandardCharsets.UTF_8));
    }

    static Entry large(long index, long term, int bytes) {
        byte[] data = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            data[i] = (byte) (index * 31 + i);
        }
        return new Entry(index, term, EntryKind.NORMAL, data);
    }

    static List<Entry> entries(long first, long last, long term) {
        List<Entry> entries = new ArrayList<>();
        for (long index = first; index <= last; index++) {
            entries.add(entry(index, term));
        }
        return entries;
    }

    static LogWrite write(long seq, long term, List<Entry> entries) {
        return new LogWrite(seq, new HardState(term, 1, 0), entries);
    }

    /** Everything the log reports, in order. */
    static class Reports implements SqliteLog.Completions {
        sealed interface Report {}

        record Persisted(long seq) implements Report {}

        record Loaded(long first, List<Entry> entries) implements Report {}

        record Failed(Throwable cause) implements Report {}

        record Committed(int entries) implements Report {}

        record Truncated(long through) implements Report {}

        private final BlockingQueue<Report> reports = new LinkedBlockingQueue<>();

        @Override
        public void persisted(long seq) {
            reports.add(new Persisted(seq));
        }

        @Override
        public void loaded(long first, List<Entry> entries) {
            reports.add(new Loaded(first, entries));
        }

        @Override
        public void failed(Throwable cause) {
            reports.add(new Failed(cause));
        }

        @Override
        public void committed(long commitNanos, int entries) {
            reports.add(new Committed(entries));
        }

        @Override
        public void truncated(long throughIndex) {
            reports.add(new Truncated(throughIndex));
        }

        /** The next report of this kind; others before it are skipped, except a failure. */
        <T extends Report> T next(Class<T> kind) {
            while (true) {
                Report report = poll();
                if (kind.isInstance(report)) {
                    return kind.cast(report);
                }
                if (report instanceof Failed failed) {
                    throw new AssertionError("the log failed", failed.cause());
                }
            }
        }

        void awaitPersisted(long seq) {
            while (next(Persisted.class).seq() < seq) {}
        }

        private Report poll() {
            try {
                Report report = reports.poll(30, TimeUnit.SECONDS);
                if (report == null) {
                    throw new AssertionError("nothing reported");
                }
                return report;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
