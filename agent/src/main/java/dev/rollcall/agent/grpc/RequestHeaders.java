package dev.rollcall.agent.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/** Header blocks of one connection's requests, put together from their frames and decoded in their order. */
final class RequestHeaders {
    /** Largest list of headers, counted as HTTP/2 does. */
    static final int LIST_BYTES_MAX = 16 << 10;
    /** Frames that one block may come in. */
    private static final int PIECES_MAX = 16;

    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(true, LIST_BYTES_MAX);
    private @Nullable ByteBuf block;
    private boolean owned;
    private int stream;
    private int pieces;
    private boolean endsStream;

    /** Whether a block has begun that is not complete. */
    boolean begun() {
        return block != null;
    }

    int stream() {
        return stream;
    }

    /** Whether the caller sends nothing after this block. */
    boolean endsStream() {
        return endsStream;
    }

    /** A HEADERS frame; its payload may be used until {@link #complete} or {@link #add}. */
    void begin(int id, int flags, ByteBuf payload) throws ConnectionError {
        if ((flags & Http2.WITH_PRIORITY) != 0) {
            if (payload.readableBytes() < Http2.PRIORITY_BYTES) {
                throw new ConnectionError(Http2.FRAME_SIZE_ERROR, "headers too short for their priority");
            }
            payload.skipBytes(Http2.PRIORITY_BYTES);
        }
        stream = id;
        endsStream = (flags & Http2.END_STREAM) != 0;
        pieces = 1;
        if ((flags & Http2.END_HEADERS) != 0) {
            block = payload;
            owned = false;
        } else {
            block = Unpooled.buffer(payload.readableBytes()).writeBytes(payload);
            owned = true;
        }
    }

    void add(ByteBuf payload) throws ConnectionError {
        ByteBuf known = block;
        pieces++;
        if (known == null
                || known.readableBytes() + payload.readableBytes() > 2 * LIST_BYTES_MAX
                || pieces > PIECES_MAX) {
            throw new ConnectionError(Http2.ENHANCE_YOUR_CALM, "a header block without an end");
        }
        known.writeBytes(payload);
    }

    /** The headers; null if they are none that a request could have. */
    @Nullable
    Http2Headers complete() throws ConnectionError {
        ByteBuf known = block;
        if (known == null) {
            throw new ConnectionError(Http2.PROTOCOL_ERROR, "the end of no header block");
        }
        try {
            return decoder.decodeHeaders(stream, known);
        } catch (Http2Exception.StreamException e) {
            return null;
        } catch (Http2Exception e) {
            throw new ConnectionError(Http2.COMPRESSION_ERROR, String.valueOf(e.getMessage()));
        } finally {
            discard();
        }
    }

    void discard() {
        ByteBuf known = block;
        block = null;
        if (known != null && owned) {
            known.release();
        }
    }
}
