package dev.rollcall.agent.peer;

import io.vertx.core.buffer.Buffer;

/**
 * A command on its way to the leader.
 *
 * @param requestId of the command, for a refusal
 * @param term term in which the receiver is meant to lead; a leader of another term refuses it
 * @param command the encoded command
 */
public record Forward(long requestId, long term, byte[] command) {
    public byte[] encode() {
        return Buffer.buffer(16 + command.length)
                .appendLong(requestId)
                .appendLong(term)
                .appendBytes(command)
                .getBytes();
    }

    /** Reads what {@link #encode} wrote. */
    public static Forward decode(Buffer in) {
        return new Forward(in.getLong(0), in.getLong(8), in.getBytes(16, in.length()));
    }
}
