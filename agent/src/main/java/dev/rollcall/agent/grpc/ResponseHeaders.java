package dev.rollcall.agent.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * Header blocks of answers, written out once. Nothing enters the peer's dynamic table, so a block means the same wherever it
 * stands. Source: RFC 7541, section 6.
 */
final class ResponseHeaders {
    private static final int STATUS_200 = 0x88;
    /** Static table: a literal follows for {@code :status} or {@code content-type}, and is not to be indexed. */
    private static final int LITERAL_STATUS = 8;

    private static final int LITERAL_CONTENT_TYPE = 31;
    private static final int PREFIX_4 = 0x0f;
    private static final int PREFIX_7 = 0x7f;
    private static final int STATUSES = 17;

    /** The head of an answer that has messages. */
    static final byte[] HEAD = bytes(head());

    private static final byte[][] TRAILERS = new byte[STATUSES][];

    static {
        for (int status = 0; status < STATUSES; status++) {
            ByteBuf out = Unpooled.buffer();
            literal(out, "grpc-status", Integer.toString(status));
            TRAILERS[status] = bytes(out);
        }
    }

    private ResponseHeaders() {}

    /** The end of an answer that went well. */
    static byte[] ok() {
        return TRAILERS[0];
    }

    /**
     * The end of an answer that did not.
     *
     * @param alone whether no head was sent: then it is head and end in one
     */
    static byte[] failed(int status, String message, boolean alone) {
        ByteBuf out = alone ? head() : Unpooled.buffer();
        out.writeBytes(TRAILERS[status < 0 || status >= STATUSES ? 2 : status]);
        literal(out, "grpc-message", StatusMessage.encode(message));
        return bytes(out);
    }

    /** The whole answer to something that is no gRPC call. */
    static byte[] http(int status) {
        ByteBuf out = Unpooled.buffer();
        integer(out, 0, PREFIX_4, LITERAL_STATUS);
        string(out, Integer.toString(status));
        return bytes(out);
    }

    private static ByteBuf head() {
        ByteBuf out = Unpooled.buffer();
        out.writeByte(STATUS_200);
        integer(out, 0, PREFIX_4, LITERAL_CONTENT_TYPE);
        string(out, "application/grpc");
        return out;
    }

    private static void literal(ByteBuf out, String name, String value) {
        out.writeByte(0);
        string(out, name);
        string(out, value);
    }

    private static void string(ByteBuf out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        integer(out, 0, PREFIX_7, bytes.length);
        out.writeBytes(bytes);
    }

    /** An integer whose first bits share their byte with {@code flags}. */
    private static void integer(ByteBuf out, int flags, int prefix, int value) {
        if (value < prefix) {
            out.writeByte(flags | value);
            return;
        }
        out.writeByte(flags | prefix);
        int rest = value - prefix;
        while (rest >= 0x80) {
            out.writeByte((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }

    private static byte[] bytes(ByteBuf out) {
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }
}
