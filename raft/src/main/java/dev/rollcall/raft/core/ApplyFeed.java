package dev.rollcall.raft.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Hands committed entries to the state machine, each once, in order, and no more than it can take. */
final class ApplyFeed {
    private record Batch(long last, long bytes) {}

    private final long maxBytes;
    private final ArrayDeque<Batch> unapplied = new ArrayDeque<>();
    private List<Entry> ready = new ArrayList<>();
    private long handed;
    private long applied;
    private long bytes;

    ApplyFeed(long applied, long maxBytes) {
        this.applied = applied;
        this.handed = applied;
        this.maxBytes = maxBytes;
    }

    long applied() {
        return applied;
    }

    /** Next index to hand over. */
    long next() {
        return handed + 1;
    }

    void applied(long index) {
        if (index > handed) {
            throw new RaftInvariantException("index " + index + " was applied, only " + handed + " was handed over");
        }
        applied = Math.max(applied, index);
        while (!unapplied.isEmpty() && unapplied.getFirst().last <= applied) {
            bytes -= unapplied.removeFirst().bytes;
        }
    }

    /** The state machine holds a snapshot at this index instead of what it was given before. */
    void restored(long index) {
        handed = index;
        applied = index;
        unapplied.clear();
        ready = new ArrayList<>();
        bytes = 0;
    }

    /** Takes what is committed and in memory; asks the disk for what is not. */
    void fill(RaftLog log, LogLoads loads) {
        // Below the log's base only a snapshot leads on, and that is on its way.
        while (handed >= log.base() && handed < log.commit() && bytes < maxBytes) {
            if (!log.inMemory(next())) {
                loads.request(next(), Math.min(log.commit(), log.memoryFirst() - 1), maxBytes - bytes);
                return;
            }
            add(log.slice(next(), log.commit(), maxBytes - bytes));
        }
    }

    /** Committed entries have come from the disk. */
    void loaded(List<Entry> entries, RaftLog log) {
        if (entries.get(0).index() == next() && bytes < maxBytes) {
            List<Entry> committed = new ArrayList<>();
            for (Entry entry : entries) {
                if (entry.index() <= log.commit()) {
                    committed.add(entry);
                }
            }
            add(committed);
        }
    }

    List<Entry> take() {
        List<Entry> taken = ready;
        ready = new ArrayList<>();
        return taken;
    }

    private void add(List<Entry> entries) {
        long size = 0;
        for (Entry entry : entries) {
            size += entry.sizeBytes();
        }
        ready.addAll(entries);
        handed = entries.get(entries.size() - 1).index();
        unapplied.add(new Batch(handed, size));
        bytes += size;
    }
}
