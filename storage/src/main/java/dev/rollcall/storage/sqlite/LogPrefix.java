package dev.rollcall.storage.sqlite;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of the log, which goes when nobody needs it any more: whole rows, a bounded number at a time, so that no
 * commit carries much of it. Beside it the marks that say how many bytes lie behind an index, so that a log of large
 * entries is kept shorter. The log's connection and thread; nothing here commits.
 */
final class LogPrefix {
    /** Rows deleted in one transaction. */
    static final int ROWS_MAX = 200;
    /** Bytes of rows deleted in one transaction, unless the first row alone is larger. */
    static final long BYTES_MAX = 1 << 20;

    private static final long MARK_BYTES_MAX = 1 << 20;
    private static final int MARKS_MIN = 8;
    private static final String DELETE = "DELETE FROM log WHERE first <= ?";

    /** Where the log begins once a piece of it is gone. */
    record Start(long index, long term, long crc) {}

    private final SqliteFile file;
    private final PreparedStatement select;
    private final long markBytes;
    private final int marksMax;
    /** Last indices of stretches of about {@link #markBytes} each, the newest last. */
    private final ArrayDeque<Long> marks = new ArrayDeque<>();

    private long sinceMark;
    private PreparedStatement delete;

    /** @param tailBytes behind the index that {@link #tailStart} gives there are about this many bytes */
    LogPrefix(SqliteFile file, long tailBytes) throws SQLException {
        this.file = file;
        select = file.prepare("SELECT first, last, term, crc, length(data) FROM log ORDER BY first LIMIT " + ROWS_MAX);
        delete = file.prepare(DELETE);
        markBytes = Math.max(1, Math.min(MARK_BYTES_MAX, tailBytes / MARKS_MIN));
        marksMax = (int) Math.max(1, tailBytes / markBytes);
    }

    /** Makes anew what the driver gives up when it fails. */
    void prepare() throws SQLException {
        delete = file.prepare(DELETE);
    }

    /** Deletes rows that end at or before {@code through}; null if there is none. */
    @Nullable
    Start cut(long through) throws SQLException {
        long first = 0;
        Start start = null;
        long bytes = 0;
        try (ResultSet row = select.executeQuery()) {
            while (bytes < BYTES_MAX && row.next() && row.getLong(2) <= through) {
                first = row.getLong(1);
                start = new Start(row.getLong(2), row.getLong(3), row.getLong(4));
                bytes += row.getLong(5);
            }
        }
        if (start != null) {
            delete.setLong(1, first);
            delete.executeUpdate();
        }
        return start;
    }

    /** A row with this many bytes was appended, up to this index. */
    void appended(long lastIndex, long bytes) {
        sinceMark += bytes;
        if (sinceMark >= markBytes) {
            sinceMark = 0;
            marks.addLast(lastIndex);
            if (marks.size() > marksMax) {
                marks.removeFirst();
            }
        }
    }

    /** The log was cut from this index on. */
    void cutFrom(long index) {
        while (!marks.isEmpty() && marks.getLast() >= index) {
            marks.removeLast();
        }
    }

    /** An index behind which lie about as many bytes as may be kept; 0 if all of them may. */
    long tailStart() {
        return marks.size() == marksMax ? marks.getFirst() : 0;
    }
}
