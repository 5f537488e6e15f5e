package dev.rollcall.raft.core;

/**
 * One entry of the replicated log.
 *
 * @param index position in the log, from 1
 * @param term term of the leader that made it
 * @param kind what it is to consensus
 * @param data its bytes; never changed after construction
 */
public record Entry(long index, long term, EntryKind kind, byte[] data) {

    /** Bytes this entry counts for in every limit: its data and a fixed overhead of 24. */
    public int sizeBytes() {
        return data.length + 24;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Entry e
                && e.index == index
                && e.term == term
                && e.kind == kind
                && java.util.Arrays.equals(e.data, data);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(index) * 31 + Long.hashCode(term);
    }

    @Override
    public String toString() {
        return index + "/" + term + "/" + kind + "/" + data.length + "B";
    }
}
