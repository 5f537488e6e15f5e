package dev.rollcall.storage.sqlite;

import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * SQLite could not carry out a read or a write. Only a full disk is tried again: the transaction is rolled back whole, and
 * the file holds what it held. After any other failed write or fsync nobody knows what the disk holds.
 */
public final class DiskException extends RuntimeException {
    private final boolean full;

    private DiskException(String message, boolean full, Throwable cause) {
        super(message, cause);
        this.full = full;
    }

    /** Whether there was no space left, which is not damage: the file is whole and works again once there is space. */
    public boolean full() {
        return full;
    }

    /*
     * The index of a WAL is a file as well, and grows before its pages are used. That it cannot grow is told like this; what
     * it holds need never be durable, so that is no reason to give up.
     */
    private static boolean noRoomForIndex(SQLException cause) {
        return cause instanceof SQLiteException e && e.getResultCode() == SQLiteErrorCode.SQLITE_IOERR_SHMSIZE;
    }

    /** A flipped bit in the text of a schema leaves a database that is well formed, and not ours. */
    private static boolean lacksTable(SQLException cause) {
        String message = String.valueOf(cause.getMessage());
        return message.contains("no such table") || message.contains("no such column") || message.contains("no column");
    }

    /** What {@code cause} means for {@code file}: a {@link DamagedException} if SQLite calls the file corrupt. */
    static RuntimeException of(Path file, String doing, SQLException cause) {
        int code = cause instanceof SQLiteException e ? e.getResultCode().code & 0xff : 0;
        boolean corrupt = code == SQLiteErrorCode.SQLITE_CORRUPT.code || code == SQLiteErrorCode.SQLITE_NOTADB.code;
        if (corrupt || (code == SQLiteErrorCode.SQLITE_ERROR.code && lacksTable(cause))) {
            return new DamagedException(file, String.valueOf(cause.getMessage()), cause);
        }
        boolean full = code == SQLiteErrorCode.SQLITE_FULL.code || noRoomForIndex(cause);
        String what = full ? "disk full" : code == SQLiteErrorCode.SQLITE_IOERR.code ? "I/O error" : "SQLite failed";
        return new DiskException(what + " while " + doing + " " + file + ": " + cause.getMessage(), full, cause);
    }
}
