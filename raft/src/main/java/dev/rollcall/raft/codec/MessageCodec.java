package dev.rollcall.raft.codec;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import java.nio.ByteBuffer;

/**
 * Peer messages as bytes, big-endian:
 *
 * <pre>
 * version(1) type(1) from(8) to(8) term(8) body
 * entries in a body: count(4), then each term(8) kind(1) length(4) data; the first follows prevIndex
 * </pre>
 *
 * <p>Framing and checksum are the transport's. Whatever {@link #decode} accepts, {@link #encode} gives back byte for byte.
 */
public final class MessageCodec {
    /** Version of the format, the first byte of every message. */
    public static final byte VERSION = 1;
    /** Largest message in bytes. Appends are far smaller unless one entry alone is that large. */
    public static final int MAX_BYTES = 32 << 20;

    static final int HEADER_BYTES = 2 + 3 * Long.BYTES;

    private MessageCodec() {}

    /**
     * Encodes a message.
     *
     * @throws IllegalArgumentException if it is larger than {@link #MAX_BYTES}
     */
    public static byte[] encode(Message message) {
        MessageWriter writer = new MessageWriter(sizeBound(message));
        writer.write(message);
        return writer.bytes();
    }

    /**
     * Decodes a message.
     *
     * @throws CodecException if the bytes are not exactly one message of this version
     */
    public static Message decode(byte[] bytes) throws CodecException {
        if (bytes.length < HEADER_BYTES || bytes.length > MAX_BYTES) {
            throw new CodecException("a message of " + bytes.length + " bytes");
        }
        return new MessageReader(ByteBuffer.wrap(bytes)).read();
    }

    private static int sizeBound(Message message) {
        long size = HEADER_BYTES + 5L * Long.BYTES;
        if (message instanceof Message.AppendRequest append) {
            for (Entry entry : append.entries()) {
                size += MessageWriter.ENTRY_HEADER_BYTES + entry.data().length;
            }
        } else if (message instanceof Message.SnapshotChunk chunk) {
            size += chunk.data().length;
        } else if (message instanceof Message.SnapshotOffer offer) {
            Membership members = offer.snapshot().membership();
            size += 3 * Integer.BYTES
                    + (members.voters().size()
                                    + members.outgoing().size()
                                    + members.learners().size())
                            * (long) Long.BYTES;
        }
        if (size > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "a message of " + size + " bytes, at most " + MAX_BYTES + " can be sent");
        }
        return (int) size;
    }
}
