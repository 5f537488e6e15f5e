package dev.rollcall.agent.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The client's end of a connection, frame by frame; headers by Netty's codec, which knows nothing of ours. */
final class RawConnection implements AutoCloseable {
    private static final int PATIENCE_MS = 30_000;

    /** A frame as it came. */
    record Frame(int type, int flags, int stream, byte[] payload) {
        boolean ends() {
            return (flags & Http2.END_STREAM) != 0;
        }

        int number() {
            return Unpooled.wrappedBuffer(payload).getInt(payload.length - 4);
        }

        @Override
        public String toString() {
            return "frame " + type + " of stream " + stream + ", " + payload.length + " bytes, flags " + flags;
        }
    }

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final HeaderBlocks blocks = new HeaderBlocks();
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(true);

    /** Connects, and sends the preface and settings of which the window of a stream is this. */
    RawConnection(int port, int window) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MS);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
        out.write(Http2.PREFACE.getBytes(StandardCharsets.US_ASCII));
        ByteBuf settings =
                Unpooled.buffer().writeShort(Http2.SETTING_INITIAL_WINDOW_SIZE).writeInt(window);
        send(Http2.SETTINGS, 0, 0, bytes(settings));
    }

    void send(int type, int flags, int stream, byte... payload) throws IOException {
        ByteBuf head = Unpooled.buffer()
                .writeMedium(payload.length)
                .writeByte(type)
                .writeByte(flags)
                .writeInt(stream);
        out.write(bytes(head.writeBytes(payload)));
        out.flush();
    }

    /** Sends the only message of a call, in as many frames as it takes. */
    void sendMessage(int stream, byte[] body) throws IOException {
        byte[] message = message(body);
        for (int at = 0; at < message.length; at += Http2.FRAME_BYTES_MAX) {
            int to = Math.min(message.length, at + Http2.FRAME_BYTES_MAX);
            send(Http2.DATA, to == message.length ? Http2.END_STREAM : 0, stream, Arrays.copyOfRange(message, at, to));
        }
    }

    void sendNumber(int type, int stream, int number) throws IOException {
        send(type, 0, stream, bytes(Unpooled.buffer().writeInt(number)));
    }

    byte[] call(String path) throws Http2Exception {
        return blocks.call(path);
    }

    byte[] block(Http2Headers headers) throws Http2Exception {
        return blocks.of(headers);
    }

    /** The next frame; fails at the end of the connection. */
    Frame next() throws IOException {
        byte[] head = new byte[Http2.FRAME_HEADER_BYTES];
        in.readFully(head);
        ByteBuf fields = Unpooled.wrappedBuffer(head);
        byte[] payload = new byte[fields.readUnsignedMedium()];
        in.readFully(payload);
        return new Frame(fields.readByte(), fields.readByte(), fields.readInt(), payload);
    }

    /** The next frame of this type, whatever comes before it. */
    Frame next(int type) throws IOException {
        Frame frame = next();
        while (frame.type() != type) {
            frame = next();
        }
        return frame;
    }

    /** Whether nothing has come that was not read. */
    boolean silent() throws IOException {
        return in.available() == 0;
    }

    /** Whether nothing more comes; waits for it. */
    boolean ends() throws IOException {
        return in.read() < 0;
    }

    Http2Headers headers(Frame frame) throws Http2Exception {
        int priorityBytes = (frame.flags() & Http2.WITH_PRIORITY) == 0 ? 0 : 5;
        ByteBuf block = Unpooled.wrappedBuffer(frame.payload()).skipBytes(priorityBytes);
        return decoder.decodeHeaders(1, block);
    }

    static byte[] message(byte[] body) {
        return bytes(Unpooled.buffer().writeByte(0).writeInt(body.length).writeBytes(body));
    }

    private static byte[] bytes(ByteBuf buffer) {
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        return bytes;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
