package dev.rollcall.raft.core;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The term of every entry of the log, and of the one that the log follows, without the entries. */
final class TermRuns {
    /** First index of a run to its term; the first run begins at the base. */
    private final TreeMap<Long, Long> runs = new TreeMap<>();

    private long base;

    TermRuns(long base, long baseTerm, List<TermRun> recovered) {
        this.base = base;
        runs.put(base, baseTerm);
        for (TermRun run : recovered) {
            append(run.first(), run.term());
        }
    }

    /** The term at an index from the base up; the caller knows where the log ends. */
    long termAt(long index) {
        Map.Entry<Long, Long> run = runs.floorEntry(index);
        if (run == null) {
            throw new RaftInvariantException("term of index " + index + " asked below the log's base " + base);
        }
        return run.getValue();
    }

    /** Where the last run begins. */
    long lastFirst() {
        return runs.lastKey();
    }

    /** The entry at this index, one above the last, has this term. */
    void append(long index, long term) {
        Map.Entry<Long, Long> last = runs.lastEntry();
        if (term < last.getValue() || index <= base) {
            throw new RaftInvariantException("entry " + index + " of term " + term + " cannot follow the run of term "
                    + last.getValue() + " from " + last.getKey());
        }
        if (term > last.getValue()) {
            runs.put(index, term);
        }
    }

    /** Forgets everything from this index on. */
    void cut(long from) {
        runs.tailMap(from, true).clear();
    }

    /** Nothing is known but the entry that the log now follows. */
    void restart(long index, long term) {
        runs.clear();
        runs.put(index, term);
        base = index;
    }

    /** The log now follows this index. */
    void rebase(long index) {
        long term = termAt(index);
        runs.headMap(index, true).clear();
        runs.put(index, term);
        base = index;
    }

    /** The highest index, at most {@code index} and not below the base, whose term is at most {@code term}. */
    long lastWithTermAtMost(long index, long term) {
        long candidate = index;
        while (candidate > base) {
            Map.Entry<Long, Long> run = runs.floorEntry(candidate);
            if (run == null || run.getValue() <= term) {
                return candidate;
            }
            candidate = run.getKey() - 1;
        }
        return base;
    }
}
