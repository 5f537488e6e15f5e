package dev.rollcall.raft.core;

import java.util.ArrayDeque;
import java.util.List;

/**
 * The log as this member knows it: what it follows, the term of every entry, the newest entries themselves, and how far it
 * is committed. How far it is durable is {@link Persistence}'s to know.
 */
final class RaftLog {
    private final TermRuns terms;
    private final LogTail tail;
    /** Indices of changes of membership among the entries this log was given, ascending; the oldest go when applied. */
    private final ArrayDeque<Long> changes = new ArrayDeque<>();

    private long base;
    private long commit;

    /** @param commit highest index known to be committed, not below {@code base} */
    RaftLog(long base, long baseTerm, List<TermRun> runs, List<Entry> entries, long commit) {
        this.base = base;
        this.terms = new TermRuns(base, baseTerm, runs);
        this.tail = new LogTail(entries.isEmpty() ? base + 1 : entries.get(0).index());
        for (Entry entry : entries) {
            tail.append(entry);
            noteChange(entry);
        }
        this.commit = commit;
        if (terms.lastFirst() > lastIndex()) {
            throw new RaftInvariantException(
                    "the log ends at " + lastIndex() + ", yet a term begins at " + terms.lastFirst());
        }
        if (commit < base || commit > lastIndex()) {
            throw new RaftInvariantException(
                    "the log holds " + (base + 1) + " to " + lastIndex() + ", yet " + commit + " was committed");
        }
        if (tail.first() > commit + 1) {
            throw new RaftInvariantException("entries from " + (commit + 1) + " to " + (tail.first() - 1)
                    + " are not committed and were not recovered");
        }
        for (Entry entry : entries) {
            if (terms.termAt(entry.index()) != entry.term()) {
                throw new RaftInvariantException("recovered entry " + entry + " is not in a run of its term");
            }
        }
    }

    /** Index that the first entry follows. */
    long base() {
        return base;
    }

    long lastIndex() {
        return tail.last();
    }

    long lastTerm() {
        return terms.termAt(lastIndex());
    }

    long commit() {
        return commit;
    }

    long termAt(long index) {
        if (index > lastIndex()) {
            throw new RaftInvariantException("term of index " + index + " asked above the last, " + lastIndex());
        }
        return terms.termAt(index);
    }

    /** Whether this log holds an entry of this term here; true at the base itself. */
    boolean matches(long index, long term) {
        return index >= base && index <= lastIndex() && terms.termAt(index) == term;
    }

    /** Whether a log that ends so is at least as up-to-date as this one (Raft paper, section 5.4.1). */
    boolean isCoveredBy(long otherLastIndex, long otherLastTerm) {
        long term = lastTerm();
        return otherLastTerm > term || (otherLastTerm == term && otherLastIndex >= lastIndex());
    }

    /**
     * The highest index at which a log whose entry at {@code index} has {@code term} may still agree with this one: terms
     * never fall along a log, so above it they certainly differ.
     */
    long possibleMatch(long index, long term) {
        return terms.lastWithTermAtMost(Math.min(index, lastIndex()), term);
    }

    void append(Entry entry) {
        terms.append(entry.index(), entry.term());
        tail.append(entry);
        noteChange(entry);
    }

    private void noteChange(Entry entry) {
        if (entry.kind() == EntryKind.CONFIG) {
            changes.addLast(entry.index());
        }
    }

    /** Whether a committed change of membership is not among what is applied. */
    boolean committedChangeAbove(long applied) {
        forgetChanges(applied);
        return !changes.isEmpty() && changes.getFirst() <= commit;
    }

    private void forgetChanges(long applied) {
        while (!changes.isEmpty() && changes.getFirst() <= applied) {
            changes.removeFirst();
        }
    }

    /** Drops everything from this index on. */
    void cut(long from) {
        if (from <= commit) {
            throw new RaftInvariantException(
                    "the log was to be cut at " + from + " although it is committed up to " + commit);
        }
        tail.cut(from);
        terms.cut(from);
        while (!changes.isEmpty() && changes.getLast() >= from) {
            changes.removeLast();
        }
    }

    /** The log now follows what a snapshot holds; nothing of it is left. */
    void restart(long index, long term) {
        if (index <= commit) {
            throw new RaftInvariantException("a snapshot at " + index + " would lower commit from " + commit);
        }
        terms.restart(index, term);
        tail.restart(index + 1);
        changes.clear();
        base = index;
        commit = index;
    }

    /** Raises commit to this index if it is lower. */
    void commitTo(long index) {
        if (index <= commit) {
            return;
        }
        if (index > lastIndex()) {
            throw new RaftInvariantException("index " + index + " is said to be committed, but the log ends at "
                    + lastIndex() + ": durable entries were lost");
        }
        commit = index;
    }

    boolean inMemory(long index) {
        return tail.holds(index);
    }

    /** First index in memory. */
    long memoryFirst() {
        return tail.first();
    }

    /** Entries in memory from one index to another, as many as fit in {@code maxBytes} but at least one. */
    List<Entry> slice(long from, long through, long maxBytes) {
        return tail.slice(from, through, maxBytes);
    }

    /** Bytes of the entries above one index, up to and including another; all of them in memory. */
    long bytesBetween(long above, long through) {
        return tail.bytesBetween(above, through);
    }

    /**
     * Keeps memory bounded. What is neither durable nor committed always stays. What is both can be read back, so even what
     * waits to be applied leaves when the state machine is far behind.
     */
    void evict(long durable, long applied, long maxBytes) {
        forgetChanges(applied);
        tail.evict(Math.min(durable, applied), maxBytes);
        tail.evict(Math.min(durable, commit), 2 * maxBytes);
    }

    /** The disk no longer holds anything up to this index. */
    void truncatedThrough(long index) {
        if (index <= base) {
            return;
        }
        terms.rebase(index);
        tail.evict(index, 0);
        base = index;
    }
}
