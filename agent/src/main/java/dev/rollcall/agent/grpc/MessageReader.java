package dev.rollcall.agent.grpc;

import dev.rollcall.agent.call.Bytes;
import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Puts a call's messages together from the frames they come in: a flag, a length, the message. Source: gRPC over HTTP/2. */
final class MessageReader {
    /** Room made for a message before any of it has come. */
    private static final int FIRST_BYTES = 64 << 10;

    private static final int PREFIX_BYTES = 5;

    private final byte[] prefix = new byte[PREFIX_BYTES];
    private int prefixHas;
    private int lengthBytes;
    private byte @Nullable [] partial;
    private int partialHas;

    /** Reads on; null when the frame has no more, else whether a message is there, or is too long. */
    @Nullable
    Found next(ByteBuf frame, long maxBytes) {
        if (prefixHas < PREFIX_BYTES) {
            int more = Math.min(PREFIX_BYTES - prefixHas, frame.readableBytes());
            frame.readBytes(prefix, prefixHas, more);
            prefixHas += more;
            if (prefixHas < PREFIX_BYTES) {
                return null;
            }
            lengthBytes = ((prefix[1] & 0xff) << 24)
                    | ((prefix[2] & 0xff) << 16)
                    | ((prefix[3] & 0xff) << 8)
                    | (prefix[4] & 0xff);
            if (Integer.toUnsignedLong(lengthBytes) > maxBytes) {
                return new Found(null, false, Integer.toUnsignedLong(lengthBytes));
            }
        }
        byte[] whole = readBody(frame);
        if (whole == null) {
            return null;
        }
        prefixHas = 0;
        return new Found(Bytes.buffer(whole), prefix[0] != 0, lengthBytes);
    }

    private byte @Nullable [] readBody(ByteBuf frame) {
        byte[] part = partial;
        if (part == null && frame.readableBytes() >= lengthBytes) {
            byte[] whole = new byte[lengthBytes];
            frame.readBytes(whole);
            return whole;
        }
        int more = Math.min(lengthBytes - partialHas, frame.readableBytes());
        if (part == null) {
            part = new byte[Math.min(lengthBytes, FIRST_BYTES)];
        }
        if (partialHas + more > part.length) {
            part = Arrays.copyOf(part, Math.min(lengthBytes, Math.max(part.length * 2, partialHas + more)));
        }
        frame.readBytes(part, partialHas, more);
        partialHas += more;
        partial = part;
        if (partialHas < lengthBytes) {
            return null;
        }
        partial = null;
        partialHas = 0;
        return part.length == lengthBytes ? part : Arrays.copyOf(part, lengthBytes);
    }

    /** Bytes kept for a message that is not whole yet. */
    int keptBytes() {
        byte[] part = partial;
        return part == null ? 0 : part.length;
    }

    /** Lets go of a message that will not become whole. */
    void discard() {
        partial = null;
        partialHas = 0;
    }

    /** A message, or the length of one that is too long. */
    record Found(@Nullable Buffer message, boolean compressed, long lengthBytes) {}
}
