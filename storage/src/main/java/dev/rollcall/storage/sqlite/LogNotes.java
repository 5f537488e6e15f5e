package dev.rollcall.storage.sqlite;

import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What {@code log.db} holds beside log and hard state: which directory each peer was first seen with, the members that the
 * log begins with, and whether this member was removed. Nothing here commits; the caller does.
 */
final class LogNotes {
    private final SqliteFile file;
    private final Checksum checksum = new Checksum();

    LogNotes(SqliteFile file) throws SQLException {
        this.file = file;
        if (file.number("PRAGMA user_version") < LogFile.FORMAT.version()) {
            for (String table : LogFile.TABLES_OF_2) {
                file.execute(table);
            }
            file.execute("PRAGMA user_version=" + LogFile.FORMAT.version());
        }
    }

    void bindPeer(long member, UUID directory) throws SQLException {
        try (PreparedStatement insert =
                file.prepare("INSERT OR REPLACE INTO peer(member, directory_id) VALUES(?, ?)")) {
            insert.setLong(1, member);
            insert.setString(2, directory.toString());
            insert.executeUpdate();
        }
    }

    Map<Long, UUID> peers() throws SQLException {
        Map<Long, UUID> peers = new TreeMap<>();
        try (PreparedStatement select = file.prepare("SELECT member, directory_id FROM peer");
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                peers.put(row.getLong(1), UUID.fromString(row.getString(2)));
            }
        } catch (IllegalArgumentException e) {
            throw new DamagedException(file.path(), "a peer's directory id is not one", e);
        }
        return peers;
    }

    void firstMembers(List<MemberRow> members) throws SQLException {
        file.execute("DELETE FROM first_member");
        try (PreparedStatement insert = file.prepare("INSERT INTO first_member(id, peer_urls, crc) VALUES(?, ?, ?)")) {
            for (MemberRow member : members) {
                insert.setLong(1, member.id());
                insert.setString(2, StateRows.lines(member.peerUrls()));
                insert.setLong(3, crc(member));
                insert.executeUpdate();
            }
        }
    }

    /** Empty in a directory that was made before they were noted. */
    List<MemberRow> firstMembers() throws SQLException {
        List<MemberRow> members = new ArrayList<>();
        try (PreparedStatement select = file.prepare("SELECT id, peer_urls, crc FROM first_member ORDER BY id");
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                MemberRow member = new MemberRow(
                        row.getLong(1), "", MemberRole.VOTER, StateRows.urls(row.getString(2)), List.of());
                if (crc(member) != row.getLong(3)) {
                    throw new DamagedException(file.path(), "first member " + member.id() + " has a bad checksum");
                }
                members.add(member);
            }
        }
        return List.copyOf(members);
    }

    void retire() throws SQLException {
        file.execute("INSERT OR REPLACE INTO retired(id) VALUES(1)");
    }

    boolean retired() throws SQLException {
        return file.number("SELECT EXISTS(SELECT 1 FROM retired)") != 0;
    }

    private long crc(MemberRow member) {
        return checksum.start()
                .add(member.id())
                .add(StateRows.lines(member.peerUrls()))
                .value();
    }
}
