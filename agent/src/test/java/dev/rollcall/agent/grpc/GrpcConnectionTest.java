package dev.rollcall.agent.grpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.grpc.RawConnection.Frame;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.Promise;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** HTTP/2 as it is on the wire: what clients may send, what they must not, and what they are owed. */
class GrpcConnectionTest {
    private static final String PUT = "/etcdserverpb.KV/Put";
    private static final String RANGE = "/etcdserverpb.KV/Range";
    private static final String WATCH = "/etcdserverpb.Watch/Watch";
    private static final int LAST = Http2.END_HEADERS;

    private final Wire wire = new Wire();
    private final MemoryBackend backend = new MemoryBackend();
    private int port;

    @BeforeEach
    void serve() {
        port = Wire.endpoint(wire.serve(backend)).port();
    }

    @AfterEach
    void close() {
        wire.close();
    }

    /** Some clients wait for them, some give up a connection on which theirs are never acknowledged. */
    @Test
    void settingsComeBeforeTheFirstRequest() throws Exception {
        try (RawConnection client = new RawConnection(port, 65_535)) {
            assertEquals(Http2.SETTINGS, client.next().type());
            Frame acknowledgement = client.next();
            assertEquals(Http2.SETTINGS, acknowledgement.type());
            assertEquals(Http2.ACK, acknowledgement.flags());
            client.send(Http2.HEADERS, LAST, 1, client.call(PUT));
            client.sendMessage(1, put("k", 10));
            assertAnswered(client, 1);
        }
    }

    /** A client that has settings sends calls, and would have them refused. */
    @Test
    void settingsComeOnceCallsAreServed() throws Exception {
        Opening opening = new Opening();
        int starting = Wire.endpoint(wire.serve(opening, 0, ClientPort.Limits.DEFAULT, 1))
                .port();
        try (RawConnection patient = new RawConnection(starting, 65_535);
                RawConnection hasty = new RawConnection(starting, 65_535)) {
            hasty.send(Http2.HEADERS, LAST, 1, hasty.call(PUT));
            assertEquals(Http2.REFUSED_STREAM, hasty.next(Http2.RST_STREAM).number());
            assertTrue(patient.silent());
            opening.open(wire.face(backend));
            assertEquals(Http2.SETTINGS, patient.next().type());
            assertEquals(Http2.ACK, patient.next().flags());
            for (RawConnection client : List.of(patient, hasty)) {
                client.send(Http2.HEADERS, LAST, 3, client.call(PUT));
                client.sendMessage(3, put("k", 10));
                assertAnswered(client, 3);
            }
        }
    }

    /** Clients take a second acknowledgement for a mistake. */
    @Test
    void plainHttpGetsOneAcknowledgementToo() throws Exception {
        try (RawConnection client = new RawConnection(port, 65_535)) {
            assertEquals(Http2.SETTINGS, client.next().type());
            assertEquals(Http2.ACK, client.next().flags());
            Http2Headers get = new DefaultHttp2Headers()
                    .method("GET")
                    .scheme("http")
                    .path("/")
                    .authority("127.0.0.1");
            client.send(Http2.HEADERS, LAST | Http2.END_STREAM, 1, client.block(get));
            Frame frame = client.next();
            for (; frame.type() != Http2.HEADERS; frame = client.next()) {
                assertFalse(frame.type() == Http2.SETTINGS && frame.flags() == Http2.ACK, "acknowledged again");
            }
        }
    }

    @Test
    void connectionsThatSayNothingAreClosed() throws Exception {
        ClientPort strict = wire.serve(backend, 0, new ClientPort.Limits(1_000, 1_000, 50));
        int at = Wire.endpoint(strict).port();
        try (RawConnection client = new RawConnection(at, 65_535);
                Socket silent = new Socket(InetAddress.getLoopbackAddress(), at);
                Socket halting = new Socket(InetAddress.getLoopbackAddress(), at)) {
            halting.getOutputStream().write(Http2.PREFACE.substring(0, 10).getBytes(StandardCharsets.US_ASCII));
            assertTrue(silent.getInputStream().read() < 0);
            assertTrue(halting.getInputStream().read() < 0);
            client.send(Http2.HEADERS, LAST, 1, client.call(PUT));
            client.sendMessage(1, put("k", 1));
            assertAnswered(client, 1);
        }
    }

    @Test
    void aRequestMayComeInAnyPieces() throws Exception {
        try (RawConnection client = new RawConnection(port, 65_535)) {
            byte[] block = client.call(PUT);
            byte[] padded = new byte[1 + 5 + 3 + 4];
            padded[0] = 4;
            System.arraycopy(block, 0, padded, 6, 3);
            client.send(Http2.HEADERS, Http2.PADDED | Http2.WITH_PRIORITY, 1, padded);
            client.send(Http2.CONTINUATION, 0, 1, Arrays.copyOfRange(block, 3, 5));
            client.send(Http2.CONTINUATION, LAST, 1, Arrays.copyOfRange(block, 5, block.length));
            byte[] message = RawConnection.message(put("k", 300));
            for (int at = 0; at < message.length; at++) {
                client.send(Http2.DATA, Http2.PADDED, 1, (byte) 1, message[at], (byte) 0);
                client.send(Http2.DATA, 0, 1);
            }
            client.send(99, 0, 1, (byte) 1);
            client.send(Http2.DATA, Http2.END_STREAM, 1);
            assertAnswered(client, 1);
            assertEquals(1, backend.executions(EtcdMethod.PUT));
        }
    }

    @Test
    void aNarrowWindowHoldsUpOneCallAndNoOther() throws Exception {
        try (RawConnection client = new RawConnection(port, 100)) {
            client.send(Http2.HEADERS, LAST, 1, client.call(PUT));
            client.sendMessage(1, put("k", 40_000));
            assertAnswered(client, 1);
            client.send(Http2.HEADERS, LAST, 3, client.call(RANGE));
            client.sendMessage(3, range("k"));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            answer.write(client.next(Http2.DATA).payload());
            assertEquals(100, answer.size());

            client.send(Http2.HEADERS, LAST, 5, client.call(PUT));
            client.sendMessage(5, put("other", 1));
            assertAnswered(client, 5);

            client.sendNumber(Http2.WINDOW_UPDATE, 3, 1_000_000);
            Frame frame = client.next();
            for (; !frame.ends(); frame = client.next()) {
                assertEquals(3, frame.stream());
                assertTrue(frame.payload().length <= Http2.FRAME_BYTES_MAX);
                answer.write(frame.payload());
            }
            assertTrue(answer.size() > 40_000);
            assertEquals("0", client.headers(frame).get("grpc-status").toString());
        }
    }

    /** The connection's window, which all calls share, is 64 KiB until the client widens it. */
    @Test
    void theWindowOfTheConnectionHolds() throws Exception {
        try (RawConnection client = new RawConnection(port, 1 << 20)) {
            client.send(Http2.HEADERS, LAST, 1, client.call(PUT));
            client.sendMessage(1, put("k", 90_000));
            int sent = assertAnswered(client, 1);
            client.send(Http2.HEADERS, LAST, 3, client.call(RANGE));
            client.sendMessage(3, range("k"));
            while (sent < 65_535) {
                sent += client.next(Http2.DATA).payload().length;
            }
            assertEquals(65_535, sent);
            client.send(Http2.PING, 0, 0, new byte[8]);
            assertEquals(Http2.PING, client.next().type());
            client.sendNumber(Http2.WINDOW_UPDATE, 0, 1_000_000);
            assertEquals("0", client.headers(last(client)).get("grpc-status").toString());
        }
    }

    @Test
    void aResetBesideAnAnswerLeavesTheConnectionAlone() throws Exception {
        try (RawConnection client = new RawConnection(port, 65_535)) {
            for (int id = 1; id < 200; id += 2) {
                client.send(Http2.HEADERS, LAST, id, client.call(RANGE));
                client.send(Http2.DATA, 0, id, RawConnection.message(range("k")));
                client.sendNumber(Http2.RST_STREAM, id, 8);
            }
            client.send(Http2.HEADERS, LAST, 201, client.call(PUT));
            client.sendMessage(201, put("k", 1));
            Frame frame = client.next();
            while (frame.stream() != 201 || !frame.ends()) {
                frame = client.next();
            }
            assertEquals("0", client.headers(frame).get("grpc-status").toString());
        }
    }

    /** Or the client would take a call that was begun for one it may safely make again. */
    @Test
    void aClosingConnectionNamesTheLastCallItHasBegun() throws Exception {
        Promise<Void> gate = backend.hold(EtcdMethod.PUT);
        ClientPort closing = wire.serve(backend);
        try (RawConnection client = new RawConnection(Wire.endpoint(closing).port(), 65_535)) {
            client.send(Http2.HEADERS, LAST, 7, client.call(PUT));
            client.sendMessage(7, put("k", 1));
            wire.until(
                    "the put is under way",
                    () -> backend.executions(EtcdMethod.PUT) == 1 || !backend.contexts.isEmpty());
            Wire.await(closing.close());
            Frame frame = client.next(Http2.GOAWAY);
            assertArrayEquals(new byte[] {0, 0, 0, 7, 0, 0, 0, 0}, frame.payload());
            assertTrue(client.ends());
        }
        gate.complete();
    }

    @Test
    void whatIsNotAllowedEndsTheConnectionWithItsCode() throws Exception {
        assertEnds(Http2.FRAME_SIZE_ERROR, client -> client.send(Http2.DATA, 0, 1, new byte[16_385]));
        assertEnds(Http2.PROTOCOL_ERROR, client -> client.send(Http2.DATA, 0, 0, new byte[1]));
        assertEnds(Http2.PROTOCOL_ERROR, client -> client.send(Http2.DATA, 0, 9, new byte[1]));
        assertEnds(Http2.PROTOCOL_ERROR, client -> client.send(Http2.HEADERS, LAST, 2, client.call(PUT)));
        assertEnds(Http2.PROTOCOL_ERROR, client -> client.send(Http2.PUSH_PROMISE, LAST, 1, new byte[4]));
        assertEnds(Http2.PROTOCOL_ERROR, client -> client.sendNumber(Http2.WINDOW_UPDATE, 0, 0));
        assertEnds(Http2.FLOW_CONTROL_ERROR, client -> client.sendNumber(Http2.WINDOW_UPDATE, 0, Integer.MAX_VALUE));
        assertEnds(Http2.COMPRESSION_ERROR, client -> client.send(Http2.HEADERS, LAST, 3, (byte) 0xff, (byte) 0xff));
        assertEnds(Http2.PROTOCOL_ERROR, client -> {
            client.send(Http2.HEADERS, 0, 3, client.call(PUT));
            client.send(Http2.PING, 0, 0, new byte[8]);
        });
        assertEnds(Http2.ENHANCE_YOUR_CALM, client -> {
            client.send(Http2.HEADERS, 0, 3, client.call(PUT));
            for (int i = 0; i < 20; i++) {
                client.send(Http2.CONTINUATION, 0, 3);
            }
        });
        assertEnds(Http2.ENHANCE_YOUR_CALM, client -> {
            for (int i = 0; i <= GrpcConnection.QUESTIONS_PER_SECOND_MAX + 10_000; i++) {
                client.send(Http2.SETTINGS, 0, 0);
            }
        });
    }

    @Test
    void anotherKindOfRequestIsRefusedAndCallsGoOn() throws Exception {
        try (RawConnection client = new RawConnection(port, 65_535)) {
            client.send(Http2.HEADERS, LAST, 1, client.call(PUT));
            client.sendMessage(1, put("k", 1));
            assertAnswered(client, 1);
            Http2Headers get = new DefaultHttp2Headers()
                    .method("GET")
                    .scheme("http")
                    .path("/health")
                    .authority("127.0.0.1");
            client.send(Http2.HEADERS, LAST | Http2.END_STREAM, 3, client.block(get));
            assertEquals(
                    "415", client.headers(client.next(Http2.HEADERS)).status().toString());
            client.send(Http2.HEADERS, LAST, 5, client.call(PUT));
            client.sendMessage(5, put("k", 1));
            assertAnswered(client, 5);
        }
    }

    @Test
    void aStreamThatWasResetIsOver() throws Exception {
        try (RawConnection client = new RawConnection(port, 65_535)) {
            client.send(Http2.HEADERS, LAST, 1, client.call(WATCH));
            client.send(Http2.DATA, 0, 1, RawConnection.message(watch("k")));
            client.next(Http2.DATA);
            client.sendNumber(Http2.RST_STREAM, 1, 8);
            // What was on its way when the reset was sent is passed over.
            client.send(Http2.DATA, 0, 1, RawConnection.message(watch("other")));
            client.sendNumber(Http2.WINDOW_UPDATE, 1, 10);
            client.send(Http2.HEADERS, LAST, 3, client.call(PUT));
            client.sendMessage(3, put("k", 1));
            assertAnswered(client, 3);
            assertEquals(1, backend.cancelled.get());
            assertEquals(0, backend.openStreams.get());
        }
    }

    private interface Misdeed {
        void of(RawConnection client) throws Exception;
    }

    /** After a call, so that the connection is gRPC's. */
    private void assertEnds(int code, Misdeed misdeed) throws Exception {
        try (RawConnection client = new RawConnection(port, 65_535)) {
            client.send(Http2.HEADERS, LAST, 1, client.call(WATCH));
            try {
                misdeed.of(client);
                Frame frame = client.next(Http2.GOAWAY);
                assertEquals(code, frame.number());
                assertTrue(client.ends());
            } catch (SocketException e) {
                // It may end while the rest is still being sent.
                assertEquals(Http2.ENHANCE_YOUR_CALM, code, e::toString);
            }
        }
        wire.until("its stream is cancelled", () -> backend.openStreams.get() == 0);
    }

    /** The whole of a good answer; returns the bytes of its messages. */
    private static int assertAnswered(RawConnection client, int stream) throws Exception {
        Frame head = client.next(Http2.HEADERS);
        assertEquals(stream, head.stream());
        assertEquals("200", client.headers(head).status().toString());
        Frame message = client.next(Http2.DATA);
        assertEquals(stream, message.stream());
        Frame end = client.next(Http2.HEADERS);
        assertTrue(end.ends());
        assertEquals("0", client.headers(end).get("grpc-status").toString());
        return message.payload().length;
    }

    private static Frame last(RawConnection client) throws IOException {
        Frame frame = client.next(Http2.HEADERS);
        while (!frame.ends()) {
            frame = client.next(Http2.HEADERS);
        }
        return frame;
    }

    private static byte[] put(String key, int valueBytes) {
        return PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFrom(new byte[valueBytes]))
                .build()
                .toByteArray();
    }

    private static byte[] range(String key) {
        return RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .build()
                .toByteArray();
    }

    private static byte[] watch(String key) {
        return WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)))
                .build()
                .toByteArray();
    }
}
