package dev.rollcall.agent.peer;

import dev.rollcall.storage.apply.Command;
import io.vertx.core.buffer.Buffer;

/**
 * A command on its way to the leader.
 *
 * @param term term in which the receiver is meant to lead; a leader of another term refuses it
 * @param command the command, with its request id for a refusal
 */
public record Forward(long term, Command command) {
    public byte[] encode() {
        byte[] bytes = command.encode();
        return Buffer.buffer(8 + bytes.length)
                .appendLong(term)
                .appendBytes(bytes)
                .getBytes();
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws IllegalArgumentException if it is a command that this version does not know
     */
    public static Forward decode(Buffer in) {
        return new Forward(in.getLong(0), Command.decode(in.getBytes(8, in.length())));
    }
}
