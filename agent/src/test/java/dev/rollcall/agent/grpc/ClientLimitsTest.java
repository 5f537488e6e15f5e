package dev.rollcall.agent.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.EtcdClient;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What clients may hold of a member, reached at its edge on real sockets. */
class ClientLimitsTest {
    private static final int UNAVAILABLE = 14;
    private static final int VALUE_BYTES = 100_000;
    private static final int PAGE_BYTES = 50_000;
    private static final int PAGES_ASKED = 400;
    private static final int BODY_BYTES = 16 << 10;

    private final Wire wire = new Wire();
    private final MemoryBackend backend = new MemoryBackend(new MemoryStore());

    @SuppressWarnings("NullAway.Init")
    private ClientConnections connections;

    private Handler<HttpServerRequest> plain = request -> request.response().end(Buffer.buffer(new byte[PAGE_BYTES]));

    @AfterEach
    void close() {
        wire.close();
    }

    private ClientPort serve(CallLedgers ledgers, int most) {
        connections = new ClientConnections(most, ledgers);
        Opening opening = new Opening();
        opening.open(wire.face(backend));
        ClientPort port = Wire.await(ClientPort.open(
                wire.vertx(),
                List.of(SocketAddress.inetSocketAddress(0, "127.0.0.1")),
                1,
                ClientPort.Limits.DEFAULT,
                connections,
                opening,
                request -> plain.handle(request)));
        wire.closeLater(port::close);
        return port;
    }

    private CallLedgers ledgers(int calls, int heldBytes) {
        return new CallLedgers(wire.vertx(), new CallLedgers.Limits(calls, heldBytes), 1);
    }

    private EtcdClient client(ClientPort port) {
        EtcdClient client = new EtcdClient(wire.vertx(), Wire.endpoint(port), ClientOptions.DEFAULT);
        wire.closeLater(client::close);
        return client;
    }

    @Test
    void oneConnectionTooMany() {
        CallLedgers ledgers = ledgers(100, 1 << 20);
        ClientPort port = serve(ledgers, 2);
        EtcdClient first = client(port);
        EtcdClient second = client(port);
        wire.call(() -> put(first, 10));
        wire.call(() -> put(second, 10));
        EtcdException refused = wire.error(() -> put(client(port), 10));
        assertEquals(UNAVAILABLE, refused.code());
        wire.call(() -> put(first, 10));
        Wire.await(second.close());
        wire.until("there is room again", () -> connections.open() == 1);
        wire.call(() -> put(client(port), 10));
        assertTrue(connections.refused() >= 1);
    }

    /** Refused before it is begun. */
    @Test
    void oneCallTooMany() {
        CallLedgers ledgers = ledgers(2, 1 << 20);
        EtcdClient client = client(serve(ledgers, 10));
        backend.hold(EtcdMethod.PUT);
        wire.on(() -> put(client, 10));
        wire.on(() -> put(client, 10));
        wire.until("both are open", () -> backend.executions(EtcdMethod.PUT) == 2);
        assertEquals(2, ledgers.openCalls());
        EtcdException refused = wire.error(() -> put(client, 10));
        assertEquals(EtcdError.TOO_MANY_REQUESTS.text(), refused.text());
        assertEquals(2, backend.executions(EtcdMethod.PUT));
        assertEquals(1, ledgers.callsRefused());
    }

    /** Whoever takes nothing is cut off once others need the room, and everything it held is free again. */
    @Test
    void answersThatNobodyReads() {
        CallLedgers ledgers = ledgers(1_000, 10 * VALUE_BYTES);
        ClientPort port = serve(ledgers, 100);
        EtcdClient reader = client(port);
        wire.call(() -> put(reader, VALUE_BYTES));
        HttpClient silent = silent();
        askFifteenTimes(silent, port);
        wire.until("there is no more room", () -> ledgers.heldBytes() >= 7 * VALUE_BYTES);
        wire.until("somebody is cut off", () -> ledgers.connectionsCutOff() > 0);
        wire.until("readers are served", () -> ledgers.heldBytes() < 7 * VALUE_BYTES);
        wire.call(() -> reader.unary(
                EtcdMethod.RANGE,
                Buffer.buffer(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("k"))
                        .build()
                        .toByteArray()),
                CallContext.INTERNAL));
        Wire.await(silent.close());
        wire.until("all of it is free", () -> ledgers.heldBytes() == 0 && ledgers.openCalls() == 0);
    }

    /** Answers to a stream's own requests are short and ask nobody; whoever leaves very many is cut off as well. */
    @Test
    void answersThatAskForNoRoom() {
        CallLedgers ledgers = ledgers(10, 1_000);
        AtomicInteger dropped = new AtomicInteger();
        wire.run(() -> {
            ledgers.own().waits(dropped::incrementAndGet, 2_000);
            return true;
        });
        wire.until("it is dropped", () -> dropped.get() > 0);
    }

    /** Plain HTTP/2 lets a client ask without reading, too. */
    @Test
    void pagesThatNobodyReads() throws Exception {
        CallLedgers ledgers = ledgers(1_000, 20 * PAGE_BYTES);
        ClientPort port = serve(ledgers, 100);
        int at = port.addresses().get(0).port();
        int refused = 0;
        try (RawConnection silent = new RawConnection(at, 0)) {
            for (int i = 0; i < PAGES_ASKED; i++) {
                silent.send(Http2.HEADERS, Http2.END_HEADERS | Http2.END_STREAM, 2 * i + 1, silent.block(get()));
            }
            for (int heads = 0; heads < PAGES_ASKED; heads++) {
                RawConnection.Frame head = silent.next(Http2.HEADERS);
                refused += "503".contentEquals(silent.headers(head).status()) ? 1 : 0;
            }
            assertTrue(ledgers.heldBytes() <= 16 * PAGE_BYTES, () -> ledgers.heldBytes() + " bytes are held");
            assertEquals(refused, ledgers.callsRefused());
            wire.until("it is cut off", () -> ledgers.connectionsCutOff() == 1);
        }
        assertTrue(refused > PAGES_ASKED / 2, refused + " refused");
        wire.until("all of it is free", () -> ledgers.heldBytes() == 0 && ledgers.openCalls() == 0);
    }

    /** What has been read counts no more. */
    @Test
    void pagesThatAreRead() throws Exception {
        CallLedgers ledgers = ledgers(1_000, 20 * PAGE_BYTES);
        ClientPort port = serve(ledgers, 100);
        try (RawConnection reader = new RawConnection(port.addresses().get(0).port(), 1 << 20)) {
            for (int i = 0; i < 50; i++) {
                int id = 2 * i + 1;
                reader.send(Http2.HEADERS, Http2.END_HEADERS | Http2.END_STREAM, id, reader.block(get()));
                reader.sendNumber(Http2.WINDOW_UPDATE, 0, PAGE_BYTES);
                String status = String.valueOf(
                        reader.headers(reader.next(Http2.HEADERS)).status());
                assertEquals("200", status, "page " + i);
                while (!reader.next(Http2.DATA).ends()) {
                    // A page takes several frames.
                }
            }
            wire.until("all of it is free", () -> ledgers.heldBytes() == 0 && ledgers.openCalls() == 0);
        }
        assertEquals(0, ledgers.callsRefused());
    }

    /** They count before there is an answer to count. */
    @Test
    void plainRequestsAtWork() throws Exception {
        CallLedgers ledgers = ledgers(2, 1 << 20);
        BlockingQueue<HttpServerRequest> working = new LinkedBlockingQueue<>();
        plain = working::add;
        ClientPort port = serve(ledgers, 100);
        try (RawConnection client = new RawConnection(port.addresses().get(0).port(), 1 << 20)) {
            for (int id = 1; id <= 5; id += 2) {
                client.send(Http2.HEADERS, Http2.END_HEADERS | Http2.END_STREAM, id, client.block(get()));
            }
            RawConnection.Frame refused = client.next(Http2.HEADERS);
            assertEquals(5, refused.stream());
            assertEquals("503", String.valueOf(client.headers(refused).status()));
            assertEquals(2, ledgers.openCalls());
            for (HttpServerRequest each : List.of(working.take(), working.take())) {
                wire.on(() -> each.response().end());
            }
            wire.until("they are over", () -> ledgers.openCalls() == 0);
        }
        assertEquals(1, ledgers.callsRefused());
    }

    /** What a body may take counts from its request's beginning; whoever does not end it is cut off, once. */
    @Test
    void plainBodiesThatDoNotEnd() throws Exception {
        CallLedgers ledgers = ledgers(1_000, 8 * BODY_BYTES);
        plain = request -> request.body().onSuccess(body -> request.response().end());
        ClientPort port = serve(ledgers, 100);
        try (RawConnection silent = new RawConnection(port.addresses().get(0).port(), 0)) {
            for (int id = 1; id <= 39; id += 2) {
                silent.send(Http2.HEADERS, Http2.END_HEADERS, id, silent.block(get().method("POST")));
            }
            for (int i = 0; i < 12; i++) {
                RawConnection.Frame refused = silent.next(Http2.HEADERS);
                assertEquals("503", String.valueOf(silent.headers(refused).status()));
                assertEquals(refused.stream(), silent.next(Http2.RST_STREAM).stream());
            }
            assertEquals(8 * BODY_BYTES, ledgers.heldBytes());
            wire.until("it has stalled", () -> {
                ledgers.own().hasRoom();
                return ledgers.connectionsCutOff() > 0;
            });
        }
        wire.until("all of it is free", () -> ledgers.heldBytes() == 0 && ledgers.openCalls() == 0);
        assertEquals(1, ledgers.connectionsCutOff());
    }

    /** A long one is kept with its request, and takes a few bytes on the wire from the second time on. */
    @Test
    void plainHeads() throws Exception {
        CallLedgers ledgers = ledgers(1_000, 100_000);
        plain = request -> {};
        ClientPort port = serve(ledgers, 100);
        try (RawConnection client = new RawConnection(port.addresses().get(0).port(), 0)) {
            Http2Headers long10 = get().set("x-long", "l".repeat(10_000));
            for (int id = 1; id <= 19; id += 2) {
                client.send(Http2.HEADERS, Http2.END_HEADERS | Http2.END_STREAM, id, client.block(long10));
            }
            assertEquals(
                    "503",
                    String.valueOf(client.headers(client.next(Http2.HEADERS)).status()));
            assertTrue(ledgers.heldBytes() >= 70_000, () -> ledgers.heldBytes() + " bytes are held");
        }
        wire.until("all of it is free", () -> ledgers.heldBytes() == 0 && ledgers.openCalls() == 0);
    }

    /** To close takes a while. */
    @Test
    void cutOffIsEnough() {
        CallLedgers ledgers = ledgers(10, 1_000);
        AtomicInteger closed = new AtomicInteger();
        CallLedger.Holder slow = closed::incrementAndGet;
        wire.run(() -> {
            ledgers.own().waits(slow, 2_000);
            return true;
        });
        wire.until("it is cut off", () -> closed.get() > 0);
        wire.run(() -> {
            for (int i = 0; i < 10; i++) {
                assertFalse(ledgers.own().hasRoom());
            }
            return true;
        });
        assertEquals(1, closed.get());
    }

    private static Http2Headers get() {
        return new DefaultHttp2Headers().method("GET").scheme("http").path("/").authority("127.0.0.1");
    }

    /** Reads of a value of {@link #VALUE_BYTES} whose answers nobody takes. */
    private void askFifteenTimes(HttpClient silent, ClientPort port) {
        Buffer range = framed(RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("k"))
                .build()
                .toByteArray());
        for (int i = 0; i < 15; i++) {
            wire.call(() -> begin(silent, port, "Range").compose(call -> call.end(range)));
        }
    }

    /** Answers leave room for requests: nobody is kept from writing by those who do not read. */
    @Test
    void writersBesideAnswersThatNobodyReads() {
        CallLedgers ledgers = ledgers(1_000, 10 * VALUE_BYTES);
        ClientPort port = serve(ledgers, 100);
        EtcdClient writer = client(port);
        wire.call(() -> put(writer, VALUE_BYTES));
        HttpClient silent = silent();
        askFifteenTimes(silent, port);
        wire.until("there is no more room for answers", () -> ledgers.callsRefused() > 0);
        wire.call(() -> put(writer, VALUE_BYTES));
        Wire.await(silent.close());
    }

    /** A message that does not fit is refused alone; its connection stays, with all that is on it. */
    @Test
    void messagesBeyondTheRoom() {
        CallLedgers ledgers = ledgers(1_000, 2 * VALUE_BYTES);
        ClientPort port = serve(ledgers, 100);
        HttpClient silent = silent();
        Buffer half = framed(putOf(VALUE_BYTES).toByteArray()).slice(0, 60_000);
        for (int i = 0; i < 3; i++) {
            wire.call(() -> begin(silent, port, "Put").compose(call -> call.write(half)));
        }
        HttpClientResponse refused = wire.call(() ->
                begin(silent, port, "Put").compose(call -> call.write(half).compose(v -> call.response())));
        assertEquals(Integer.toString(EtcdError.TOO_MANY_REQUESTS.code()), refused.getHeader("grpc-status"));
        assertEquals(1, ledgers.callsRefused());
        assertEquals(0, backend.executions(EtcdMethod.PUT));
        Wire.await(silent.close());
        wire.until("all of it is free", () -> ledgers.heldBytes() == 0 && ledgers.openCalls() == 0);
    }

    /** Bytes of a message count from its first to its last, in however many pieces, and no longer. */
    @Test
    void messagesThatDoNotEnd() {
        CallLedgers ledgers = ledgers(1_000, 1 << 20);
        ClientPort port = serve(ledgers, 100);
        HttpClient silent = silent();
        Buffer message = framed(putOf(VALUE_BYTES).toByteArray());
        HttpClientRequest call = wire.call(() -> begin(silent, port, "Put"));
        wire.call(() -> call.write(message.slice(0, 3)));
        wire.call(() -> call.write(message.slice(3, 50_000)));
        wire.until("half of it counts", () -> ledgers.heldBytes() > 30_000);
        wire.call(() -> call.end(message.slice(50_000, message.length())));
        wire.until("it is whole", () -> backend.executions(EtcdMethod.PUT) == 1 && ledgers.heldBytes() == 0);
        HttpClientRequest given = wire.call(() -> begin(silent, port, "Put"));
        wire.call(() -> given.write(message.slice(0, 60_000)));
        wire.until("the second counts", () -> ledgers.heldBytes() > 30_000);
        wire.run(() -> given.reset(8));
        wire.until("it is given up", () -> ledgers.heldBytes() == 0);
    }

    private HttpClient silent() {
        HttpClient silent = wire.vertx()
                .createHttpClient(
                        new HttpClientOptions()
                                .setProtocolVersion(HttpVersion.HTTP_2)
                                .setHttp2ClearTextUpgrade(false)
                                .setHttp2MultiplexingLimit(1)
                                .setInitialSettings(new Http2Settings().setInitialWindowSize(100)),
                        new PoolOptions().setHttp2MaxSize(50));
        wire.closeLater(silent::close);
        return silent;
    }

    private static Future<HttpClientRequest> begin(HttpClient client, ClientPort port, String method) {
        return client.request(new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setHost("127.0.0.1")
                        .setPort(port.addresses().get(0).port())
                        .setURI("/etcdserverpb.KV/" + method)
                        .putHeader("content-type", "application/grpc"))
                .map(request -> {
                    request.setChunked(true);
                    request.response().onSuccess(response -> response.pause());
                    return request;
                });
    }

    private static Buffer framed(byte[] message) {
        return Buffer.buffer().appendByte((byte) 0).appendInt(message.length).appendBytes(message);
    }

    private static PutRequest putOf(int bytes) {
        return PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("k"))
                .setValue(ByteString.copyFrom(new byte[bytes]))
                .build();
    }

    private static Future<Buffer> put(EtcdClient client, int bytes) {
        return client.unary(EtcdMethod.PUT, Buffer.buffer(putOf(bytes).toByteArray()), CallContext.INTERNAL);
    }
}
