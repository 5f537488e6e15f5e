package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.driver.RecoveredLog;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.StateBatch;
import dev.rollcall.storage.apply.StateMeta;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A member that writes until it is killed: appends, sometimes replaces what nobody has acknowledged, flushes its state,
 * and prints each index once it is acknowledged. What an entry and its row hold follows from index and term.
 */
final class CrashWriter implements SqliteLog.Completions {
    /** Older rows are deleted, as compaction would. */
    static final int ROWS_KEPT = 500;

    /** As if each commit were this long, so that checkpoints are frequent enough to be interrupted. */
    private static final int FRAMES_COUNTED = 500;

    private final SplittableRandom random;
    private final SqliteState state;
    private final SqliteLog log;
    private final PrintStream out;
    private final AtomicLong persistedSeq = new AtomicLong();
    private long seq;
    private long term;

    private CrashWriter(SplittableRandom random, SqliteLog log, SqliteState state, long term, PrintStream out) {
        this.random = random;
        this.log = log;
        this.state = state;
        this.term = term;
        this.out = out;
    }

    public static void main(String[] args) throws InterruptedException {
        DataDirectory directory = DataDirectory.open(Path.of(args[0]));
        SqliteLog log = SqliteLog.open(directory, new Identity(1, 2));
        SqliteState state = SqliteState.open(directory, directory.stateFileName(), log::durableIndex);
        long applied = state.image().meta().applied();
        RecoveredLog recovered = log.recover(applied);
        CrashWriter writer = new CrashWriter(
                new SplittableRandom(Long.parseLong(args[1])),
                log,
                state,
                recovered.hardState().term() + 1,
                System.out);
        log.start(writer);
        state.start(meta -> state.checkpoints().turn().wrote(FRAMES_COUNTED), CrashWriter::stop);
        Checkpointer.start(log, state, CrashWriter::stop);
        for (Entry entry : recovered.tail()) {
            if (entry.index() > applied) {
                state.submit(batch(entry));
            }
        }
        writer.run(recovered.lastIndex());
    }

    private void run(long recoveredLast) throws InterruptedException {
        long last = recoveredLast;
        while (true) {
            List<Entry> entries = entries(last + 1, last + 1 + random.nextInt(12));
            write(entries, last);
            if (random.nextInt(20) == 0) {
                // A new leader replaces the end of what was written, before anybody acknowledged it.
                term++;
                long from = last + 1 + random.nextInt(entries.size());
                List<Entry> replacing = entries(from, from + random.nextInt(12));
                write(replacing, last);
                entries = new ArrayList<>(entries.subList(0, (int) (from - last - 1)));
                entries.addAll(replacing);
            }
            synchronized (persistedSeq) {
                while (persistedSeq.get() < seq) {
                    persistedSeq.wait();
                }
            }
            last = entries.get(entries.size() - 1).index();
            out.println(last);
            if (out.checkError()) {
                // Nobody reads: the test has ended without killing this process.
                return;
            }
            for (Entry entry : entries) {
                state.submit(batch(entry));
            }
        }
    }

    private void write(List<Entry> entries, long commit) {
        log.append(new LogWrite(++seq, new HardState(term, 1, commit), entries));
    }

    private List<Entry> entries(long first, long last) {
        List<Entry> entries = new ArrayList<>();
        for (long index = first; index <= last; index++) {
            entries.add(new Entry(index, term, EntryKind.NORMAL, data(index, term)));
        }
        return entries;
    }

    /** What the entry at this place holds. */
    static byte[] data(long index, long term) {
        byte[] data = new byte[(int) (index % 1_500)];
        new java.util.Random(index * 31 + term).nextBytes(data);
        return data;
    }

    static StateBatch batch(Entry entry) {
        long index = entry.index();
        KvRow row = new KvRow(index, 0, new byte[] {(byte) index}, index, entry.term(), 0, false, entry.data());
        return new StateBatch(
                index,
                new StateMeta(index, entry.term(), index, 0, 0),
                List.of(row),
                index > ROWS_KEPT ? new long[] {KvRow.rowId(index - ROWS_KEPT, 0)} : new long[0],
                List.of(),
                new long[0],
                List.of(),
                List.of(),
                List.of(),
                new long[0]);
    }

    @Override
    public void persisted(long through) {
        synchronized (persistedSeq) {
            persistedSeq.set(through);
            persistedSeq.notifyAll();
        }
    }

    @Override
    public void committed(long commitNanos, int entries) {
        log.checkpoints().turn().wrote(FRAMES_COUNTED);
    }

    @Override
    public void loaded(long first, List<Entry> entries) {}

    @Override
    public void failed(Throwable cause) {
        stop(cause);
    }

    private static void stop(Throwable cause) {
        cause.printStackTrace();
        Runtime.getRuntime().halt(9);
    }
}
