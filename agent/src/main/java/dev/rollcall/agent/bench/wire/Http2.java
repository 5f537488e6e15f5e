package dev.rollcall.agent.bench.wire;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** What HTTP/2 fixes: RFC 9113, sections 3.4, 4.1, 6 and 6.5.2. */
final class Http2 {
    static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    static final int FRAME_HEADER_BYTES = 9;
    /** A peer's largest frame unless we allow more, and the largest that every peer takes. */
    static final int MAX_FRAME_BYTES = 16_384;

    static final int DEFAULT_WINDOW_BYTES = 65_535;

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 0x1;
    static final int ACK = 0x1;
    static final int END_HEADERS = 0x4;
    static final int PADDED = 0x8;
    static final int PRIORITY = 0x20;

    static final int HEADER_TABLE_SIZE = 1;
    static final int ENABLE_PUSH = 2;
    static final int MAX_CONCURRENT_STREAMS = 3;
    static final int INITIAL_WINDOW_SIZE = 4;

    static final int CANCEL = 8;

    private Http2() {}

    /** The nine bytes before a payload. */
    static void frame(ByteBuf out, int length, int type, int flags, int stream) {
        out.writeMedium(length).writeByte(type).writeByte(flags).writeInt(stream);
    }

    static void setting(ByteBuf out, int id, int value) {
        out.writeShort(id).writeInt(value);
    }

    static void windowUpdate(ByteBuf out, int stream, int bytes) {
        frame(out, Integer.BYTES, WINDOW_UPDATE, 0, stream);
        out.writeInt(bytes);
    }
}
