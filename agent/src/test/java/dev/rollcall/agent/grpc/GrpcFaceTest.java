package dev.rollcall.agent.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.EtcdClient;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.LeaseKeepAliveRequest;
import dev.rollcall.storage.proto.LeaseKeepAliveResponse;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import dev.rollcall.storage.proto.WatchResponse;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The wire as our own client sees it: calls, streams, metadata and limits. */
class GrpcFaceTest {
    private final Wire wire = new Wire();
    private final MemoryBackend backend = new MemoryBackend();
    private EtcdClient client;

    @BeforeEach
    void serve() {
        ClientPort port = wire.serve(backend);
        client = new EtcdClient(wire.vertx(), Wire.endpoint(port), ClientOptions.DEFAULT);
        wire.closeLater(client::close);
    }

    @AfterEach
    void close() {
        wire.close();
    }

    @Test
    void callsAreAnswered() throws Exception {
        unary(EtcdMethod.PUT, put("k", "v"));
        RangeResponse found =
                RangeResponse.parseFrom(unary(EtcdMethod.RANGE, get("k")).getBytes());
        assertEquals("v", found.getKvs(0).getValue().toStringUtf8());
        assertEquals(2, found.getHeader().getRevision());
        assertTrue(backend.threads.stream().allMatch(thread -> thread.contains("eventloop")));
    }

    @Test
    void errorsArriveWithCodeAndText() {
        EtcdException empty = error(EtcdMethod.RANGE, get(""));
        assertEquals(3, empty.code());
        assertEquals("etcdserver: key is not provided", empty.text());
        for (EtcdError every : EtcdError.values()) {
            backend.fail(EtcdMethod.PUT, every.exception());
            EtcdException seen = error(EtcdMethod.PUT, put("k", "v"));
            assertEquals(every.code(), seen.code());
            assertEquals(every.text(), seen.text());
        }
    }

    @Test
    void textsOfErrorsSurviveByteForByte() {
        for (String text : List.of("", "100% + 2", "a\nb\tc", "naïve 日本 \uD83D\uDE00", "%41", "=?&/:")) {
            backend.fail(EtcdMethod.PUT, new EtcdException(9, text));
            assertEquals(text, error(EtcdMethod.PUT, put("k", "v")).text());
        }
    }

    @Test
    void unreadableMessagesAreAnsweredAsGrpcGoDoes() {
        EtcdException error = wire.error(() ->
                client.unary(EtcdMethod.RANGE, Buffer.buffer(new byte[] {(byte) 0xff, 1}), CallContext.INTERNAL));
        assertEquals(13, error.code());
        assertTrue(error.text().startsWith("grpc: error unmarshalling request: "), error.text());
    }

    @Test
    void longMessagesAreRefusedAndTheConnectionLives() {
        int limit = 1_572_864 + 512 * 1024;
        EtcdException error = error(EtcdMethod.PUT, put("k", "x".repeat(limit)));
        assertEquals(8, error.code());
        assertEquals("grpc: received message larger than max (" + (limit + 8) + " vs. " + limit + ")", error.text());
        assertEquals(0, backend.executions(EtcdMethod.PUT));
        unary(EtcdMethod.PUT, put("k", "x".repeat(limit - 100)));
        assertEquals(1, backend.executions(EtcdMethod.PUT));
    }

    @Test
    void metadataReachesTheBackend() {
        wire.call(() ->
                client.unary(EtcdMethod.RANGE, bytes(get("k")), new CallContext(true, "secret.7", 4_000, "ignored")));
        CallContext seen = backend.contexts.get(0);
        assertTrue(seen.requireLeader());
        assertEquals("secret.7", seen.token());
        assertTrue(seen.timeoutMs() > 3_000 && seen.timeoutMs() <= 4_000);
        assertTrue(seen.remote().startsWith("127.0.0.1:"), seen.remote());
        unary(EtcdMethod.RANGE, get("k"));
        CallContext plain = backend.contexts.get(1);
        assertFalse(plain.requireLeader());
        assertNull(plain.token());
        assertEquals(0, plain.timeoutMs());
    }

    @Test
    void watchesDeliverAndCancelExactlyOnce() throws Exception {
        Wire.Answers answers = new Wire.Answers();
        StreamCall watch = watch(answers, "k");
        assertTrue(WatchResponse.parseFrom(answers.message().getBytes()).getCreated());
        unary(EtcdMethod.PUT, put("k", "1"));
        unary(EtcdMethod.PUT, put("k", "2"));
        long seen = 0;
        while (seen < 3) {
            WatchResponse response = WatchResponse.parseFrom(answers.message().getBytes());
            assertEquals(Math.max(2, seen + 1), response.getEvents(0).getKv().getModRevision());
            seen = response.getEvents(response.getEventsCount() - 1).getKv().getModRevision();
        }
        wire.run(() -> {
            watch.cancel();
            return true;
        });
        wire.until("the backend hears of it", () -> backend.openStreams.get() == 0);
        unary(EtcdMethod.PUT, put("k", "3"));
        assertEquals(1, backend.cancelled.get());
    }

    @Test
    void lostConnectionsCancelTheirStreams() {
        Wire.Answers answers = new Wire.Answers();
        Wire.Answers halfClosed = new Wire.Answers();
        watch(answers, "a");
        StreamCall other = watch(halfClosed, "b");
        wire.run(() -> {
            other.halfClose();
            return true;
        });
        answers.message();
        halfClosed.message();
        client.disconnect();
        EtcdException lost = Objects.requireNonNull(answers.end());
        assertEquals(14, lost.code());
        assertEquals("rollcall: connection to " + client.endpoint() + " lost", lost.text());
        assertEquals(14, Objects.requireNonNull(halfClosed.end()).code());
        wire.until("both are cancelled", () -> backend.cancelled.get() == 2);
        assertEquals(0, backend.openStreams.get());
        unary(EtcdMethod.PUT, put("k", "v"));
    }

    @Test
    void theBackendEndsStreams() {
        Wire.Answers answers = new Wire.Answers();
        watch(answers, "k");
        answers.message();
        backend.endStreams(EtcdError.NO_LEADER.exception());
        EtcdException end = Objects.requireNonNull(answers.end());
        assertEquals(14, end.code());
        assertEquals("etcdserver: no leader", end.text());
        assertEquals(0, backend.cancelled.get());
    }

    @Test
    void streamsThatCannotBeOpenedSaySo() {
        backend.fail(EtcdMethod.WATCH, EtcdError.PERMISSION_DENIED.exception());
        Wire.Answers answers = new Wire.Answers();
        watch(answers, "k");
        assertEquals(
                "etcdserver: permission denied",
                Objects.requireNonNull(answers.end()).text());
    }

    @Test
    void unreadableMessagesEndTheirStream() {
        Wire.Answers answers = new Wire.Answers();
        wire.run(() -> {
            StreamCall call = client.open(EtcdMethod.WATCH, CallContext.INTERNAL, answers);
            call.message(Buffer.buffer(new byte[] {(byte) 0xff, 1}));
            return call;
        });
        assertEquals(13, Objects.requireNonNull(answers.end()).code());
        wire.until("the backend hears of it", () -> backend.openStreams.get() == 0);
    }

    @Test
    void halfClosedKeepAlivesAreAnsweredAndEnd() throws Exception {
        long lease = backend.store().grant(0, 30);
        Wire.Answers answers = new Wire.Answers();
        wire.run(() -> {
            StreamCall call = client.open(EtcdMethod.LEASE_KEEP_ALIVE, CallContext.INTERNAL, answers);
            call.message(bytes(LeaseKeepAliveRequest.newBuilder().setID(lease).build()));
            call.halfClose();
            return call;
        });
        assertEquals(
                30,
                LeaseKeepAliveResponse.parseFrom(answers.message().getBytes()).getTTL());
        assertNull(answers.end());
    }

    @Test
    void streamsEndAtTheirDeadline() {
        Wire.Answers answers = new Wire.Answers();
        wire.run(() -> {
            StreamCall call = client.open(EtcdMethod.WATCH, new CallContext(false, null, 50, ""), answers);
            call.message(bytes(watchOf("k")));
            return call;
        });
        EtcdException end = Objects.requireNonNull(answers.end());
        assertEquals(4, end.code());
        assertEquals("context deadline exceeded", end.text());
        wire.until("the backend hears of it", () -> backend.openStreams.get() == 0);
    }

    @Test
    void hundredsOfStreamsShareAConnection() {
        List<Wire.Answers> all = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            Wire.Answers answers = new Wire.Answers();
            all.add(answers);
            watch(answers, "k");
        }
        all.forEach(Wire.Answers::message);
        unary(EtcdMethod.PUT, put("k", "v"));
        all.forEach(Wire.Answers::message);
        assertEquals(500, backend.openStreams.get());
        assertEquals(
                1, backend.contexts.stream().map(CallContext::remote).distinct().count());
    }

    @Test
    void thousandsOfResetsDoNotEndTheConnection() {
        Wire.Answers survivor = new Wire.Answers();
        watch(survivor, "k");
        survivor.message();
        for (int round = 0; round < 20; round++) {
            List<StreamCall> calls = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Wire.Answers answers = new Wire.Answers();
                calls.add(watch(answers, "other"));
                answers.message();
            }
            wire.run(() -> {
                calls.forEach(StreamCall::cancel);
                return true;
            });
        }
        wire.until("all are gone", () -> backend.openStreams.get() == 1);
        unary(EtcdMethod.PUT, put("k", "v"));
        survivor.message();
        assertEquals(2_000, backend.cancelled.get());
        assertEquals(
                1, backend.contexts.stream().map(CallContext::remote).distinct().count());
    }

    @Test
    void resetsBeyondTheLimitEndTheConnection() {
        ClientPort guarded = wire.serve(backend, 0, new ClientPort.Limits(1_000, 20, 30_000));
        EtcdClient other = new EtcdClient(wire.vertx(), Wire.endpoint(guarded), ClientOptions.DEFAULT);
        wire.closeLater(other::close);
        Wire.Answers survivor = new Wire.Answers();
        wire.run(() -> {
            other.open(EtcdMethod.WATCH, CallContext.INTERNAL, survivor).message(bytes(watchOf("k")));
            return true;
        });
        survivor.message();
        List<StreamCall> calls = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            Wire.Answers answers = new Wire.Answers();
            calls.add(wire.run(() -> {
                StreamCall call = other.open(EtcdMethod.WATCH, CallContext.INTERNAL, answers);
                call.message(bytes(watchOf("k")));
                return call;
            }));
            answers.message();
        }
        wire.run(() -> {
            calls.forEach(StreamCall::cancel);
            return true;
        });
        assertEquals(14, Objects.requireNonNull(survivor.end()).code());
    }

    @Test
    void answersToCallersThatLeftAreDropped() {
        Promise<Void> gate = backend.hold(EtcdMethod.PUT);
        EtcdException gone = wire.error(
                () -> client.unary(EtcdMethod.PUT, bytes(put("k", "v")), new CallContext(false, null, 50, "")));
        assertEquals("etcdserver: request timed out", gone.text());
        backend.mend(EtcdMethod.PUT);
        gate.complete();
        unary(EtcdMethod.PUT, put("k", "v"));
    }

    private Buffer unary(EtcdMethod method, MessageLite request) {
        return wire.call(() -> client.unary(method, bytes(request), CallContext.INTERNAL));
    }

    private EtcdException error(EtcdMethod method, MessageLite request) {
        return wire.error(() -> client.unary(method, bytes(request), CallContext.INTERNAL));
    }

    private StreamCall watch(Wire.Answers answers, String key) {
        return wire.run(() -> {
            StreamCall call = client.open(EtcdMethod.WATCH, CallContext.INTERNAL, answers);
            call.message(bytes(watchOf(key)));
            return call;
        });
    }

    private static WatchRequest watchOf(String key) {
        return WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)))
                .build();
    }

    private static Buffer bytes(MessageLite message) {
        return Buffer.buffer(message.toByteArray());
    }

    private static PutRequest put(String key, String value) {
        return PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .build();
    }

    private static RangeRequest get(String key) {
        return RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
    }
}
