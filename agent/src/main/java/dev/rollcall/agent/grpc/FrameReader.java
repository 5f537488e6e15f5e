package dev.rollcall.agent.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;
import org.jspecify.annotations.Nullable;

/** Takes one connection's bytes apart, in any pieces they come in, and checks the form of each frame. */
final class FrameReader {
    private static final int SETTING_BYTES = Short.BYTES + Integer.BYTES;
    private static final int FRAME_SETTING_MAX = 0xff_ffff;

    /** What frames say. */
    interface Frames {
        /** The payload as it came, with its padding: all of it counts for the windows. */
        void data(int stream, int flags, ByteBuf payload) throws ConnectionError;

        /** @param headers null if they are none that a request could have */
        void headers(int stream, boolean last, @Nullable Http2Headers headers) throws ConnectionError;

        void reset(int stream) throws ConnectionError;

        /** Whether settings and pings may be asked now; each needs an answer. */
        void asked() throws ConnectionError;

        /** Window of each stream that begins from now on; those there are change by as much. */
        void streamWindow(long bytes) throws ConnectionError;

        /** The settings of one frame have been told. */
        void settingsRead();

        void ping(ByteBuf payload);

        /** @param stream 0 for the connection itself */
        void windowUpdate(int stream, int bytes) throws ConnectionError;

        /** Whether there is no use in going on. */
        boolean closed();
    }

    private final Frames frames;
    private final RequestHeaders headers = new RequestHeaders();
    private int prefaceLeft = Http2.PREFACE.length();

    FrameReader(Frames frames) {
        this.frames = frames;
    }

    /** Reads whole frames; what is left is the beginning of one. */
    void read(ByteBuf in) throws ConnectionError {
        skipPreface(in);
        while (!frames.closed() && in.readableBytes() >= Http2.FRAME_HEADER_BYTES) {
            int at = in.readerIndex();
            int length = in.getUnsignedMedium(at);
            if (length > Http2.FRAME_BYTES_MAX) {
                throw new ConnectionError(Http2.FRAME_SIZE_ERROR, "a frame of " + length + " bytes");
            }
            if (in.readableBytes() < Http2.FRAME_HEADER_BYTES + length) {
                return;
            }
            int type = in.getByte(at + 3);
            int flags = in.getByte(at + 4);
            int stream = in.getInt(at + 5) & Integer.MAX_VALUE;
            in.skipBytes(Http2.FRAME_HEADER_BYTES);
            frame(type, flags, stream, in.readSlice(length));
        }
    }

    /** Lets go of what a header block has begun with. */
    void discard() {
        headers.discard();
    }

    private void skipPreface(ByteBuf in) throws ConnectionError {
        while (prefaceLeft > 0 && in.isReadable()) {
            if (in.readByte() != Http2.PREFACE.charAt(Http2.PREFACE.length() - prefaceLeft)) {
                throw new ConnectionError(Http2.PROTOCOL_ERROR, "no preface");
            }
            prefaceLeft--;
        }
    }

    private void frame(int type, int flags, int stream, ByteBuf payload) throws ConnectionError {
        if (headers.begun() && (type != Http2.CONTINUATION || stream != headers.stream())) {
            throw new ConnectionError(Http2.PROTOCOL_ERROR, "frame " + type + " within a header block");
        }
        switch (type) {
            case Http2.DATA -> {
                checkStream(stream, true);
                frames.data(stream, flags, payload);
            }
            case Http2.HEADERS -> {
                checkStream(stream, (stream & 1) == 1);
                headers.begin(stream, flags, unpadded(flags, payload));
                completeHeaders(flags);
            }
            case Http2.CONTINUATION -> {
                checkStream(stream, headers.begun());
                headers.add(payload);
                completeHeaders(flags);
            }
            case Http2.RST_STREAM -> {
                checkStream(stream, true);
                checkLength(payload, Integer.BYTES);
                frames.reset(stream);
            }
            case Http2.SETTINGS -> {
                checkConnection(stream);
                settings(flags, payload);
            }
            case Http2.PING -> {
                checkConnection(stream);
                checkLength(payload, Long.BYTES);
                if ((flags & Http2.ACK) == 0) {
                    frames.asked();
                    frames.ping(payload);
                }
            }
            case Http2.WINDOW_UPDATE -> windowUpdate(stream, payload);
            case Http2.PUSH_PROMISE -> throw new ConnectionError(Http2.PROTOCOL_ERROR, "a push from a client");
            case Http2.PRIORITY -> {
                checkStream(stream, true);
                checkLength(payload, Http2.PRIORITY_BYTES);
            }
            case Http2.GOAWAY -> checkConnection(stream);
            default -> {
                // Frames of other types are to be passed over.
            }
        }
    }

    private void completeHeaders(int flags) throws ConnectionError {
        if ((flags & Http2.END_HEADERS) != 0) {
            int stream = headers.stream();
            boolean last = headers.endsStream();
            frames.headers(stream, last, headers.complete());
        }
    }

    private void settings(int flags, ByteBuf payload) throws ConnectionError {
        if ((flags & Http2.ACK) != 0) {
            checkLength(payload, 0);
            return;
        }
        if (payload.readableBytes() % SETTING_BYTES != 0) {
            throw new ConnectionError(Http2.FRAME_SIZE_ERROR, "settings of " + payload.readableBytes() + " bytes");
        }
        frames.asked();
        while (payload.isReadable()) {
            setting(payload.readUnsignedShort(), payload.readUnsignedInt());
        }
        frames.settingsRead();
    }

    private void setting(int name, long value) throws ConnectionError {
        if (name == Http2.SETTING_INITIAL_WINDOW_SIZE) {
            if (value > Http2.WINDOW_MAX) {
                throw new ConnectionError(Http2.FLOW_CONTROL_ERROR, "a window of " + value);
            }
            frames.streamWindow(value);
        } else if (name == Http2.SETTING_ENABLE_PUSH && value > 1) {
            throw new ConnectionError(Http2.PROTOCOL_ERROR, "pushes enabled by " + value);
        } else if (name == Http2.SETTING_MAX_FRAME_SIZE
                && (value < Http2.FRAME_BYTES_MAX || value > FRAME_SETTING_MAX)) {
            throw new ConnectionError(Http2.PROTOCOL_ERROR, "frames of at most " + value);
        }
    }

    private void windowUpdate(int stream, ByteBuf payload) throws ConnectionError {
        checkLength(payload, Integer.BYTES);
        int bytes = payload.readInt() & Integer.MAX_VALUE;
        if (bytes == 0) {
            throw new ConnectionError(Http2.PROTOCOL_ERROR, "a window update of nothing");
        }
        frames.windowUpdate(stream, bytes);
    }

    /** A payload without its padding. */
    static ByteBuf unpadded(int flags, ByteBuf payload) throws ConnectionError {
        if ((flags & Http2.PADDED) == 0) {
            return payload;
        }
        int padding = payload.isReadable() ? payload.readUnsignedByte() : Integer.MAX_VALUE;
        if (padding > payload.readableBytes()) {
            throw new ConnectionError(Http2.PROTOCOL_ERROR, "more padding than payload");
        }
        return payload.readSlice(payload.readableBytes() - padding);
    }

    /** Refuses a frame that this stream cannot have. */
    static void checkStream(int stream, boolean allowed) throws ConnectionError {
        if (stream == 0 || !allowed) {
            throw new ConnectionError(Http2.PROTOCOL_ERROR, "a frame that stream " + stream + " cannot have");
        }
    }

    private static void checkConnection(int stream) throws ConnectionError {
        if (stream != 0) {
            throw new ConnectionError(Http2.PROTOCOL_ERROR, "a stream's frame that is for the connection");
        }
    }

    private static void checkLength(ByteBuf payload, int bytes) throws ConnectionError {
        if (payload.readableBytes() != bytes) {
            throw new ConnectionError(Http2.FRAME_SIZE_ERROR, "a payload of " + payload.readableBytes() + " bytes");
        }
    }
}
