package dev.rollcall.storage.sqlite;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The native library behind the driver. */
final class SqliteLibrary {
    /*
     * SQLite 3.7.0 to 3.51.2 can corrupt a database when a checkpoint on one connection races the reset of the WAL by
     * another, which is just how our checkpoints work.
     */
    private static final int OLDEST = 3_051_003;

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+).*");

    private SqliteLibrary() {}

    /**
     * Loads it and checks its version.
     *
     * @throws DataDirectoryException if it cannot be loaded or is too old
     */
    static void check() {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT sqlite_version()")) {
            row.next();
            refuseOld(row.getString(1));
        } catch (SQLException | LinkageError e) {
            throw new DataDirectoryException(
                    "cannot load the SQLite library (" + e.getMessage()
                            + "); if the data directory is mounted noexec, set -Dorg.sqlite.tmpdir to another one",
                    e);
        }
    }

    static void refuseOld(String version) {
        Matcher parts = VERSION.matcher(version);
        int number = parts.matches()
                ? Integer.parseInt(parts.group(1)) * 1_000_000
                        + Integer.parseInt(parts.group(2)) * 1_000
                        + Integer.parseInt(parts.group(3))
                : 0;
        if (number < OLDEST) {
            throw new DataDirectoryException(
                    "SQLite " + version + " can corrupt a database when it checkpoints; 3.51.3 or later is needed");
        }
    }
}
