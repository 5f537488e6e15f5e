package dev.rollcall.agent.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.agent.grpc.MemoryBackend;
import dev.rollcall.agent.grpc.Wire;
import dev.rollcall.registry.port.KeyValue;
import dev.rollcall.registry.port.KeyValueException;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.proto.CompactionRequest;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The key-value port over a real connection, and over a backend in this process. */
class EtcdKeyValueTest {
    private final Wire wire = new Wire();
    private final MemoryBackend backend = new MemoryBackend();
    private EtcdKeyValue store;

    @BeforeEach
    void connect() {
        Upstream upstream = new Upstream(
                wire.vertx(), List.of(Wire.endpoint(wire.serve(backend))), ClientOptions.DEFAULT, new Random(1));
        wire.closeLater(upstream::close);
        store = over(upstream);
    }

    @AfterEach
    void close() {
        wire.close();
    }

    @Test
    void transactionsCompareWriteAndRead() {
        KeyValue.TxnResult made = Wire.await(store.txn(
                List.of(new KeyValue.Compare("k", 0)),
                List.of(new KeyValue.Put("k", "grün", 0), new KeyValue.Put("l", "2", 0)),
                List.of()));
        assertTrue(made.succeeded());
        assertEquals(2, made.revision());
        KeyValue.TxnResult refused = Wire.await(store.txn(
                List.of(new KeyValue.Compare("k", 0)),
                List.of(new KeyValue.Delete("k")),
                List.of(new KeyValue.Get("k"), new KeyValue.Get("none"), new KeyValue.Get("l"))));
        assertFalse(refused.succeeded());
        assertEquals(
                List.of(new KeyValue.Pair("k", "grün", 2, 2, 0), new KeyValue.Pair("l", "2", 2, 2, 0)),
                refused.found());
        KeyValue.TxnResult deleted = Wire.await(
                store.txn(List.of(new KeyValue.Compare("k", 2)), List.of(new KeyValue.Delete("k")), List.of()));
        assertTrue(deleted.succeeded());
        assertEquals(3, deleted.revision());
    }

    @Test
    void failuresCarryTheStoresCodeAndText() {
        backend.fail(EtcdMethod.TXN, EtcdError.NO_SPACE.exception());
        Throwable cause = wire.failure(() -> store.txn(List.of(), List.of(), List.of()));
        KeyValueException failure = assertInstanceOf(KeyValueException.class, cause);
        assertEquals(8, failure.code());
        assertEquals("etcdserver: mvcc: database space exceeded", failure.getMessage());
    }

    @Test
    void listsAreCompleteAndOfOneRevision() {
        fill(2_500);
        AtomicInteger pages = new AtomicInteger();
        EtcdKeyValue meddling = over(new Meddling(() -> {
            if (pages.incrementAndGet() == 2) {
                put("p/9999", "late");
            }
        }));
        KeyValue.Listing listing = Wire.await(meddling.list("p/"));
        assertEquals(3, pages.get());
        assertEquals(2_500, listing.pairs().size());
        assertEquals(2, listing.revision());
        assertEquals("p/1500", listing.pairs().get(1_500).key());
        assertEquals(2_501, Wire.await(store.list("")).pairs().size());
    }

    @Test
    void aListBeginsAgainIfItsRevisionIsCompacted() {
        fill(1_500);
        AtomicInteger pages = new AtomicInteger();
        EtcdKeyValue meddling = over(new Meddling(() -> {
            if (pages.incrementAndGet() == 2) {
                put("p/9999", "late");
                backend.store()
                        .compact(CompactionRequest.newBuilder().setRevision(3).build());
            }
        }));
        KeyValue.Listing listing = Wire.await(meddling.list("p/"));
        assertEquals(3, listing.revision());
        assertEquals(1_501, listing.pairs().size());
    }

    @Test
    void prefixesEndWhereTheyShould() {
        put("a", "");
        put("a/1", "");
        put("a/2", "");
        put("a0", "");
        assertEquals(2, Wire.await(store.list("a/")).pairs().size());
        assertEquals(0, Wire.await(store.list("b")).pairs().size());
        assertEquals(4, Wire.await(store.list("")).pairs().size());
    }

    @Test
    void leasesAreGrantedRenewedAndRevoked() {
        KeyValue.Grant grant = Wire.await(store.grant(12));
        assertEquals(12, grant.ttlSeconds());
        Wire.await(store.txn(List.of(), List.of(new KeyValue.Put("k", "v", grant.leaseId())), List.of()));
        assertEquals(12, Wire.await(store.renew(grant.leaseId())));
        assertEquals(grant.leaseId(), Wire.await(store.list("k")).pairs().get(0).lease());
        Wire.await(store.revoke(grant.leaseId()));
        assertEquals(0, Wire.await(store.list("k")).pairs().size());
        assertEquals(0, Wire.await(store.renew(grant.leaseId())));
        Wire.await(store.revoke(grant.leaseId()));
    }

    @Test
    void renewalsShareOneStreamAndGetTheirOwnAnswers() {
        List<KeyValue.Grant> grants = LongStream.range(2, 102)
                .mapToObj(ttl -> Wire.await(store.grant(ttl)))
                .toList();
        List<Future<Long>> renewals = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            grants.forEach(grant -> renewals.add(store.renew(grant.leaseId())));
        }
        for (int i = 0; i < renewals.size(); i++) {
            assertEquals(grants.get(i % grants.size()).ttlSeconds(), Wire.await(renewals.get(i)));
        }
        assertEquals(1, backend.executions(EtcdMethod.LEASE_KEEP_ALIVE));
    }

    @Test
    void aBrokenKeepAliveStreamIsOpenedAgain() {
        long lease = Wire.await(store.grant(20)).leaseId();
        Wire.await(store.renew(lease));
        backend.hold(EtcdMethod.LEASE_KEEP_ALIVE);
        Future<Long> held = store.renew(lease);
        // Answered by nobody, but the stream has carried it once the next call's answer is here.
        Wire.await(store.list("k"));
        backend.endStreams(EtcdError.NO_LEADER.exception());
        assertEquals(
                14,
                assertInstanceOf(KeyValueException.class, wire.failure(() -> held))
                        .code());
        backend.mend(EtcdMethod.LEASE_KEEP_ALIVE);
        assertEquals(20, Wire.await(store.renew(lease)));
        assertEquals(2, backend.executions(EtcdMethod.LEASE_KEEP_ALIVE));
    }

    @Test
    void aRenewalWithoutAnAnswerFailsAndItsStreamGoes() {
        EtcdKeyValue impatient = new EtcdKeyValue(wire.vertx(), backend, new Random(1), 50);
        long lease = Wire.await(store.grant(20)).leaseId();
        backend.hold(EtcdMethod.LEASE_KEEP_ALIVE);
        KeyValueException failure =
                assertInstanceOf(KeyValueException.class, wire.failure(() -> impatient.renew(lease)));
        assertEquals("etcdserver: request timed out", failure.getMessage());
        wire.until("the stream is cancelled", () -> backend.cancelled.get() == 1);
        backend.mend(EtcdMethod.LEASE_KEEP_ALIVE);
        wire.until("it is renewed", () -> {
            Future<Long> renewal = impatient.renew(lease);
            return renewal.succeeded() || backend.executions(EtcdMethod.LEASE_KEEP_ALIVE) > 1;
        });
        Wire.await(impatient.close());
    }

    @Test
    void renewalsFailAtOnceWhenTheStreamCannotBeOpened() {
        backend.fail(EtcdMethod.LEASE_KEEP_ALIVE, EtcdError.INVALID_AUTH_TOKEN.exception());
        KeyValueException failure = assertInstanceOf(KeyValueException.class, wire.failure(() -> store.renew(7)));
        assertEquals(16, failure.code());
    }

    @Test
    void watchesSeeEveryRevisionOnceThroughAnyNumberOfBreaks() {
        Recorder recorder = new Recorder();
        recorder.watch("w/", 2);
        for (int i = 0; i < 100; i++) {
            put("w/" + i % 7, "v" + i);
            if (i % 3 == 0) {
                put("other", "x");
            }
            if (i % 10 == 0) {
                backend.endStreams(EtcdError.NO_LEADER.exception());
            }
        }
        wire.until("all have come", () -> recorder.seen.size() >= 100);
        assertEquals(
                IntStream.range(0, 100).mapToObj(i -> "v" + i).toList(),
                recorder.seen.stream().map(change -> change.pair().value()).toList());
        assertEquals(1, recorder.contexts.stream().distinct().count());
        assertTrue(recorder.breaks.get() > 1);
    }

    @Test
    void deletionsAreSeen() {
        put("w/1", "v");
        Recorder recorder = new Recorder();
        recorder.watch("w/", 2);
        Wire.await(store.txn(List.of(), List.of(new KeyValue.Delete("w/1")), List.of()));
        wire.until("both have come", () -> recorder.seen.size() == 2);
        KeyValue.Change deletion = recorder.seen.get(1);
        assertTrue(deletion.deleted());
        assertEquals(new KeyValue.Pair("w/1", "", 0, 3, 0), deletion.pair());
    }

    @Test
    void aCompactedWatchSaysWhere() {
        put("w/1", "v");
        put("w/1", "w");
        backend.store().compact(CompactionRequest.newBuilder().setRevision(3).build());
        Recorder recorder = new Recorder();
        recorder.watch("w/", 2);
        assertEquals(3, Wire.await(recorder.compacted.future()));
    }

    @Test
    void aClosedWatchHearsNothingMore() {
        Recorder recorder = new Recorder();
        KeyValue.Watch watch = recorder.watch("w/", 2);
        put("w/1", "v");
        wire.until("it has come", () -> recorder.seen.size() == 1);
        watch.close();
        wire.until("the backend hears of it", () -> backend.openStreams.get() == 0);
        put("w/1", "w");
        Wire.await(store.list("w/"));
        assertEquals(1, recorder.seen.size());
        assertEquals(0, recorder.breaks.get());
        assertEquals(1, backend.cancelled.get());
    }

    @Test
    void futuresCompleteOnTheCallersContext() {
        Context caller = wire.run(Vertx::currentContext);
        Context completed = wire.call(() -> store.list("k").map(listing -> Vertx.currentContext()));
        assertSame(caller, completed);
    }

    private EtcdKeyValue over(Backend any) {
        EtcdKeyValue opened = new EtcdKeyValue(wire.vertx(), any, new Random(1));
        wire.closeLater(opened::close);
        return opened;
    }

    private void put(String key, String value) {
        Wire.await(store.txn(List.of(), List.of(new KeyValue.Put(key, value, 0)), List.of()));
    }

    /** Many keys in one revision. */
    private void fill(int keys) {
        List<KeyValue.Op> ops = new ArrayList<>();
        for (int i = 0; i < keys; i++) {
            String number = String.valueOf(i);
            ops.add(new KeyValue.Put("p/" + "0".repeat(4 - number.length()) + number, "v", 0));
        }
        Wire.await(store.txn(List.of(), ops, List.of()));
    }

    /** Watches, and watches again from where it was, as a careful user does. */
    private final class Recorder implements KeyValue.WatchHandler {
        final List<KeyValue.Change> seen = new CopyOnWriteArrayList<>();
        final List<Context> contexts = new CopyOnWriteArrayList<>();
        final AtomicInteger breaks = new AtomicInteger();
        final Promise<Long> compacted = Promise.promise();
        private String prefix = "";
        private long next;

        KeyValue.Watch watch(String watched, long from) {
            prefix = watched;
            next = from;
            return store.watch(watched, from, this);
        }

        @Override
        public void changes(long revision, List<KeyValue.Change> changes) {
            contexts.add(Vertx.currentContext());
            seen.addAll(changes);
            next = revision + 1;
        }

        @Override
        public void compacted(long compactRevision) {
            compacted.tryComplete(compactRevision);
        }

        @Override
        public void closed(Throwable cause) {
            contexts.add(Vertx.currentContext());
            breaks.incrementAndGet();
            if (cause instanceof KeyValueException failure && failure.code() == 14 && breaks.get() < 100) {
                store.watch(prefix, next, this);
            }
        }
    }

    /** Does something just before each page of a listing is read. */
    private final class Meddling implements Backend {
        private final Runnable meddle;

        Meddling(Runnable meddle) {
            this.meddle = meddle;
        }

        @Override
        public Future<Buffer> unary(EtcdMethod method, Buffer request, CallContext context) {
            Context loop = Vertx.currentContext();
            Promise<Buffer> outcome = Promise.promise();
            wire.vertx()
                    .<Void>executeBlocking(() -> {
                        meddle.run();
                        return null;
                    })
                    .onComplete(done -> loop.runOnContext(
                            v -> backend.unary(method, request, context).onComplete(outcome)));
            return outcome.future();
        }

        @Override
        public StreamCall open(EtcdMethod method, CallContext context, StreamSink sink) {
            return backend.open(method, context, sink);
        }
    }
}
