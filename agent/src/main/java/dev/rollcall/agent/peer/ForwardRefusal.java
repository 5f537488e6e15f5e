package dev.rollcall.agent.peer;

import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * A forwarded command that was certainly not proposed.
 *
 * @param requestId of the command
 * @param term term it was forwarded for: a refusal of an earlier attempt says nothing about a later one
 * @param code gRPC code of what its caller is to be told; 0 if it may be given to a leader again later
 * @param text the text that goes with the code
 */
public record ForwardRefusal(long requestId, long term, int code, String text) {
    /** A refusal with this answer for the caller; null if there is none yet. */
    public static ForwardRefusal of(long requestId, long term, @Nullable EtcdException answer) {
        return answer == null
                ? new ForwardRefusal(requestId, term, 0, "")
                : new ForwardRefusal(requestId, term, answer.code(), answer.text());
    }

    /** What the caller is to be told; null if the command may be given to a leader again. */
    public @Nullable EtcdException answer() {
        return code == 0 ? null : new EtcdException(code, text);
    }

    public byte[] encode() {
        return Buffer.buffer(20 + text.length())
                .appendLong(requestId)
                .appendLong(term)
                .appendInt(code)
                .appendString(text)
                .getBytes();
    }

    /** Reads what {@link #encode} wrote. */
    public static ForwardRefusal decode(Buffer in) {
        return new ForwardRefusal(in.getLong(0), in.getLong(8), in.getInt(16), in.getString(20, in.length()));
    }
}
