package dev.rollcall.storage.apply;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The data of a {@code NORMAL} log entry, and the context of a {@code CONFIG} entry: a header, then a request's own bytes.
 *
 * <p>Layout, big-endian: format (1 byte, now 1), kind (1), request id (8), origin member (8), auth revision (8), proposing
 * term (8), length of principal (2), principal (UTF-8), body.
 *
 * @param kind what to do
 * @param requestId made by the origin member, unique for it within any time a caller waits
 * @param origin member whose client asked
 * @param authRevision revision of the auth store that allowed it, 0 while auth is off
 * @param term term of the leader that proposed it; 0 in a command that has not reached a leader
 * @param principal name of the user, empty while auth is off; at most 65,535 bytes
 * @param body the request's bytes; of a decoded command a view of the entry's
 */
public record Command(
        CommandKind kind,
        long requestId,
        long origin,
        long authRevision,
        long term,
        String principal,
        ByteString body) {
    public static final int FORMAT = 1;
    private static final int FIXED_BYTES = 1 + 1 + 8 + 8 + 8 + 8 + 2;

    /** The bytes of an entry. */
    public byte[] encode() {
        byte[] name = principal.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES + name.length + body.size())
                .put((byte) FORMAT)
                .put((byte) kind.code())
                .putLong(requestId)
                .putLong(origin)
                .putLong(authRevision)
                .putLong(term)
                .putShort((short) name.length)
                .put(name);
        body.copyTo(out);
        return out.array();
    }

    /**
     * The command in these bytes.
     *
     * @throws IllegalArgumentException if they are of a newer format or kind, or cut short: a member that cannot
     *     understand a committed entry must stop, not skip
     */
    public static Command decode(byte[] bytes) {
        if (bytes.length < FIXED_BYTES) {
            throw new IllegalArgumentException("command of " + bytes.length + " bytes is cut short");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int format = in.get();
        int code = in.get();
        CommandKind kind = format == FORMAT ? CommandKind.of(code) : null;
        if (kind == null) {
            throw new IllegalArgumentException(
                    "command of format " + format + " and kind " + code + " needs a newer version of this program");
        }
        long requestId = in.getLong();
        long origin = in.getLong();
        long authRevision = in.getLong();
        long term = in.getLong();
        int nameLength = Short.toUnsignedInt(in.getShort());
        if (in.remaining() < nameLength) {
            throw new IllegalArgumentException("principal of " + nameLength + " bytes is cut short");
        }
        String principal = new String(bytes, in.position(), nameLength, StandardCharsets.UTF_8);
        int from = in.position() + nameLength;
        ByteString body = UnsafeByteOperations.unsafeWrap(bytes, from, bytes.length - from);
        return new Command(kind, requestId, origin, authRevision, term, principal, body);
    }

    /** This command as the leader of {@code leaderTerm} proposes it. */
    public Command proposedIn(long leaderTerm) {
        return new Command(kind, requestId, origin, authRevision, leaderTerm, principal, body);
    }
}
