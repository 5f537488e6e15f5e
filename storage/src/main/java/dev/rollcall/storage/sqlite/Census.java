package dev.rollcall.storage.sqlite;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * All rows of a state file in two numbers: how many, and the sum of a hash of each. A row's own checksum says nothing once
 * the row is out of sight, and that takes one flipped bit in the page above it, or a WAL that was cut behind pages already
 * copied to the file. The sum is kept up with each flush, without reading anything of the keys: their rows never change, so
 * the id stands for the row. Of the small tables' rows it is the checksum.
 */
final class Census {
    static final String TABLE = "CREATE TABLE IF NOT EXISTS census(id INTEGER PRIMARY KEY CHECK(id = 1),"
            + " rows INTEGER NOT NULL, sum INTEGER NOT NULL, crc INTEGER NOT NULL)";

    /** Tables whose rows count. The order is part of the format. */
    enum Table {
        KV,
        LEASE,
        ALARM,
        MEMBER
    }

    private long rows;
    private long sum;

    private Census(long rows, long sum) {
        this.rows = rows;
        this.sum = sum;
    }

    static Census empty() {
        return new Census(0, 0);
    }

    /** The one that the file holds, null if it holds none. */
    static @Nullable Census read(SqliteFile file) throws SQLException {
        try (PreparedStatement select = file.prepare("SELECT rows, sum, crc FROM census");
                ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                return null;
            }
            Census census = new Census(row.getLong(1), row.getLong(2));
            if (census.crc() != row.getLong(3)) {
                throw new DamagedException(file.path(), "the census of its rows has a bad checksum");
            }
            return census;
        }
    }

    /** Counts what the file holds. */
    static Census count(SqliteFile file) throws SQLException {
        Census census = empty();
        String[] columns = {"rev FROM kv", "crc FROM lease", "crc FROM alarm", "crc FROM member"};
        for (Table table : Table.values()) {
            try (PreparedStatement select = file.prepare("SELECT " + columns[table.ordinal()]);
                    ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    census.add(table, row.getLong(1));
                }
            }
        }
        return census;
    }

    /** For {@code INSERT OR REPLACE INTO census(id, rows, sum, crc) VALUES(1, ?, ?, ?)}. */
    void write(PreparedStatement put) throws SQLException {
        put.setLong(1, rows);
        put.setLong(2, sum);
        put.setLong(3, crc());
        put.executeUpdate();
    }

    private long crc() {
        return new Checksum().start().add(rows).add(sum).value();
    }

    Census copy() {
        return new Census(rows, sum);
    }

    void add(Table table, long value) {
        rows++;
        sum += hash(table, value);
    }

    void remove(Table table, long value) {
        rows--;
        sum -= hash(table, value);
    }

    boolean isSame(Census other) {
        return rows == other.rows && sum == other.sum;
    }

    /** Rows that it counts. */
    long rows() {
        return rows;
    }

    /* Spreads every bit over all, so that no two mistakes cancel out: the finaliser of SplitMix64. */
    private static long hash(Table table, long value) {
        long z = value + (table.ordinal() + 1) * 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
