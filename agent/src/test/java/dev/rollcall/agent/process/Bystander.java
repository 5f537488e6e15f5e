package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.Upstream;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** A client that does what clients do, one write and one read of it after the other, and minds whatever goes wrong. */
final class Bystander implements AutoCloseable {
    private static final long CALL_S = 30;
    /** A machine that is busy with the rude ones is slow to connect, too. */
    private static final ClientOptions PATIENT =
            new ClientOptions(20_000, 20_000, 32 << 20, 100, 20_000, 20_000, 20_000);

    private final Vertx vertx = Vertx.vertx();
    private final Upstream upstream;
    private final Thread thread = new Thread(this::run, "bystander");
    private final Queue<String> troubles = new ConcurrentLinkedQueue<>();
    private volatile List<String> tolerated = List.of();
    private final AtomicLong rounds = new AtomicLong();
    private volatile boolean stop;

    Bystander(int port) {
        upstream = new Upstream(vertx, List.of(new Endpoint("127.0.0.1", port)), PATIENT, new Random());
        thread.start();
    }

    /** Answers that are no trouble: they are the truth, and it tries again. */
    Bystander tolerating(String... texts) {
        tolerated = List.of(texts);
        return this;
    }

    private void run() {
        for (int n = 0; !stop; n++) {
            try {
                ByteString key = ByteString.copyFromUtf8("bystander/" + n % 100);
                ByteString value = ByteString.copyFromUtf8("v" + n);
                call(
                        EtcdMethod.PUT,
                        PutRequest.newBuilder()
                                .setKey(key)
                                .setValue(value)
                                .build()
                                .toByteArray());
                RangeResponse read = RangeResponse.parseFrom(call(
                        EtcdMethod.RANGE,
                        RangeRequest.newBuilder().setKey(key).build().toByteArray()));
                if (read.getKvsCount() != 1 || !read.getKvs(0).getValue().equals(value)) {
                    troubles.add("round " + n + " reads " + read);
                }
                rounds.incrementAndGet();
            } catch (Exception e) {
                if (tolerated.stream()
                        .noneMatch(text -> String.valueOf(e.getMessage()).contains(text))) {
                    troubles.add("round " + n + ": " + e.getMessage());
                }
            }
        }
    }

    private byte[] call(EtcdMethod method, byte[] request) throws TimeoutException {
        return upstream.unary(method, Buffer.buffer(request), CallContext.INTERNAL)
                .await(CALL_S, TimeUnit.SECONDS)
                .getBytes();
    }

    /** Waits for this many more rounds without trouble. */
    void awaitRounds(int more) {
        long goal = rounds.get() + more;
        Eventually.holds("the bystander is served; it met " + troubles, () -> {
            assertEquals(List.of(), List.copyOf(troubles));
            return rounds.get() >= goal;
        });
    }

    void assertNoTrouble() {
        assertEquals(List.of(), List.copyOf(troubles));
    }

    @Override
    public void close() {
        stop = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        RudeClients.await(vertx.close());
    }
}
