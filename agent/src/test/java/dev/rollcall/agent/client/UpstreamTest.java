package dev.rollcall.agent.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.grpc.ClientPort;
import dev.rollcall.agent.grpc.MemoryBackend;
import dev.rollcall.agent.grpc.MemoryStore;
import dev.rollcall.agent.grpc.Wire;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.StatusRequest;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which endpoint is used, when another one is, and what is never done twice. */
class UpstreamTest {
    /** Quick to suspect silence, so that tests need not wait. */
    private static final ClientOptions QUICK =
            new ClientOptions(2_000, 20_000, 32 * 1024 * 1024, 1_000, 300, 600, 2_000);

    /** Quick only while something is awaited. */
    private static final ClientOptions QUICK_IF_ASKED =
            new ClientOptions(2_000, 20_000, 32 * 1024 * 1024, 1_000, 300, 600_000, 2_000);

    private static final ClientOptions PATIENT =
            new ClientOptions(20_000, 20_000, 32 * 1024 * 1024, 1_000, 20_000, 20_000, 20_000);

    private final Wire wire = new Wire();
    private final MemoryStore store = new MemoryStore();
    private final MemoryBackend one = new MemoryBackend(store);
    private final MemoryBackend two = new MemoryBackend(store);

    @AfterEach
    void close() {
        wire.close();
    }

    /** Two servers of one store, and which of them is in use. */
    private final class Pair {
        final ClientPort portOne = wire.serve(one);
        final ClientPort portTwo = wire.serve(two);
        final Upstream upstream = upstream(Wire.endpoint(portOne), Wire.endpoint(portTwo));

        MemoryBackend used() {
            return upstream.currentEndpoint().equals(Wire.endpoint(portOne)) ? one : two;
        }

        MemoryBackend spare() {
            return used() == one ? two : one;
        }

        ClientPort portOf(MemoryBackend backend) {
            return backend == one ? portOne : portTwo;
        }
    }

    @Test
    void staysWithOneEndpoint() {
        Pair pair = new Pair();
        MemoryBackend used = pair.used();
        for (int i = 0; i < 20; i++) {
            read(pair.upstream);
        }
        assertEquals(20, used.executions(EtcdMethod.RANGE));
        assertEquals("127.0.0.1", pair.upstream.localAddress());
    }

    @Test
    void manyClientsSpread() {
        List<Endpoint> three = List.of(new Endpoint("a", 1), new Endpoint("b", 1), new Endpoint("c", 1));
        long distinct = IntStream.range(0, 50)
                .mapToObj(seed -> {
                    Upstream upstream = new Upstream(wire.vertx(), three, QUICK, new Random(seed));
                    wire.closeLater(upstream::close);
                    return upstream.currentEndpoint();
                })
                .distinct()
                .count();
        assertEquals(3, distinct);
    }

    @Test
    void leavesAnEndpointThatIsGone() {
        Pair pair = new Pair();
        read(pair.upstream);
        MemoryBackend gone = pair.used();
        MemoryBackend spare = pair.spare();
        Wire.await(pair.portOf(gone).close());
        // A write on a connection whose end is not yet seen may have been sent and rightly fails; a read moves on.
        read(pair.upstream);
        write(pair.upstream);
        assertEquals(1, spare.executions(EtcdMethod.PUT));
        assertEquals(0, gone.executions(EtcdMethod.PUT));
        assertEquals(Wire.endpoint(pair.portOf(spare)), pair.upstream.currentEndpoint());
    }

    @Test
    void aWriteThatMayHaveHappenedIsNotRepeated() {
        Pair pair = new Pair();
        MemoryBackend used = pair.used();
        used.hold(EtcdMethod.PUT);
        Future<Throwable> outcome = failing(() -> unary(pair.upstream, EtcdMethod.PUT, put()));
        wire.until("it is carried out", () -> used.executions(EtcdMethod.PUT) == 1);
        Wire.await(pair.portOf(used).close());
        EtcdException error = (EtcdException) Wire.await(outcome);
        assertEquals(14, error.code());
        assertEquals("etcdserver: request timed out, possibly due to connection lost", error.text());
        read(pair.upstream);
        assertEquals(1, one.executions(EtcdMethod.PUT) + two.executions(EtcdMethod.PUT));
    }

    @Test
    void aReadIsRepeatedElsewhere() {
        Pair pair = new Pair();
        MemoryBackend used = pair.used();
        MemoryBackend spare = pair.spare();
        used.hold(EtcdMethod.RANGE);
        Future<Buffer> answer = wire.on(() -> unary(pair.upstream, EtcdMethod.RANGE, get()));
        wire.until("it is carried out", () -> used.executions(EtcdMethod.RANGE) == 1);
        Wire.await(pair.portOf(used).close());
        Wire.await(answer);
        assertEquals(1, spare.executions(EtcdMethod.RANGE));
    }

    @Test
    void unavailableSendsReadsElsewhereAndIsPassedOnToWriters() {
        Pair pair = new Pair();
        MemoryBackend used = pair.used();
        MemoryBackend spare = pair.spare();
        used.fail(EtcdMethod.RANGE, EtcdError.NO_LEADER.exception());
        read(pair.upstream);
        assertEquals(1, spare.executions(EtcdMethod.RANGE));
        spare.fail(EtcdMethod.PUT, EtcdError.LEADER_CHANGED.exception());
        EtcdException error = wire.error(() -> unary(pair.upstream, EtcdMethod.PUT, put()));
        assertEquals("etcdserver: leader changed", error.text());
        assertEquals(0, used.executions(EtcdMethod.PUT));
        write(pair.upstream);
        assertEquals(1, used.executions(EtcdMethod.PUT));
    }

    @Test
    void theLastAnswerIsPassedOnWhenNobodyCanServe() {
        Pair pair = new Pair();
        one.fail(EtcdMethod.RANGE, EtcdError.NO_LEADER.exception());
        two.fail(EtcdMethod.RANGE, EtcdError.NO_LEADER.exception());
        EtcdException error = wire.error(() -> unary(pair.upstream, EtcdMethod.RANGE, get()));
        assertEquals(14, error.code());
        assertEquals("etcdserver: no leader", error.text());
    }

    @Test
    void otherErrorsAreFinal() {
        Pair pair = new Pair();
        MemoryBackend used = pair.used();
        used.fail(EtcdMethod.RANGE, EtcdError.COMPACTED.exception());
        assertEquals(
                EtcdError.COMPACTED.text(),
                wire.error(() -> unary(pair.upstream, EtcdMethod.RANGE, get())).text());
        assertEquals(used, pair.used());
    }

    @Test
    void aLearnerSendsEvenWritesElsewhere() {
        Pair pair = new Pair();
        MemoryBackend spare = pair.spare();
        pair.used().fail(EtcdMethod.PUT, EtcdError.NOT_SUPPORTED_FOR_LEARNER.exception());
        write(pair.upstream);
        assertEquals(1, spare.executions(EtcdMethod.PUT));
    }

    @Test
    void noEndpointAtAllIsNamedWithItsReason() throws IOException {
        Endpoint dead = new Endpoint("127.0.0.1", freePort());
        Upstream upstream = upstream(dead);
        EtcdException error = wire.error(() -> unary(upstream, EtcdMethod.PUT, put()));
        assertEquals(14, error.code());
        assertTrue(error.text().startsWith("rollcall: no endpoint can be reached: " + dead + ": "), error.text());
        assertTrue(error.text().contains("Connection refused"), error.text());
    }

    @Test
    void anEndpointThatComesBackIsUsedAgain() throws IOException {
        int port = freePort();
        Upstream upstream = upstream(new Endpoint("127.0.0.1", port));
        assertEquals(
                14, wire.error(() -> unary(upstream, EtcdMethod.PUT, put())).code());
        wire.serve(one, port, ClientPort.Limits.DEFAULT);
        wire.until("it is noticed", () -> {
            wire.on(() -> unary(upstream, EtcdMethod.RANGE, get()));
            return one.executions(EtcdMethod.RANGE) > 0;
        });
        write(upstream);
    }

    @Test
    void aHungEndpointIsLeft() {
        FreezableProxy proxy = new FreezableProxy(wire, Wire.endpoint(wire.serve(one)));
        Endpoint healthy = Wire.endpoint(wire.serve(two));
        Upstream upstream = preferring(proxy.endpoint(), healthy);
        read(upstream);
        Wire.Answers answers = new Wire.Answers();
        watch(upstream, answers);
        answers.message();
        assertEquals(1, one.executions(EtcdMethod.WATCH));
        proxy.freeze();
        Future<Throwable> write = failing(() -> unary(upstream, EtcdMethod.PUT, put()));
        read(upstream);
        assertEquals(14, Objects.requireNonNull(answers.end()).code());
        assertEquals(EtcdError.TIMEOUT_CONNECTION_LOST.text(), Wire.await(write).getMessage());
        assertEquals(healthy, upstream.currentEndpoint());
        assertEquals(0, two.executions(EtcdMethod.PUT));
    }

    @Test
    void aHungEndpointIsLeftEvenIfOnlyStreamsAreOpen() {
        FreezableProxy proxy = new FreezableProxy(wire, Wire.endpoint(wire.serve(one)));
        Upstream upstream = preferring(proxy.endpoint(), Wire.endpoint(wire.serve(two)));
        Wire.Answers answers = new Wire.Answers();
        watch(upstream, answers);
        answers.message();
        proxy.freeze();
        assertEquals(14, Objects.requireNonNull(answers.end()).code());
        Wire.Answers again = new Wire.Answers();
        watch(upstream, again);
        again.message();
        assertEquals(1, two.executions(EtcdMethod.WATCH));
    }

    @Test
    void aMessageOnAStreamThatGetsNoAnswerIsReasonToAsk() {
        FreezableProxy proxy = new FreezableProxy(wire, Wire.endpoint(wire.serve(one)));
        Upstream upstream = preferring(proxy.endpoint(), Wire.endpoint(wire.serve(two)), QUICK_IF_ASKED);
        Wire.Answers answers = new Wire.Answers();
        StreamCall call = watch(upstream, answers);
        answers.message();
        proxy.freeze();
        wire.run(() -> {
            call.message(bytes(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8("l")))
                    .build()));
            return true;
        });
        assertEquals(14, Objects.requireNonNull(answers.end()).code());
    }

    @Test
    void anEndpointThatAcceptsAndSaysNothingIsPassedOver() {
        FreezableProxy proxy = new FreezableProxy(wire, Wire.endpoint(wire.serve(one)));
        proxy.freeze();
        Upstream upstream = preferring(proxy.endpoint(), Wire.endpoint(wire.serve(two)));
        write(upstream);
        assertEquals(1, two.executions(EtcdMethod.PUT));
        assertEquals(0, one.executions(EtcdMethod.PUT));
    }

    @Test
    void streamsAreOpenedWhereTheyCanBe() {
        Pair pair = new Pair();
        MemoryBackend spare = pair.spare();
        Wire.await(pair.portOf(pair.used()).close());
        read(pair.upstream);
        Wire.Answers answers = new Wire.Answers();
        StreamCall call = watch(pair.upstream, answers);
        answers.message();
        assertEquals(1, spare.executions(EtcdMethod.WATCH));
        wire.run(() -> {
            call.cancel();
            return true;
        });
        wire.until("it is cancelled", () -> spare.openStreams.get() == 0);
    }

    @Test
    void aStreamWithoutALeaderSendsTheNextOneElsewhere() {
        Pair pair = new Pair();
        MemoryBackend used = pair.used();
        Wire.Answers answers = new Wire.Answers();
        watch(pair.upstream, answers);
        answers.message();
        used.endStreams(EtcdError.NO_LEADER.exception());
        assertEquals(
                "etcdserver: no leader", Objects.requireNonNull(answers.end()).text());
        assertNotEquals(used, pair.used());
    }

    @Test
    void eachEndpointCanBeAsked() {
        Pair pair = new Pair();
        for (Endpoint endpoint : pair.upstream.endpoints()) {
            wire.call(() -> pair.upstream
                    .to(endpoint)
                    .unary(EtcdMethod.STATUS, bytes(StatusRequest.getDefaultInstance()), CallContext.INTERNAL));
        }
        assertEquals(1, one.executions(EtcdMethod.STATUS));
        assertEquals(1, two.executions(EtcdMethod.STATUS));
        assertThrows(IllegalArgumentException.class, () -> pair.upstream.to(new Endpoint("elsewhere", 1)));
    }

    @Test
    void callsAreBounded() {
        ClientOptions few = new ClientOptions(20_000, 20_000, 1024, 3, 20_000, 20_000, 20_000);
        Upstream upstream = new Upstream(wire.vertx(), List.of(Wire.endpoint(wire.serve(one))), few, new Random(1));
        wire.closeLater(upstream::close);
        one.hold(EtcdMethod.PUT);
        List<Future<Buffer>> held = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            held.add(wire.on(() -> unary(upstream, EtcdMethod.PUT, put())));
        }
        EtcdException error = wire.error(() -> unary(upstream, EtcdMethod.PUT, put()));
        assertEquals(EtcdError.TOO_MANY_REQUESTS.text(), error.text());
        wire.until("all are there", () -> one.executions(EtcdMethod.PUT) == 3);
        held.forEach(call -> assertFalse(call.isComplete()));
    }

    @Test
    void answersAreBounded() {
        ClientOptions small = new ClientOptions(20_000, 20_000, 1024, 10, 20_000, 20_000, 20_000);
        Upstream upstream = new Upstream(wire.vertx(), List.of(Wire.endpoint(wire.serve(one))), small, new Random(1));
        wire.closeLater(upstream::close);
        PutRequest large = PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("k"))
                .setValue(ByteString.copyFromUtf8("x".repeat(2_000)))
                .build();
        wire.call(() -> unary(upstream, EtcdMethod.PUT, large));
        EtcdException error = wire.error(() -> unary(upstream, EtcdMethod.RANGE, get()));
        assertEquals(8, error.code());
        assertTrue(error.text().endsWith(" vs. 1024)"), error.text());
    }

    private Upstream upstream(Endpoint... endpoints) {
        Upstream upstream = new Upstream(wire.vertx(), List.of(endpoints), PATIENT, new Random(1));
        wire.closeLater(upstream::close);
        return upstream;
    }

    private Upstream preferring(Endpoint first, Endpoint second) {
        return preferring(first, second, QUICK);
    }

    private Upstream preferring(Endpoint first, Endpoint second, ClientOptions options) {
        Random seeds = new Random(1);
        for (int i = 0; i < 100; i++) {
            Upstream upstream =
                    new Upstream(wire.vertx(), List.of(first, second), options, new Random(seeds.nextLong()));
            wire.closeLater(upstream::close);
            if (upstream.currentEndpoint().equals(first)) {
                return upstream;
            }
        }
        throw new AssertionError("chance never chose " + first);
    }

    private Future<Throwable> failing(Supplier<Future<Buffer>> call) {
        return wire.on(() -> call.get()
                .transform((value, cause) ->
                        cause == null ? Future.failedFuture("succeeded") : Future.succeededFuture(cause)));
    }

    private void read(Upstream upstream) {
        wire.call(() -> unary(upstream, EtcdMethod.RANGE, get()));
    }

    private void write(Upstream upstream) {
        wire.call(() -> unary(upstream, EtcdMethod.PUT, put()));
    }

    private StreamCall watch(Upstream upstream, Wire.Answers answers) {
        return wire.run(() -> {
            StreamCall call = upstream.open(EtcdMethod.WATCH, CallContext.INTERNAL, answers);
            call.message(bytes(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")))
                    .build()));
            return call;
        });
    }

    private static Future<Buffer> unary(Upstream upstream, EtcdMethod method, MessageLite request) {
        return upstream.unary(method, bytes(request), CallContext.INTERNAL);
    }

    private static Buffer bytes(MessageLite message) {
        return Buffer.buffer(message.toByteArray());
    }

    private static PutRequest put() {
        return PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build();
    }

    private static RangeRequest get() {
        return RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
