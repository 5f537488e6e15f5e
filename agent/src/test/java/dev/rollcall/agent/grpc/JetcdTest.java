package dev.rollcall.agent.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.error.EtcdError;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.support.CloseableClient;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The wire as jetcd sees it, over grpc-java. */
class JetcdTest {
    private final Wire wire = new Wire();
    private final MemoryBackend backend = new MemoryBackend();
    private Client client;

    @BeforeEach
    void connect() {
        client = Client.builder()
                .endpoints("http://" + Wire.endpoint(wire.serve(backend)))
                .build();
    }

    @AfterEach
    void close() {
        client.close();
        wire.close();
    }

    @Test
    void keysAreWrittenAndRead() throws Exception {
        get(client.getKVClient().put(bytes("k"), bytes("v")));
        assertEquals(
                "v",
                get(client.getKVClient().get(bytes("k")))
                        .getKvs()
                        .get(0)
                        .getValue()
                        .toString(StandardCharsets.UTF_8));
        TxnResponse txn = get(client.getKVClient()
                .txn()
                .If(new Cmp(bytes("k"), Cmp.Op.EQUAL, CmpTarget.modRevision(2)))
                .Then(Op.put(bytes("k"), bytes("w"), PutOption.DEFAULT))
                .commit());
        assertTrue(txn.isSucceeded());
    }

    @Test
    void errorsAreWhatTheyAre() {
        backend.fail(EtcdMethod.RANGE, EtcdError.COMPACTED.exception());
        ExecutionException failure = assertThrows(
                ExecutionException.class, () -> get(client.getKVClient().get(bytes("k"))));
        Status status = Status.fromThrowable(failure);
        assertEquals(Status.Code.OUT_OF_RANGE, status.getCode());
        assertEquals("etcdserver: mvcc: required revision has been compacted", status.getDescription());
    }

    @Test
    @SuppressWarnings("try") // closing it is what it is for
    void leasesAreKeptAlive() throws Exception {
        long lease = get(client.getLeaseClient().grant(30)).getID();
        BlockingQueue<LeaseKeepAliveResponse> answers = new LinkedBlockingQueue<>();
        try (CloseableClient keepAlive = client.getLeaseClient().keepAlive(lease, new StreamObserver<>() {
            @Override
            public void onNext(LeaseKeepAliveResponse value) {
                answers.add(value);
            }

            @Override
            public void onError(Throwable cause) {}

            @Override
            public void onCompleted() {}
        })) {
            LeaseKeepAliveResponse answer = answers.poll(Wire.PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertEquals(30, answer == null ? -1 : answer.getTTL());
        }
        assertEquals(30, get(client.getLeaseClient().keepAliveOnce(lease)).getTTL());
        get(client.getLeaseClient().revoke(lease));
    }

    @Test
    @SuppressWarnings("try")
    void watchesDeliver() throws Exception {
        BlockingQueue<WatchResponse> answers = new LinkedBlockingQueue<>();
        get(client.getKVClient().put(bytes("k"), bytes("old")));
        WatchOption fromStart = WatchOption.builder().withRevision(2).build();
        try (var watch = client.getWatchClient().watch(bytes("k"), fromStart, answers::add)) {
            WatchEvent first = next(answers);
            assertEquals("old", first.getKeyValue().getValue().toString(StandardCharsets.UTF_8));
            get(client.getKVClient().put(bytes("k"), bytes("new")));
            assertEquals("new", next(answers).getKeyValue().getValue().toString(StandardCharsets.UTF_8));
            assertEquals(1, backend.openStreams.get());
        }
        wire.until("the watch is gone", () -> backend.openStreams.get() == 0);
    }

    private static WatchEvent next(BlockingQueue<WatchResponse> answers) throws InterruptedException {
        WatchResponse response = answers.poll(Wire.PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (response == null) {
            throw new AssertionError("no event");
        }
        return response.getEvents().get(0);
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(Wire.PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static ByteSequence bytes(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }
}
