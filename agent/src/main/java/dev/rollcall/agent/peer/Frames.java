package dev.rollcall.agent.peer;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import java.util.function.BiConsumer;
import java.util.function.IntSupplier;
import java.util.zip.CRC32C;

/**
 * The framing of peer connections: length of the payload (4 bytes, big-endian), type (1), CRC32C over type and payload (4),
 * payload. TCP's own checksum lets about one damaged segment in 65,000 through; a consensus message must not be one of
 * them.
 *
 * <p>As a handler it takes received bytes and gives whole frames to {@code onFrame}; anything else goes to {@code onGarbage}
 * once, after which the connection is of no more use.
 */
final class Frames implements Handler<Buffer> {
    static final int HEADER_BYTES = 9;
    /** A frame holds at most one append message or one request, both bounded well below this. */
    static final int MAX_PAYLOAD_BYTES = 16 << 20;

    private final BiConsumer<FrameType, Buffer> onFrame;
    private final Handler<String> onGarbage;
    private final IntSupplier longestPayload;
    private Buffer pending = Buffer.buffer();
    private boolean broken;

    Frames(BiConsumer<FrameType, Buffer> onFrame, Handler<String> onGarbage) {
        this(onFrame, onGarbage, () -> MAX_PAYLOAD_BYTES);
    }

    /**
     * @param longestPayload in bytes, asked for each frame: who is not trusted yet may send less
     */
    Frames(BiConsumer<FrameType, Buffer> onFrame, Handler<String> onGarbage, IntSupplier longestPayload) {
        this.onFrame = onFrame;
        this.onGarbage = onGarbage;
        this.longestPayload = longestPayload;
    }

    /** Appends one frame to {@code out}. */
    static void append(Buffer out, FrameType type, byte[] payload) {
        if (payload.length > MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("a frame of " + payload.length + " bytes is above " + MAX_PAYLOAD_BYTES);
        }
        out.appendInt(payload.length)
                .appendByte((byte) type.code())
                .appendInt(crc(type.code(), payload))
                .appendBytes(payload);
    }

    static Buffer of(FrameType type, byte[] payload) {
        Buffer out = Buffer.buffer(HEADER_BYTES + payload.length);
        append(out, type, payload);
        return out;
    }

    @Override
    public void handle(Buffer received) {
        if (broken) {
            return;
        }
        Buffer in = pending.length() == 0 ? received : pending.appendBuffer(received);
        int at = 0;
        while (!broken && in.length() - at >= HEADER_BYTES) {
            int length = in.getInt(at);
            if (length < 0 || length > longestPayload.getAsInt()) {
                garbage("a frame claims " + Integer.toUnsignedString(length) + " bytes");
                return;
            }
            if (in.length() - at - HEADER_BYTES < length) {
                break;
            }
            frame(in.getByte(at + 4), in.getInt(at + 5), in.getBuffer(at + HEADER_BYTES, at + HEADER_BYTES + length));
            at += HEADER_BYTES + length;
        }
        pending = at == in.length() ? Buffer.buffer() : in.getBuffer(at, in.length());
    }

    private void frame(int code, int crc, Buffer payload) {
        FrameType type = FrameType.of(code);
        if (type == null) {
            garbage("a frame is of unknown type " + code);
        } else if (crc != crc(code, payload.getBytes())) {
            garbage("a frame of type " + type + " fails its checksum");
        } else {
            onFrame.accept(type, payload);
        }
    }

    private void garbage(String what) {
        broken = true;
        onGarbage.handle(what);
    }

    private static int crc(int code, byte[] payload) {
        CRC32C crc = new CRC32C();
        crc.update(code);
        crc.update(payload, 0, payload.length);
        return (int) crc.getValue();
    }
}
