package dev.rollcall.agent.bench.wire;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.call.EtcdMethod;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GrpcConnectionTest {
    private static final int FIRST = 1;

    private final GrpcConnection connection = new GrpcConnection("host:1");
    private final EmbeddedChannel channel = new EmbeddedChannel(connection);
    private final DefaultHttp2HeadersEncoder serverEncoder = new DefaultHttp2HeadersEncoder();
    private final DefaultHttp2HeadersDecoder serverDecoder = new DefaultHttp2HeadersDecoder(false);
    private final Seen seen = new Seen();

    /** A frame as the server sees it. */
    private record Frame(int type, int flags, int stream, byte[] payload) {}

    private static final class Seen implements CallEvents {
        private final List<String> messages = new ArrayList<>();
        private final List<String> ends = new ArrayList<>();

        @Override
        public void message(ByteBuf in, int length) {
            messages.add(in.toString(in.readerIndex(), length, StandardCharsets.US_ASCII));
        }

        @Override
        public void end(int status, String detail) {
            ends.add(status + " " + detail);
        }
    }

    @BeforeEach
    void greet() {
        ByteBuf out = sent();
        byte[] preface = new byte[Http2.PREFACE.length];
        out.readBytes(preface);
        assertEquals("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", new String(preface, StandardCharsets.US_ASCII));
        assertEquals(List.of(Http2.SETTINGS, Http2.WINDOW_UPDATE), types(frames(out)));
        assertFalse(connection.ready().isDone());
        settings();
        assertTrue(connection.ready().isDone());
        assertEquals(List.of(Http2.SETTINGS), types(frames(sent())));
    }

    @Test
    void aCallAndItsAnswer() throws Http2Exception {
        connection.unary(EtcdMethod.PUT, ascii("request"), seen);
        List<Frame> frames = frames(sent());
        assertEquals(List.of(Http2.HEADERS, Http2.DATA), types(frames));
        Http2Headers headers = decode(frames.get(0));
        assertEquals("/etcdserverpb.KV/Put", headers.path().toString());
        assertEquals("host:1", headers.authority().toString());
        assertEquals(Http2.END_STREAM, frames.get(1).flags());
        assertEquals("\0\0\0\0\7request", text(frames.get(1)));
        receive(headers(FIRST, head(), false), data(FIRST, "answer"), headers(FIRST, status("0"), true));
        assertEquals(List.of("answer"), seen.messages);
        assertEquals(List.of("0 "), seen.ends);
    }

    @Test
    void headersThatTheTableHoldsAreSentAsIndexesAndStillMeanTheSame() throws Http2Exception {
        EtcdMethod[] methods = {
            EtcdMethod.PUT, EtcdMethod.PUT, EtcdMethod.RANGE, EtcdMethod.PUT, EtcdMethod.PUT, EtcdMethod.RANGE
        };
        int last = 0;
        for (EtcdMethod method : methods) {
            connection.unary(method, ascii("x"), seen);
            Frame frame = frames(sent()).get(0);
            Http2Headers headers = decode(frame);
            assertEquals("/etcdserverpb.KV/" + method.method(), headers.path().toString());
            assertEquals("host:1", headers.authority().toString());
            last = frame.payload().length;
        }
        assertTrue(last < 10, last + " bytes");
    }

    @Test
    void statusesThatAreIndexesOnlyAreToldApart() throws Http2Exception {
        // Each new one moves those before it to other indexes.
        List<String> statuses = List.of("0", "14", "0", "14", "5", "0", "14", "5", "8", "0", "14", "5", "8");
        for (String status : statuses) {
            connection.unary(EtcdMethod.PUT, ascii("x"), seen);
            int stream = frames(sent()).get(0).stream();
            receive(headers(stream, head(), false), headers(stream, status(status), true));
        }
        assertEquals(statuses.stream().map(status -> status + " ").toList(), seen.ends);
    }

    @Test
    void anErrorIsItsStatusAndWhatTheServerSays() throws Http2Exception {
        connection.unary(EtcdMethod.PUT, ascii("x"), seen);
        receive(headers(FIRST, head().add("grpc-status", "8").add("grpc-message", "no%20space+"), true));
        assertEquals(List.of("8 no space+"), seen.ends);
    }

    @Test
    void framesMayComeInAnyPieces() throws Http2Exception {
        connection.unary(EtcdMethod.PUT, ascii("x"), seen);
        ByteBuf all = Unpooled.wrappedBuffer(
                headers(FIRST, head(), false),
                ping(),
                data(FIRST, "one", "and two"),
                headers(FIRST, status("0"), true));
        while (all.isReadable()) {
            receive(all.readBytes(1));
        }
        assertEquals(List.of("one", "and two"), seen.messages);
        assertEquals(List.of("0 "), seen.ends);
    }

    @Test
    void messagesMayComeInAnyFrames() throws Http2Exception {
        connection.unary(EtcdMethod.PUT, ascii("x"), seen);
        receive(headers(FIRST, head(), false));
        ByteBuf messages = Unpooled.wrappedBuffer(message("first"), message(""), message("third"));
        while (messages.isReadable()) {
            receive(frame(Http2.DATA, 0, FIRST, messages.readBytes(Math.min(4, messages.readableBytes()))));
        }
        assertEquals(List.of("first", "", "third"), seen.messages);
    }

    @Test
    void paddingAndContinuations() throws Http2Exception {
        connection.unary(EtcdMethod.PUT, ascii("x"), seen);
        ByteBuf block = Unpooled.buffer();
        serverEncoder.encodeHeaders(FIRST, head(), block);
        ByteBuf begin = block.readBytes(3);
        ByteBuf padded = Unpooled.buffer().writeByte(2).writeBytes(message("m")).writeZero(2);
        receive(
                frame(Http2.HEADERS, 0, FIRST, begin),
                frame(Http2.CONTINUATION, Http2.END_HEADERS, FIRST, block),
                frame(Http2.DATA, Http2.PADDED, FIRST, padded),
                headers(FIRST, status("0"), true));
        assertEquals(List.of("m"), seen.messages);
        assertEquals(List.of("0 "), seen.ends);
    }

    @Test
    void nothingIsSentBeyondTheServersWindows() {
        int most = Http2.DEFAULT_WINDOW_BYTES;
        connection.unary(EtcdMethod.PUT, new byte[100_000], seen);
        connection.unary(EtcdMethod.PUT, ascii("after"), seen);
        List<Frame> frames = frames(sent());
        assertEquals(most, bytes(frames));
        assertTrue(frames.stream().allMatch(frame -> frame.payload().length <= Http2.MAX_FRAME_BYTES));
        assertTrue(frames.stream().noneMatch(frame -> frame.type() == Http2.DATA && frame.flags() != 0));
        receive(windowUpdate(0, 1_000_000));
        assertEquals(0, bytes(frames(sent())));
        receive(windowUpdate(FIRST, 1_000_000));
        List<Frame> rest = frames(sent());
        assertEquals(100_005 + 10 - most, bytes(rest));
        assertEquals(
                List.of(FIRST, FIRST + 2),
                rest.stream()
                        .filter(frame -> (frame.flags() & Http2.END_STREAM) != 0)
                        .map(Frame::stream)
                        .toList());
    }

    @Test
    void aSmallerWindowHoldsForCallsThatAreOpen() {
        GrpcCall call = requireNonNull(connection.open(EtcdMethod.WATCH, seen));
        receive(frame(
                Http2.SETTINGS,
                0,
                0,
                Unpooled.buffer().writeShort(Http2.INITIAL_WINDOW_SIZE).writeInt(12)));
        sent().release();
        connection.send(call, new byte[7]);
        connection.send(call, new byte[7]);
        channel.runPendingTasks();
        assertEquals(12, bytes(frames(sent())));
        receive(windowUpdate(FIRST, 1));
        assertEquals(0, bytes(frames(sent())));
        receive(windowUpdate(FIRST, 11));
        assertEquals(12, bytes(frames(sent())));
    }

    @Test
    void asMuchIsAllowedAgainAsWasReceived() {
        connection.open(EtcdMethod.WATCH, seen);
        sent().release();
        int frames = 0;
        long allowed = 0;
        for (; frames < 3_000; frames++) {
            receive(frame(Http2.DATA, 0, FIRST, message("x".repeat(Http2.MAX_FRAME_BYTES - 5))));
            ByteBuf out = sent();
            for (Frame frame : frames(out)) {
                assertEquals(Http2.WINDOW_UPDATE, frame.type());
                allowed += frame.stream() == 0
                        ? 0
                        : Unpooled.wrappedBuffer(frame.payload()).readInt();
            }
        }
        long received = (long) frames * Http2.MAX_FRAME_BYTES;
        assertTrue(received - allowed < 4 << 20, received + " received, " + allowed + " allowed again");
    }

    @Test
    void aPingIsAnswered() {
        receive(ping());
        List<Frame> frames = frames(sent());
        assertEquals(List.of(Http2.PING), types(frames));
        assertEquals(Http2.ACK, frames.get(0).flags());
        assertEquals("pingping", text(frames.get(0)));
    }

    @Test
    void allCallsEndWithTheConnection() {
        connection.unary(EtcdMethod.PUT, ascii("x"), seen);
        connection.open(EtcdMethod.WATCH, seen);
        channel.close().syncUninterruptibly();
        assertFalse(connection.isOpen());
        assertEquals(List.of("14 connection lost", "14 connection lost"), seen.ends);
        connection.unary(EtcdMethod.PUT, ascii("x"), seen);
        assertEquals(2, seen.ends.size());
        channel.runPendingTasks();
        assertEquals(3, seen.ends.size());
    }

    @Test
    void moreCallsThanTheServerTakesAreRefusedLater() {
        receive(frame(
                Http2.SETTINGS,
                0,
                0,
                Unpooled.buffer().writeShort(Http2.MAX_CONCURRENT_STREAMS).writeInt(1)));
        sent().release();
        connection.unary(EtcdMethod.PUT, ascii("x"), seen);
        connection.unary(EtcdMethod.PUT, ascii("x"), seen);
        // Whoever asks again when it is refused would otherwise do so without end.
        assertEquals(List.of(), seen.ends);
        assertEquals(List.of(Http2.HEADERS, Http2.DATA), types(frames(sent())));
        assertEquals(List.of("8 the server takes 1 calls on a connection at a time"), seen.ends);
    }

    @Test
    void aCancelledCallHearsNothingMore() throws Http2Exception {
        GrpcCall call = requireNonNull(connection.open(EtcdMethod.WATCH, seen));
        connection.cancel(call);
        List<Frame> frames = frames(sent());
        assertEquals(List.of(Http2.HEADERS, Http2.RST_STREAM), types(frames));
        receive(headers(FIRST, head(), false), data(FIRST, "late"), headers(FIRST, status("0"), true));
        assertEquals(List.of(), seen.messages);
        assertEquals(List.of(), seen.ends);
    }

    @Test
    void whoeverSpeaksAnotherProtocolIsRefused() {
        GrpcConnection other = new GrpcConnection("host:1");
        EmbeddedChannel plain = new EmbeddedChannel(other);
        plain.writeInbound(Unpooled.copiedBuffer("HTTP/1.1 400 Bad Request\r\n\r\n", StandardCharsets.US_ASCII));
        assertTrue(other.ready().isCompletedExceptionally());
        assertFalse(plain.isOpen());
        plain.releaseOutbound();
    }

    private void settings() {
        receive(frame(Http2.SETTINGS, 0, 0, Unpooled.EMPTY_BUFFER));
    }

    private void receive(ByteBuf... buffers) {
        for (ByteBuf buffer : buffers) {
            channel.writeInbound(buffer);
        }
    }

    private ByteBuf sent() {
        channel.runPendingTasks();
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            all.writeBytes(next);
            next.release();
        }
        return all;
    }

    private static List<Frame> frames(ByteBuf in) {
        List<Frame> frames = new ArrayList<>();
        while (in.isReadable()) {
            int length = in.readUnsignedMedium();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int stream = in.readInt();
            byte[] payload = new byte[length];
            in.readBytes(payload);
            frames.add(new Frame(type, flags, stream, payload));
        }
        return frames;
    }

    private static List<Integer> types(List<Frame> frames) {
        return frames.stream().map(Frame::type).toList();
    }

    private static int bytes(List<Frame> frames) {
        return frames.stream()
                .filter(frame -> frame.type() == Http2.DATA)
                .mapToInt(frame -> frame.payload().length)
                .sum();
    }

    private Http2Headers decode(Frame frame) throws Http2Exception {
        return serverDecoder.decodeHeaders(frame.stream(), Unpooled.wrappedBuffer(frame.payload()));
    }

    private static String text(Frame frame) {
        return new String(frame.payload(), StandardCharsets.US_ASCII);
    }

    private static Http2Headers head() {
        return new DefaultHttp2Headers().status("200").add("content-type", "application/grpc");
    }

    private static Http2Headers status(String status) {
        return new DefaultHttp2Headers().add("grpc-status", status);
    }

    private ByteBuf headers(int stream, Http2Headers headers, boolean last) throws Http2Exception {
        ByteBuf block = Unpooled.buffer();
        serverEncoder.encodeHeaders(stream, headers, block);
        return frame(Http2.HEADERS, Http2.END_HEADERS | (last ? Http2.END_STREAM : 0), stream, block);
    }

    private static ByteBuf data(int stream, String... messages) {
        ByteBuf payload = Unpooled.buffer();
        for (String message : messages) {
            payload.writeBytes(message(message));
        }
        return frame(Http2.DATA, 0, stream, payload);
    }

    private static ByteBuf message(String text) {
        return Unpooled.buffer().writeByte(0).writeInt(text.length()).writeBytes(ascii(text));
    }

    private static ByteBuf ping() {
        return frame(Http2.PING, 0, 0, Unpooled.wrappedBuffer(ascii("pingping")));
    }

    private static ByteBuf windowUpdate(int stream, int bytes) {
        return frame(Http2.WINDOW_UPDATE, 0, stream, Unpooled.buffer().writeInt(bytes));
    }

    private static ByteBuf frame(int type, int flags, int stream, ByteBuf payload) {
        ByteBuf frame = Unpooled.buffer();
        Http2.frame(frame, payload.readableBytes(), type, flags, stream);
        return frame.writeBytes(payload);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
