package dev.rollcall.storage.sqlite;

import java.nio.file.Path;
import java.util.UUID;

/** A member's directory on disk, held by one process at a time. Close it after everything opened in it. */
@SuppressWarnings("DoNotCallSuggester")
public final class DataDirectory implements AutoCloseable {
    private final Path path;

    private DataDirectory(Path path) {
        this.path = path;
    }

    /**
     * Takes the directory, making it if there is none.
     *
     * @throws DataDirectoryException if it cannot be used; the message says why
     * @throws DamagedException if {@code log.db} is damaged
     */
    public static DataDirectory open(Path path) {
        return new DataDirectory(path);
    }

    public Path path() {
        return path;
    }

    /** Whether no member had ever started here when it was opened. */
    public boolean fresh() {
        throw new UnsupportedOperationException();
    }

    /** Made with the directory: a member that comes back with another one has lost its disk. */
    public UUID directoryId() {
        throw new UnsupportedOperationException();
    }

    /** Name of the state file that goes with the log, such as {@code state-1.db}. */
    public String stateFileName() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
