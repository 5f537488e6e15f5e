package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.EtcdClient;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Leaders are killed and held in the middle of writes that go to every member and through a client agent. Every write has a
 * key of its own, so the key's version tells how often it was done: once if it was acknowledged, never if it was refused,
 * at most once if nobody knows.
 */
@Tag("faults")
class ForwardingIT {
    private static final int ROUNDS = Integer.getInteger("forwarding.rounds", 6);
    private static final long SEED = Long.getLong("forwarding.seed", System.nanoTime());
    private static final int WRITERS_EACH = 8;
    private static final int WRITES_BETWEEN = 300;
    private static final long READ_S = 30;

    private enum Answer {
        DONE,
        REFUSED,
        UNKNOWN
    }

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private TestCluster cluster;

    private final Vertx vertx = Vertx.vertx();
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final Set<String> texts = new ConcurrentSkipListSet<>();
    private final AtomicLong writes = new AtomicLong();
    private final CountDownLatch stop = new CountDownLatch(1);

    @BeforeEach
    void start() {
        cluster = new TestCluster(directory);
        cluster.start();
    }

    @AfterEach
    void close() {
        cluster.close();
        RudeClients.await(vertx.close());
    }

    @Test
    void aWriteIsDoneOnceOrAsItsAnswerSays() throws Exception {
        System.out.println("forwarding.seed=" + SEED);
        Random random = new Random(SEED);
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < cluster.size() * WRITERS_EACH; i++) {
            int at = i % cluster.size();
            Thread writer = new Thread(() -> write(at), "writer-" + i);
            writers.add(writer);
            writer.start();
        }
        for (int round = 0; round < ROUNDS; round++) {
            awaitDone(WRITES_BETWEEN + random.nextInt(WRITES_BETWEEN));
            int leader = leader();
            if (random.nextBoolean()) {
                cluster.agent(leader).kill();
                awaitDone(WRITES_BETWEEN);
                cluster.agent(leader).start();
            } else {
                cluster.agent(leader).signal("STOP");
                awaitDone(WRITES_BETWEEN); // by the others, with another leader
                cluster.agent(leader).signal("CONT");
            }
            cluster.awaitReady(leader);
        }
        awaitDone(WRITES_BETWEEN);
        stop.countDown();
        for (Thread writer : writers) {
            writer.join();
        }
        judge();
    }

    private void awaitDone(int more) {
        long goal = done() + more;
        Eventually.holds(more + " more writes are done", () -> done() >= goal);
    }

    private long done() {
        return answers.values().stream().filter(answer -> answer == Answer.DONE).count();
    }

    private int leader() {
        int[] leader = {-1};
        Eventually.holds("there is a leader", () -> {
            for (int at = 0; at < TestCluster.VOTERS; at++) {
                for (Object each : new JsonArray(cluster.get(at, "/v1/members").body())) {
                    JsonObject member = (JsonObject) each;
                    if (member.getBoolean("leader")) {
                        leader[0] = Integer.parseInt(member.getString("name").substring(1));
                        return true;
                    }
                }
            }
            return false;
        });
        return leader[0];
    }

    /** One write after the other at one agent, none of them tried twice. */
    private void write(int at) {
        EtcdClient client =
                new EtcdClient(vertx, Endpoint.parseList(cluster.url(at)).get(0), ClientOptions.DEFAULT);
        try {
            while (stop.getCount() > 0) {
                String key = "once/" + writes.incrementAndGet();
                PutRequest put = PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setValue(ByteString.copyFromUtf8("by " + at))
                        .build();
                Answer answer = answer(client, put);
                answers.put(key, answer);
                if (answer != Answer.DONE && stop.await(20, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Answer answer(EtcdClient client, PutRequest put) {
        try {
            client.unary(EtcdMethod.PUT, Buffer.buffer(put.toByteArray()), CallContext.INTERNAL)
                    .await(READ_S, TimeUnit.SECONDS);
            return Answer.DONE;
        } catch (EtcdException e) {
            texts.add(e.text().replaceAll("[0-9]+", "n"));
            return e.text().startsWith("etcdserver: request timed out") ? Answer.UNKNOWN : Answer.REFUSED;
        } catch (TimeoutException e) {
            return Answer.UNKNOWN;
        }
    }

    private void judge() throws Exception {
        Map<String, Long> versions = new HashMap<>();
        EtcdClient client =
                new EtcdClient(vertx, Endpoint.parseList(cluster.url(0)).get(0), ClientOptions.DEFAULT);
        RangeRequest all = RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("once/"))
                .setRangeEnd(ByteString.copyFromUtf8("once0"))
                .build();
        byte[] read = client.unary(EtcdMethod.RANGE, Buffer.buffer(all.toByteArray()), CallContext.INTERNAL)
                .await(READ_S, TimeUnit.SECONDS)
                .getBytes();
        for (KeyValue kv : RangeResponse.parseFrom(read).getKvsList()) {
            versions.put(kv.getKey().toStringUtf8(), kv.getVersion());
        }
        Map<Answer, Integer> counts = new HashMap<>();
        answers.forEach((key, answer) -> {
            counts.merge(answer, 1, Integer::sum);
            long version = versions.getOrDefault(key, 0L);
            switch (answer) {
                case DONE -> assertEquals(1, version, () -> key + " was acknowledged once, seed " + SEED);
                case REFUSED -> assertEquals(0, version, () -> key + " was refused, seed " + SEED + ": " + texts);
                case UNKNOWN -> assertTrue(version <= 1, () -> key + " was done twice, seed " + SEED);
            }
        });
        System.out.println(counts + " " + texts);
        assertTrue(counts.getOrDefault(Answer.DONE, 0) > WRITES_BETWEEN * ROUNDS, counts::toString);
    }
}
