package dev.rollcall.storage.sqlite;

import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.ReplacedException;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/** A few connections that read values by row id, lent to one thread at a time. */
final class ValueReaders implements AutoCloseable {
    private static final int READERS = 4;

    private final Path path;
    private final BlockingQueue<Reader> free = new ArrayBlockingQueue<>(READERS);
    private volatile boolean closed;

    ValueReaders(Path path) {
        this.path = path;
        for (int i = 0; i < READERS; i++) {
            free.add(new Reader());
        }
    }

    /**
     * The value of this row, null if there is no such row. Waits while all connections are in use.
     *
     * @throws ReplacedException after {@link #close}
     */
    byte @Nullable [] value(long rowId) {
        Reader reader = borrow();
        try {
            if (closed) {
                throw new ReplacedException(path + " is closed");
            }
            return reader.value(rowId);
        } finally {
            free.add(reader);
        }
    }

    private Reader borrow() {
        try {
            return free.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the disk", e);
        }
    }

    /** Waits for reads to end; whoever comes later is told. */
    @Override
    public void close() {
        closed = true;
        List<Reader> all = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            Reader reader = borrow();
            reader.close();
            all.add(reader);
        }
        free.addAll(all);
    }

    /** One connection, opened when first needed. */
    private final class Reader {
        private final StateRows rows = new StateRows();
        private @Nullable SqliteFile file;
        private @Nullable PreparedStatement select;

        byte @Nullable [] value(long rowId) {
            try {
                PreparedStatement statement = statement();
                statement.setLong(1, rowId);
                try (ResultSet found = statement.executeQuery()) {
                    if (!found.next()) {
                        return null;
                    }
                    KvRow row = StateFileImage.kvRow(found);
                    if (rows.crc(row) != found.getLong(7)) {
                        throw new DamagedException(path, "row " + rowId + " has a bad checksum");
                    }
                    return row.value();
                }
            } catch (SQLException e) {
                // The driver gives up a statement after an error.
                close();
                throw DiskException.of(path, "reading", e);
            }
        }

        private PreparedStatement statement() throws SQLException {
            SqliteFile open = file;
            if (open == null) {
                open = SqliteFile.openForReading(path, StateFile.FORMAT);
                file = open;
                select = null;
            }
            PreparedStatement statement = select;
            if (statement == null) {
                statement =
                        open.prepare("SELECT rev, key, create_rev, ver, lease, tomb, crc, val FROM kv WHERE rev = ?");
                select = statement;
            }
            return statement;
        }

        void close() {
            if (file != null) {
                file.close();
            }
            file = null;
            select = null;
        }
    }
}
