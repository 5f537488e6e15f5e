package dev.rollcall.agent.peer;

import io.vertx.core.buffer.Buffer;
import java.util.UUID;

/**
 * Who speaks, to whom, about which cluster. Sent by both sides before anything else, so that a member of another cluster, a
 * stranger on a recycled address or a member that lost its disk is turned away before its first message counts.
 *
 * @param format version of the peer protocol
 * @param clusterId cluster it belongs to
 * @param from member that sends this
 * @param to member it wants to reach
 * @param directoryId identity of its data directory
 * @param stream code of the stream's {@link StreamKind}
 */
record Greeting(int format, long clusterId, long from, long to, UUID directoryId, int stream) {
    static final int FORMAT = 1;
    private static final int MAGIC = 0x52434C31; // "RCL1"
    private static final int BYTES = 4 + 1 + 8 + 8 + 8 + 16 + 1;

    byte[] encode() {
        return Buffer.buffer(BYTES)
                .appendInt(MAGIC)
                .appendByte((byte) format)
                .appendLong(clusterId)
                .appendLong(from)
                .appendLong(to)
                .appendLong(directoryId.getMostSignificantBits())
                .appendLong(directoryId.getLeastSignificantBits())
                .appendByte((byte) stream)
                .getBytes();
    }

    /**
     * @throws IllegalArgumentException if this is no greeting
     */
    static Greeting decode(Buffer in) {
        if (in.length() < BYTES || in.getInt(0) != MAGIC) {
            throw new IllegalArgumentException("it does not speak the peer protocol");
        }
        return new Greeting(
                in.getByte(4),
                in.getLong(5),
                in.getLong(13),
                in.getLong(21),
                new UUID(in.getLong(29), in.getLong(37)),
                in.getByte(45));
    }
}
