package dev.rollcall.agent.bench.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Exception;
import org.jspecify.annotations.Nullable;

/** Cuts what comes from the socket into frames (RFC 9113, section 4.1) and hands each to its connection. */
final class FrameReader {
    private static final int MAX_HEADER_BYTES = 1 << 16;

    private final GrpcConnection connection;
    private final ResponseHeaders responseHeaders = new ResponseHeaders();
    private @Nullable ByteBuf rest;
    private @Nullable ByteBuf headers;
    private boolean headersLast;

    FrameReader(GrpcConnection connection) {
        this.connection = connection;
    }

    /** Reads a buffer and releases it; the beginning of a frame that is not all there is kept. */
    void read(ByteBuf received) throws Http2Exception {
        ByteBuf in = received;
        ByteBuf earlier = rest;
        if (earlier != null) {
            earlier.writeBytes(received);
            received.release();
            in = earlier;
            rest = null;
        }
        try {
            while (isComplete(in)) {
                frame(in);
            }
            if (in.isReadable()) {
                rest = in.alloc()
                        .buffer(Math.max(Http2.MAX_FRAME_BYTES, 2 * in.readableBytes()))
                        .writeBytes(in);
            }
        } finally {
            in.release();
        }
    }

    void release() {
        ByteBuf kept = rest;
        if (kept != null) {
            rest = null;
            kept.release();
        }
    }

    private static boolean isComplete(ByteBuf in) throws Http2Exception {
        if (in.readableBytes() < Http2.FRAME_HEADER_BYTES) {
            return false;
        }
        int length = in.getUnsignedMedium(in.readerIndex());
        if (length > Http2.MAX_FRAME_BYTES) {
            throw new Http2Exception(
                    io.netty.handler.codec.http2.Http2Error.FRAME_SIZE_ERROR, "no HTTP/2 server there");
        }
        return in.readableBytes() >= Http2.FRAME_HEADER_BYTES + length;
    }

    private void frame(ByteBuf in) throws Http2Exception {
        int frameLength = in.readUnsignedMedium();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt() & Integer.MAX_VALUE;
        int next = in.readerIndex() + frameLength;
        int length = frameLength;
        if ((type == Http2.DATA || type == Http2.HEADERS) && (flags & Http2.PADDED) != 0) {
            length -= 1 + in.readUnsignedByte();
        }
        switch (type) {
            case Http2.DATA -> connection.data(in, stream, flags, length, frameLength);
            case Http2.HEADERS -> {
                if ((flags & Http2.PRIORITY) != 0) {
                    in.skipBytes(5);
                    length -= 5;
                }
                headersLast = (flags & Http2.END_STREAM) != 0;
                headers(in, stream, flags, length);
            }
            case Http2.CONTINUATION -> headers(in, stream, flags, length);
            case Http2.SETTINGS -> connection.settings(in, flags, length);
            case Http2.PING -> connection.ping(in, flags);
            case Http2.WINDOW_UPDATE -> connection.windowUpdate(in, stream);
            case Http2.RST_STREAM -> connection.reset(in, stream);
            case Http2.GOAWAY -> connection.lose("the server ends the connection");
            default -> {
                // Unknown types are to be ignored: RFC 9113, section 5.5.
            }
        }
        in.readerIndex(next);
    }

    private void headers(ByteBuf in, int stream, int flags, int length) throws Http2Exception {
        boolean complete = (flags & Http2.END_HEADERS) != 0;
        ByteBuf begun = headers;
        if (begun == null && complete) {
            connection.headers(stream, responseHeaders.read(stream, in, length), headersLast);
            return;
        }
        ByteBuf all = begun == null ? Unpooled.buffer(2 * length, MAX_HEADER_BYTES) : begun;
        all.writeBytes(in, length);
        headers = complete ? null : all;
        if (complete) {
            connection.headers(stream, responseHeaders.read(stream, all, all.readableBytes()), headersLast);
        }
    }
}
