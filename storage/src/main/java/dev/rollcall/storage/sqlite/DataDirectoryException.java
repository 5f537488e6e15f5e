package dev.rollcall.storage.sqlite;

/**
 * The data directory cannot be used as it is: held by another process, not writable, made by a newer version, of another
 * cluster. The message is one line for the operator and names the directory and the way out.
 */
public final class DataDirectoryException extends RuntimeException {
    public DataDirectoryException(String message) {
        super(message);
    }

    public DataDirectoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
