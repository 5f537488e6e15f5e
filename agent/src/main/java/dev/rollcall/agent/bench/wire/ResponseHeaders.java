package dev.rollcall.agent.bench.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads the header blocks that come on one connection. A block of indexes alone means the same as long as nothing enters
 * HPACK's table, and is then looked up instead of decoded.
 */
final class ResponseHeaders {
    /** The block has no gRPC status: headers before the messages. */
    static final int NO_STATUS = -1;

    private static final int UNKNOWN = 2;
    private static final int MAX_KNOWN = 64;

    /** What a block says. */
    record Outcome(int status, String detail) {}

    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
    private final Map<ByteBuf, Outcome> known = new HashMap<>();

    /** Reads {@code length} bytes. */
    Outcome read(int stream, ByteBuf in, int length) throws Http2Exception {
        ByteBuf block = in.readSlice(length);
        Outcome before = known.get(block);
        if (before != null) {
            return before;
        }
        byte[] bytes = ByteBufUtil.getBytes(block);
        Outcome outcome = outcome(decoder.decodeHeaders(stream, block));
        if (!isAllIndexed(bytes)) {
            known.clear();
        } else if (known.size() < MAX_KNOWN) {
            known.put(Unpooled.wrappedBuffer(bytes), outcome);
        }
        return outcome;
    }

    /** Whether a block changes no table: RFC 7541, section 6: only an index begins with a set bit. */
    static boolean isAllIndexed(byte[] block) {
        for (byte b : block) {
            if (b >= 0) {
                return false;
            }
        }
        return true;
    }

    private static Outcome outcome(Http2Headers headers) {
        CharSequence status = headers.get("grpc-status");
        if (status != null) {
            CharSequence message = headers.get("grpc-message");
            return new Outcome(number(status), message == null ? "" : decoded(message.toString()));
        }
        CharSequence http = headers.status();
        return http == null || "200".contentEquals(http)
                ? new Outcome(NO_STATUS, "")
                : new Outcome(UNKNOWN, "HTTP status " + http);
    }

    private static int number(CharSequence status) {
        try {
            return Integer.parseInt(status, 0, status.length(), 10);
        } catch (NumberFormatException e) {
            return UNKNOWN;
        }
    }

    private static String decoded(String message) {
        try {
            return URLDecoder.decode(message.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return message;
        }
    }
}
