package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.TermRun;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.driver.RecoveredLog;
import java.util.ArrayList;
import java.util.List;

/** What a disk would still hold after a crash now. */
public final class DurableLog {
    private HardState hardState = HardState.EMPTY;
    private long base;
    private long baseTerm;
    private final List<Entry> entries = new ArrayList<>();

    public HardState hardState() {
        return hardState;
    }

    public long base() {
        return base;
    }

    public long lastIndex() {
        return base + entries.size();
    }

    public Entry entry(long index) {
        return entries.get((int) (index - base - 1));
    }

    /** One atomic step. */
    public void write(LogWrite write) {
        if (write.snapshot() != null) {
            entries.clear();
            base = write.snapshot().index();
            baseTerm = write.snapshot().term();
        }
        if (!write.entries().isEmpty()) {
            long first = write.entries().get(0).index();
            if (first <= base || first > lastIndex() + 1) {
                throw new IllegalStateException(
                        "a write from " + first + " to a log of " + base + " to " + lastIndex());
            }
            while (lastIndex() >= first) {
                entries.remove(entries.size() - 1);
            }
            entries.addAll(write.entries());
        }
        if (write.hardState() != null) {
            hardState = write.hardState();
        }
    }

    /** Drops the front of the log. */
    public void truncateThrough(long index) {
        while (base < index) {
            baseTerm = entries.remove(0).term();
            base++;
        }
    }

    public List<Entry> load(long first, long last, int maxBytes) {
        List<Entry> loaded = new ArrayList<>();
        int bytes = 0;
        for (long index = first; index > base && index <= Math.min(last, lastIndex()); index++) {
            bytes += entry(index).sizeBytes();
            if (bytes > maxBytes && !loaded.isEmpty()) {
                break;
            }
            loaded.add(entry(index));
        }
        return loaded;
    }

    /** What a restart finds, with no more of the entries than the contract demands. */
    public RecoveredLog recover(long applied) {
        List<TermRun> runs = new ArrayList<>();
        long term = -1;
        for (Entry entry : entries) {
            if (entry.term() != term) {
                term = entry.term();
                runs.add(new TermRun(entry.index(), term));
            }
        }
        long known = Math.max(hardState.commit(), applied);
        // Never empty unless the log is.
        long first = Math.max(base + 1, Math.min(known + 1, lastIndex()));
        List<Entry> tail = new ArrayList<>();
        for (long index = first; index <= lastIndex(); index++) {
            tail.add(entry(index));
        }
        return new RecoveredLog(hardState, base, baseTerm, runs, tail);
    }
}
