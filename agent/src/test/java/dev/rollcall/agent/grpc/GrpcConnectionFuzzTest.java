package dev.rollcall.agent.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.protobuf.ByteString;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Whatever bytes come, a connection does not fail in a way that nobody thought of, keeps nothing behind, and the others go
 * on. A failure names its seed.
 */
class GrpcConnectionFuzzTest {
    private static final int ROUNDS = 3_000;
    private static final int CALLS_MAX = 6;

    private final Wire wire = new Wire();
    private final MemoryBackend backend = new MemoryBackend();
    private final Logger logger = (Logger) LoggerFactory.getLogger(GrpcConnection.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private int port;

    @BeforeEach
    void serve() {
        log.start();
        logger.addAppender(log);
        port = Wire.endpoint(wire.serve(backend)).port();
    }

    @AfterEach
    void close() {
        logger.detachAppender(log);
        wire.close();
    }

    @Test
    void brokenConnectionsHarmNobodyElse() throws Exception {
        long first = Long.getLong("fuzz.seed", 7_000);
        try (RawConnection bystander = new RawConnection(port, 1 << 20)) {
            for (int i = 0; i < ROUNDS; i++) {
                broken(new SplittableRandom(first + i));
                if (i % 100 == 0) {
                    int id = 2 * i / 100 + 1;
                    bystander.send(Http2.HEADERS, Http2.END_HEADERS, id, bystander.call("/etcdserverpb.KV/Put"));
                    bystander.sendMessage(id, put("bystander", 10));
                    assertEquals(id, bystander.next(Http2.DATA).stream(), "from seed " + first + ", round " + i);
                }
                List<ILoggingEvent> errors = List.copyOf(log.list).stream()
                        .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                        .toList();
                assertTrue(errors.isEmpty(), "seed " + (first + i) + ": " + errors);
            }
        }
        wire.until(
                "nothing is kept",
                () -> wire.ledgers().openCalls() == 0 && wire.ledgers().heldBytes() == 0);
        wire.until("no stream is left", () -> backend.openStreams.get() == 0);
    }

    private void broken(SplittableRandom random) throws Exception {
        byte[] bytes = bytes(random);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            int at = 0;
            while (at < bytes.length) {
                int to = random.nextInt(3) == 0
                        ? bytes.length
                        : Math.min(bytes.length, at + 1 + random.nextInt(1 + bytes.length / 4));
                socket.getOutputStream().write(bytes, at, to - at);
                at = to;
            }
            if (random.nextBoolean()) {
                socket.shutdownOutput();
                byte[] read = new byte[4096];
                while (socket.getInputStream().read(read) >= 0) {
                    // Until it hangs up, as it has to at the end of what is sent.
                }
            }
        } catch (IOException e) {
            // It may hang up in the middle.
        }
    }

    /** Some calls as a client would make them, and then some damage. */
    private static byte[] bytes(SplittableRandom random) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(Http2.PREFACE.getBytes(StandardCharsets.US_ASCII));
        Frames frames = new Frames(out, random);
        ByteBuf window = Unpooled.buffer().writeShort(Http2.SETTING_INITIAL_WINDOW_SIZE);
        frames.add(Http2.SETTINGS, 0, 0, frames.bytes(window.writeInt(random.nextInt(70_000))));
        int calls = 1 + random.nextInt(CALLS_MAX);
        for (int i = 0; i < calls; i++) {
            frames.call(2 * i + 1);
        }
        byte[] all = out.toByteArray();
        for (int damages = random.nextInt(4); damages > 0; damages--) {
            all = damaged(all, random);
        }
        return all;
    }

    private static byte[] damaged(byte[] bytes, SplittableRandom random) {
        int preface = Http2.PREFACE.length();
        int at = random.nextInt(8) == 0 ? 0 : preface + random.nextInt(bytes.length - preface);
        switch (random.nextInt(4)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt();
            case 2 -> {
                return at <= preface ? bytes : Arrays.copyOf(bytes, at);
            }
            default -> {
                int to = Math.min(bytes.length, at + random.nextInt(40));
                byte[] twice = Arrays.copyOf(bytes, bytes.length + to - at);
                System.arraycopy(bytes, at, twice, to, bytes.length - at);
                return twice;
            }
        }
        return bytes;
    }

    private static byte[] put(String key, int valueBytes) {
        return PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFrom(new byte[valueBytes]))
                .build()
                .toByteArray();
    }

    private static byte[] watch() {
        return WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")))
                .build()
                .toByteArray();
    }

    /** Writes what a client may send, in some order that it may be sent in. */
    private static final class Frames {
        private final ByteArrayOutputStream out;
        private final SplittableRandom random;
        private final HeaderBlocks blocks = new HeaderBlocks();

        Frames(ByteArrayOutputStream out, SplittableRandom random) {
            this.out = out;
            this.random = random;
        }

        void call(int id) throws Exception {
            boolean watches = random.nextInt(3) == 0;
            byte[] block = blocks.call(watches ? "/etcdserverpb.Watch/Watch" : "/etcdserverpb.KV/Put");
            int cut = random.nextInt(block.length);
            if (random.nextBoolean()) {
                add(Http2.HEADERS, Http2.END_HEADERS, id, block);
            } else {
                add(Http2.HEADERS, 0, id, Arrays.copyOf(block, cut));
                add(Http2.CONTINUATION, Http2.END_HEADERS, id, Arrays.copyOfRange(block, cut, block.length));
            }
            byte[] message = RawConnection.message(watches ? watch() : put("k", random.nextInt(30_000)));
            for (int at = 0; at < message.length; ) {
                noise(id);
                int to = Math.min(message.length, at + 1 + random.nextInt(Http2.FRAME_BYTES_MAX));
                boolean last = to == message.length && !watches;
                add(Http2.DATA, last ? Http2.END_STREAM : 0, id, Arrays.copyOfRange(message, at, to));
                at = to;
            }
        }

        private void noise(int id) {
            switch (random.nextInt(12)) {
                case 0 -> add(Http2.PING, 0, 0, new byte[8]);
                case 1 ->
                    add(Http2.WINDOW_UPDATE, 0, 0, bytes(Unpooled.buffer().writeInt(1 + random.nextInt(1 << 20))));
                case 2 ->
                    add(Http2.WINDOW_UPDATE, 0, id, bytes(Unpooled.buffer().writeInt(1 + random.nextInt(1 << 20))));
                case 3 -> add(Http2.RST_STREAM, 0, id, bytes(Unpooled.buffer().writeInt(8)));
                case 4 -> add(Http2.PRIORITY, 0, id, new byte[5]);
                case 5 -> add(20 + random.nextInt(200), random.nextInt(256), id, new byte[random.nextInt(20)]);
                case 6 -> add(random.nextInt(10), random.nextInt(256), random.nextInt(9), new byte[random.nextInt(20)]);
                default -> {
                    // Mostly nothing between the frames of a call.
                }
            }
        }

        void add(int type, int flags, int stream, byte... payload) {
            ByteBuf frame = Unpooled.buffer()
                    .writeMedium(payload.length)
                    .writeByte(type)
                    .writeByte(flags)
                    .writeInt(stream);
            out.writeBytes(bytes(frame.writeBytes(payload)));
        }

        byte[] bytes(ByteBuf buffer) {
            byte[] bytes = new byte[buffer.readableBytes()];
            buffer.readBytes(bytes);
            return bytes;
        }
    }
}
