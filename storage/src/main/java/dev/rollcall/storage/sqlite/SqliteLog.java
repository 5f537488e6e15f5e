package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.driver.LogStore;
import dev.rollcall.raft.driver.LogWrite;
import dev.rollcall.raft.driver.RecoveredLog;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The Raft log on disk. */
@SuppressWarnings("DoNotCallSuggester")
public final class SqliteLog implements LogStore, AutoCloseable {
    /** What the log reports, always on the log's own thread. */
    public interface Completions {
        /** This write and all before it are durable. */
        void persisted(long seq);

        /** Answer to {@link LogStore#load}. */
        void loaded(long first, List<Entry> entries);

        /** The disk failed or a rule was broken. Nothing is retried, acknowledged or reported after it: stop the process. */
        void failed(Throwable cause);

        /**
         * A group of writes became durable.
         *
         * @param commitNanos time that COMMIT took, its one fsync included
         * @param entries entries in the group
         */
        default void committed(long commitNanos, int entries) {}
    }

    private SqliteLog() {}

    /**
     * The log in this directory.
     *
     * @param expected whose log it must be; a log that is nobody's yet becomes theirs. Null to take it as it is
     * @throws DataDirectoryException if it belongs to another cluster or member
     */
    public static SqliteLog open(DataDirectory directory, @Nullable Identity expected) {
        return new SqliteLog();
    }

    /** Whose log it is, null if no member has started here yet. */
    public @Nullable Identity identity() {
        throw new UnsupportedOperationException();
    }

    /**
     * Reads what the disk holds and checks all of it. Before {@link #start}.
     *
     * @param applied index up to which the state file holds everything
     * @throws DamagedException on a bad checksum, a gap, or an end before {@code applied} or the known commit
     */
    public RecoveredLog recover(long applied) {
        throw new UnsupportedOperationException();
    }

    /** Starts the log's thread. */
    public void start(Completions completions) {}

    @Override
    public void append(LogWrite write) {}

    @Override
    public void load(long first, long lastInclusive, int maxBytes) {}

    /**
     * Every entry up to here is durable in its final form as far as this member knows: a cut lowers it at once, before the
     * cut itself is durable. Any thread.
     */
    public long durableIndex() {
        throw new UnsupportedOperationException();
    }

    /** The directory this peer was first seen with, null if it has not been seen. Any thread. */
    public @Nullable UUID boundDirectory(long member) {
        throw new UnsupportedOperationException();
    }

    /** Binds a peer to its directory; durable when this returns. Blocks on the disk. */
    public void bind(long member, UUID directory) {}

    /** Makes durable what was handed in, then ends the thread. */
    @Override
    public void close() {}
}
