package dev.rollcall.storage.sqlite;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;

/**
 * One connection to one file. A transaction begins with the first statement and ends with {@link #commit}, reads
 * included: a read left open would keep the WAL from starting over. One thread at a time.
 */
final class SqliteFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteFile.class);

    private final Path path;
    private final Connection connection;

    private SqliteFile(Path path, Connection connection) {
        this.path = path;
        this.connection = connection;
    }

    /**
     * Opens the file to write to it, and makes it if it is missing or empty.
     *
     * @throws DataDirectoryException if it is not ours, or of a newer format
     */
    static SqliteFile openOrCreate(Path path, FileFormat format) {
        try {
            PrivateFiles.createFile(path);
        } catch (IOException e) {
            throw new DataDirectoryException("cannot create " + path + ": " + e.getMessage(), e);
        }
        return open(path, format, true);
    }

    /** Another connection to a file that {@link #openOrCreate} has made, for checkpoints. */
    static SqliteFile openForMaintenance(Path path, FileFormat format) {
        return open(path, format, false);
    }

    /** Another connection to such a file that can only read. */
    static SqliteFile openForReading(Path path, FileFormat format) {
        SqliteFile file = open(path, format, false);
        try {
            file.connection.commit();
            file.connection.setAutoCommit(true);
            file.execute("PRAGMA query_only=1");
        } catch (SQLException e) {
            file.close();
            throw file.failed("opening", e);
        }
        return file;
    }

    private static SqliteFile open(Path path, FileFormat format, boolean main) {
        SQLiteConfig config = new SQLiteConfig();
        // Otherwise every INSERT is followed by a SELECT nobody asked for.
        config.setGetGeneratedKeys(false);
        config.setBusyTimeout(5_000);
        try {
            SqliteFile file = new SqliteFile(path, config.createConnection("jdbc:sqlite:" + path));
            try {
                file.configure(format, main);
            } catch (SQLException | RuntimeException e) {
                file.close();
                throw e;
            }
            return file;
        } catch (SQLException e) {
            throw DiskException.of(path, "opening", e);
        }
    }

    private void configure(FileFormat format, boolean main) throws SQLException {
        if (main) {
            // Both count only while the file is empty.
            execute("PRAGMA page_size=" + format.pageSizeBytes());
            execute("PRAGMA auto_vacuum=NONE");
        }
        boolean created = main && isEmpty(format);
        if (main) {
            // A copy that SQLite has made is not in this mode yet, and becomes so durably here.
            execute("PRAGMA journal_mode=WAL");
        }
        execute("PRAGMA synchronous=" + format.synchronous());
        execute("PRAGMA wal_autocheckpoint=0");
        execute("PRAGMA journal_size_limit=-1");
        execute("PRAGMA temp_store=MEMORY");
        execute("PRAGMA mmap_size=0");
        if (main) {
            execute("PRAGMA cache_size=-" + format.cacheKib());
        }
        connection.setAutoCommit(false);
        if (created) {
            for (String statement : format.schema()) {
                execute(statement);
            }
            execute("PRAGMA application_id=" + format.applicationId());
            execute("PRAGMA user_version=" + format.version());
            commit();
        }
    }

    /** Whether nothing was ever committed here; refuses what we must not touch. */
    private boolean isEmpty(FileFormat format) throws SQLException {
        long id = number("PRAGMA application_id");
        long version = number("PRAGMA user_version");
        if (id == 0 && version == 0 && number("SELECT count(*) FROM sqlite_schema") == 0) {
            return true;
        }
        if (id != format.applicationId()) {
            throw new DataDirectoryException(path + " is not a file of this program; use another --data-dir");
        }
        if (version > format.version()) {
            throw new DataDirectoryException(path + " has format " + version + ", this version knows formats up to "
                    + format.version() + "; start it with the newer version");
        }
        return false;
    }

    Path path() {
        return path;
    }

    PreparedStatement prepare(String sql) throws SQLException {
        return connection.prepareStatement(sql);
    }

    void commit() throws SQLException {
        connection.commit();
    }

    /** Ends a transaction that failed, as if it had never begun, and begins the next. */
    void rollback() throws SQLException {
        try {
            execute("ROLLBACK");
        } catch (SQLException e) {
            // Most errors make SQLite roll back by itself: then there is no transaction left to end.
            LOG.debug("rolling back {}: {}", path, e.getMessage());
        }
        execute("BEGIN");
    }

    /** The first column of the only row. */
    long number(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            if (!row.next()) {
                throw new SQLException("no row from " + sql);
            }
            return row.getLong(1);
        }
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Copies what it can from the WAL to the file, waiting for nobody. Outside of a transaction. */
    WalFrames checkpoint() throws SQLException {
        try {
            return walFrames("PRAGMA wal_checkpoint(PASSIVE)");
        } catch (SQLException e) {
            // A full disk has ended the driver's transaction, too: without another one, each statement would commit by
            // itself.
            rollback();
            throw e;
        }
    }

    /** Writes a copy of the whole file, as it is now, into an empty one. Outside of a transaction; nothing syncs it. */
    void copyInto(Path target) throws SQLException {
        connection.setAutoCommit(true);
        try {
            execute("VACUUM INTO '" + target.toString().replace("'", "''") + "'");
        } finally {
            connection.setAutoCommit(false);
        }
    }

    /** Makes the statement that runs now fail soon. Any thread. */
    void interrupt() {
        try {
            connection.unwrap(SQLiteConnection.class).getDatabase().interrupt();
        } catch (SQLException e) {
            LOG.debug("nothing to interrupt on {}", path, e);
        }
    }

    /** How long the WAL is. Outside of a transaction. */
    WalFrames walFrames() throws SQLException {
        return walFrames("PRAGMA wal_checkpoint(NOOP)");
    }

    private WalFrames walFrames(String pragma) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(pragma)) {
            row.next();
            return new WalFrames(row.getInt(2), row.getInt(3));
        }
    }

    /**
     * @param total frames in the WAL
     * @param copied those that are in the file as well
     */
    record WalFrames(int total, int copied) {
        int left() {
            return total - copied;
        }
    }

    /** What this error means for this file. */
    RuntimeException failed(String doing, SQLException cause) {
        return DiskException.of(path, doing, cause);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // Everything acknowledged is durable already; what a failed close leaves behind, the next open recovers.
            LOG.warn("closing {}", path, e);
        }
    }
}
