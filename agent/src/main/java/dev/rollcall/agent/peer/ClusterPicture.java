package dev.rollcall.agent.peer;

import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What a member tells whoever wants to join.
 *
 * @param clusterId the cluster's id
 * @param confirmed whether a quorum has confirmed that {@code members} lacks nothing that was acknowledged before the question
 * @param firstMembers the members that the log begins with; they stand in no entry of it
 * @param members the members now
 * @param directories which member has which data directory, as far as the answering one knows: otherwise a newcomer would
 *     take a member that lost its directory for the one it was
 */
public record ClusterPicture(
        long clusterId,
        boolean confirmed,
        List<MemberRow> firstMembers,
        List<MemberRow> members,
        Map<Long, UUID> directories) {
    private static final int FORMAT = 1;
    private static final int ROW_BYTES_MIN = 8 + 4 + 1 + 4 + 4;

    public byte[] encode() {
        Buffer out =
                Buffer.buffer().appendByte((byte) FORMAT).appendLong(clusterId).appendByte((byte) (confirmed ? 1 : 0));
        putRows(out, firstMembers);
        putRows(out, members);
        out.appendInt(directories.size());
        directories.forEach((member, directory) -> out.appendLong(member)
                .appendLong(directory.getMostSignificantBits())
                .appendLong(directory.getLeastSignificantBits()));
        return out.getBytes();
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws IllegalArgumentException if it is of another version, or damaged
     */
    public static ClusterPicture decode(Buffer bytes) {
        Wire in = new Wire(bytes, 0);
        int format = in.code();
        if (format != FORMAT) {
            throw new IllegalArgumentException("it describes its cluster in format " + format + ", this version knows "
                    + FORMAT + ": run the same version on both");
        }
        long clusterId = in.id();
        boolean confirmed = in.code() == 1;
        List<MemberRow> first = rows(in);
        List<MemberRow> members = rows(in);
        Map<Long, UUID> directories = new TreeMap<>();
        for (int n = in.count(3 * Long.BYTES); n > 0; n--) {
            directories.put(in.id(), new UUID(in.id(), in.id()));
        }
        return new ClusterPicture(clusterId, confirmed, first, members, directories);
    }

    private static void putRows(Buffer out, List<MemberRow> rows) {
        out.appendInt(rows.size());
        for (MemberRow row : rows) {
            out.appendLong(row.id());
            Wire.putString(out, row.name());
            out.appendByte((byte) row.role().code());
            Wire.putStrings(out, row.peerUrls());
            Wire.putStrings(out, row.clientUrls());
        }
    }

    private static List<MemberRow> rows(Wire in) {
        List<MemberRow> rows = new ArrayList<>();
        for (int n = in.count(ROW_BYTES_MIN); n > 0; n--) {
            rows.add(new MemberRow(in.id(), in.string(), MemberRole.of(in.code()), in.strings(), in.strings()));
        }
        return List.copyOf(rows);
    }
}
