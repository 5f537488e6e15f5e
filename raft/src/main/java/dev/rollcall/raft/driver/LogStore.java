package dev.rollcall.raft.driver;

/**
 * The log's disk, as the driver sees it. Calls return at once; work is done elsewhere, in the order of the calls, and its
 * end is reported as an input of the driver on the driver's own thread.
 */
public interface LogStore {
    /** Makes this durable, then {@code RaftDriver.persisted(write.seq())}. Several writes may share one fsync. */
    void append(LogWrite write);

    /**
     * Reads entries that are durable, from {@code first} up to {@code lastInclusive}, at least one and no more than fit in
     * {@code maxBytes}, then {@code RaftDriver.entriesLoaded(first, entries)}; with an empty list if the log has meanwhile been
     * truncated there.
     */
    void load(long first, long lastInclusive, int maxBytes);
}
