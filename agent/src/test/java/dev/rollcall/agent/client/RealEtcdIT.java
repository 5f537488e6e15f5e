package dev.rollcall.agent.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.grpc.Wire;
import dev.rollcall.registry.port.KeyValue;
import dev.rollcall.registry.port.KeyValueException;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.RangeRequest;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our client against a real etcd; skipped where there is none. */
class RealEtcdIT {
    private final Wire wire = new Wire();
    private Program etcd;
    private Upstream upstream;
    private EtcdKeyValue store;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        Program.assume("etcd");
        String client = "http://127.0.0.1:" + freePort();
        String peer = "http://127.0.0.1:" + freePort();
        etcd = Program.start(List.of(
                "etcd",
                "--data-dir=" + directory.resolve("data"),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=default=" + peer));
        etcd.await("ready to serve");
        ClientOptions quick = new ClientOptions(2_000, 7_000, 32 * 1024 * 1024, 1_000, 500, 1_000, 3_000);
        upstream = new Upstream(wire.vertx(), List.of(Endpoint.parse(client)), quick, new Random(1));
        wire.closeLater(upstream::close);
        store = new EtcdKeyValue(wire.vertx(), upstream, new Random(1));
        wire.closeLater(store::close);
    }

    @AfterEach
    void stop() {
        wire.close();
        if (etcd != null) {
            etcd.close();
        }
    }

    @Test
    void keysLeasesAndWatchesWork() throws Exception {
        Recorder recorder = new Recorder();
        store.watch("k/", 1, recorder);
        KeyValue.Grant grant = Wire.await(store.grant(30));
        assertEquals(30, grant.ttlSeconds());
        for (int batch = 0; batch < 12; batch++) {
            List<KeyValue.Op> ops = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                ops.add(new KeyValue.Put("k/" + (batch * 100 + i), "v", grant.leaseId()));
            }
            assertTrue(Wire.await(store.txn(List.of(), ops, List.of())).succeeded());
        }
        KeyValue.Listing listing = Wire.await(store.list("k/"));
        assertEquals(1_200, listing.pairs().size());
        assertEquals(grant.leaseId(), listing.pairs().get(0).lease());
        assertFalse(Wire.await(store.txn(
                        List.of(new KeyValue.Compare("k/1", 0)), List.of(new KeyValue.Delete("k/1")), List.of()))
                .succeeded());
        assertEquals(30, Wire.await(store.renew(grant.leaseId())));
        assertEquals(0, Wire.await(store.renew(grant.leaseId() + 1)));
        Wire.await(store.revoke(grant.leaseId()));
        Wire.await(store.revoke(grant.leaseId()));
        wire.until("all have come", () -> recorder.changes.size() == 2_400);
        assertTrue(recorder.changes.get(2_399).deleted());
        assertEquals(listing.revision() + 1, recorder.changes.get(2_399).pair().modRevision());
        assertEquals("127.0.0.1", upstream.localAddress());
    }

    @Test
    void errorsPassThroughByteForByte() {
        Throwable lease = wire.failure(() -> store.txn(List.of(), List.of(new KeyValue.Put("k", "v", 77)), List.of()));
        assertEquals(5, assertInstanceOf(KeyValueException.class, lease).code());
        assertEquals("etcdserver: requested lease not found", lease.getMessage());
        EtcdException empty = wire.error(() -> upstream.unary(EtcdMethod.RANGE, Buffer.buffer(), CallContext.INTERNAL));
        assertEquals(3, empty.code());
        assertEquals("etcdserver: key is not provided", empty.text());
        EtcdException future = wire.error(() -> upstream.unary(
                EtcdMethod.RANGE,
                Buffer.buffer(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("k"))
                        .setRevision(99)
                        .build()
                        .toByteArray()),
                CallContext.INTERNAL));
        assertEquals(11, future.code());
        assertEquals("etcdserver: mvcc: required revision is a future revision", future.text());
    }

    @Test
    void aCompactedWatchSaysWhere() {
        for (int i = 0; i < 3; i++) {
            Wire.await(store.txn(List.of(), List.of(new KeyValue.Put("k", "v" + i, 0)), List.of()));
        }
        wire.call(() -> upstream.unary(
                EtcdMethod.COMPACT,
                Buffer.buffer(
                        CompactionRequest.newBuilder().setRevision(3).build().toByteArray()),
                CallContext.INTERNAL));
        Recorder recorder = new Recorder();
        store.watch("k", 2, recorder);
        assertEquals(3, Wire.await(recorder.compacted.future()));
    }

    @Test
    void aStoppedServerIsNoticedAndOneThatGoesOnIsUsedAgain() throws Exception {
        Recorder recorder = new Recorder();
        store.watch("k", 1, recorder);
        Wire.await(store.txn(List.of(), List.of(new KeyValue.Put("k", "v", 0)), List.of()));
        wire.until("it has come", () -> recorder.changes.size() == 1);
        etcd.signal("STOP");
        Throwable closed = Wire.await(recorder.closed.future());
        assertEquals(14, assertInstanceOf(KeyValueException.class, closed).code());
        etcd.signal("CONT");
        AtomicBoolean serves = new AtomicBoolean();
        wire.until("it serves again", () -> {
            store.list("k").onSuccess(listing -> serves.set(true));
            return serves.get();
        });
    }

    /** Collects what a watch says. */
    private static final class Recorder implements KeyValue.WatchHandler {
        final List<KeyValue.Change> changes = new CopyOnWriteArrayList<>();
        final Promise<Long> compacted = Promise.promise();
        final Promise<Throwable> closed = Promise.promise();

        @Override
        public void changes(long revision, List<KeyValue.Change> more) {
            changes.addAll(more);
        }

        @Override
        public void compacted(long compactRevision) {
            compacted.tryComplete(compactRevision);
        }

        @Override
        public void closed(Throwable cause) {
            closed.tryComplete(cause);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
