package dev.rollcall.agent.peer;

import io.vertx.core.buffer.Buffer;

/**
 * A forwarded command that was certainly not proposed.
 *
 * @param requestId of the command
 * @param term term it was forwarded for: a refusal of an earlier attempt says nothing about a later one
 * @param overloaded true if the leader has too much to do, false if the receiver does not lead that term
 */
public record ForwardRefusal(long requestId, long term, boolean overloaded) {
    public byte[] encode() {
        return Buffer.buffer(17)
                .appendLong(requestId)
                .appendLong(term)
                .appendByte((byte) (overloaded ? 1 : 0))
                .getBytes();
    }

    /** Reads what {@link #encode} wrote. */
    public static ForwardRefusal decode(Buffer in) {
        return new ForwardRefusal(in.getLong(0), in.getLong(8), in.getByte(16) == 1);
    }
}
