package dev.rollcall.storage.sqlite;

import com.sun.management.OperatingSystemMXBean;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.StateBatch;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;

/**
 * What a put costs on disk: writes of {@code entries-per-commit} entries of 300 bytes, each after the one before was
 * acknowledged, log and state. Arguments: directory to work in, seconds per line, then numbers of entries per commit.
 */
final class StorageBench implements SqliteLog.Completions {
    private static final int ENTRY_BYTES = 300;
    private static final int VALUE_BYTES = 256;

    private final Semaphore acknowledged = new Semaphore(0);
    private final List<Long> commitNanos = new ArrayList<>();

    private StorageBench() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        System.out.println("entries/commit   entries/s   us CPU/entry   commit p50 us   p99 us");
        for (int i = 2; i < args.length; i++) {
            Path directory = Files.createTempDirectory(Path.of(args[0]), "bench");
            new StorageBench().run(directory, Integer.parseInt(args[i]), Integer.parseInt(args[1]));
        }
    }

    private void run(Path path, int entriesPerCommit, int seconds) throws InterruptedException {
        try (DataDirectory directory = DataDirectory.open(path)) {
            SqliteLog log = SqliteLog.open(directory, new Identity(1, 2));
            SqliteState state = SqliteState.open(directory, directory.stateFileName(), log::durableIndex);
            log.start(this);
            state.start(meta -> {}, this::failed);
            Checkpointer checkpointer = Checkpointer.start(log, state, this::failed);

            long index = write(log, state, 0, entriesPerCommit, seconds);
            commitNanos.clear();
            long cpu = cpuNanos();
            long began = System.nanoTime();
            long last = write(log, state, index, entriesPerCommit, seconds);
            double elapsed = (System.nanoTime() - began) / 1e9;
            checkpointer.close();
            log.close();
            state.close();
            report(entriesPerCommit, last - index, elapsed, cpuNanos() - cpu);
        }
    }

    private long write(SqliteLog log, SqliteState state, long from, int entriesPerCommit, int seconds)
            throws InterruptedException {
        long index = from;
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (System.nanoTime() - end < 0) {
            List<Entry> entries = new ArrayList<>();
            List<KvRow> rows = new ArrayList<>();
            long first = index + 1;
            for (int i = 0; i < entriesPerCommit; i++) {
                index++;
                entries.add(new Entry(index, 1, EntryKind.NORMAL, new byte[ENTRY_BYTES]));
                byte[] key = States.utf8("/registry/services/" + index % 100_000);
                rows.add(new KvRow(index, 0, key, index, 1, 0, false, new byte[VALUE_BYTES]));
            }
            log.append(new LogWrite((first - 1) / entriesPerCommit + 1, new HardState(1, 1, first - 1), entries));
            acknowledged.acquire();
            StateBatch last = States.batch(index, rows, new long[0]);
            state.submit(new StateBatch(
                    first,
                    last.meta(),
                    rows,
                    last.deletedRows(),
                    last.leases(),
                    last.deletedLeases(),
                    last.alarms(),
                    last.deletedAlarms(),
                    last.members(),
                    last.deletedMembers()));
        }
        return index;
    }

    private void report(int entriesPerCommit, long entries, double seconds, long cpuNanos) {
        long[] sorted = commitNanos.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        System.out.printf(
                Locale.ROOT,
                "%14d %11.0f %14.1f %15d %8d%n",
                entriesPerCommit,
                entries / seconds,
                cpuNanos / 1e3 / entries,
                sorted[sorted.length / 2] / 1_000,
                sorted[sorted.length * 99 / 100] / 1_000);
    }

    private static long cpuNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    @Override
    public void persisted(long seq) {}

    @Override
    public void committed(long nanos, int entries) {
        commitNanos.add(nanos);
        acknowledged.release();
    }

    @Override
    public void loaded(long first, List<Entry> entries) {}

    @Override
    public void failed(Throwable cause) {
        cause.printStackTrace();
        Runtime.getRuntime().halt(1);
    }
}
