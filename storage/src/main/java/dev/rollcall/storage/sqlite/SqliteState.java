package dev.rollcall.storage.sqlite;

import dev.rollcall.storage.apply.ColdValues;
import dev.rollcall.storage.apply.StateBatch;
import dev.rollcall.storage.apply.StateImage;
import dev.rollcall.storage.apply.StateMeta;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** The state file: written behind the apply thread, read for values that have left memory. */
@SuppressWarnings("DoNotCallSuggester")
public final class SqliteState implements ColdValues, AutoCloseable {
    /** What the state writer reports, on its own thread. */
    @FunctionalInterface
    public interface Flushed {
        /** The file holds everything up to this point. */
        void flushed(StateMeta durableInFile);

        /**
         * A flush was committed.
         *
         * @param nanos time the whole transaction took
         * @param rows revisions written and deleted
         */
        default void committed(long nanos, int rows) {}
    }

    private SqliteState() {}

    /**
     * Opens or makes the state file.
     *
     * @param fileName {@link DataDirectory#stateFileName}
     * @param durableIndex {@link SqliteLog#durableIndex}: nothing past it is ever written
     * @throws DamagedException if SQLite or a checksum says so
     */
    public static SqliteState open(DataDirectory directory, String fileName, LongSupplier durableIndex) {
        return new SqliteState();
    }

    /** What the file holds. Before {@link #start}; read on the calling thread. */
    public StateImage image() {
        throw new UnsupportedOperationException();
    }

    /**
     * Starts the state writer.
     *
     * @param failed fatal, as in {@link SqliteLog.Completions#failed}
     */
    public void start(Flushed flushed, Consumer<Throwable> failed) {}

    /**
     * Hands over what the apply thread has sealed, in order. Blocks while 64 MiB or 16,384 batches wait: a disk that
     * cannot keep up slows apply down.
     */
    public void submit(StateBatch batch) {}

    @Override
    public byte[] value(long rowId) {
        throw new UnsupportedOperationException();
    }

    /** Size of the file without its WAL. Any thread. */
    public long sizeBytes() {
        throw new UnsupportedOperationException();
    }

    /** The part of it that is not free. Any thread. */
    public long sizeInUseBytes() {
        throw new UnsupportedOperationException();
    }

    /** Writes what may be written by now, then ends the thread: close the log first. */
    @Override
    public void close() {}
}
