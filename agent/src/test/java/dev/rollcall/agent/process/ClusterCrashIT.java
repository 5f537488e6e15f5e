package dev.rollcall.agent.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.options.GetOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real voters are killed with SIGKILL at random moments, leaders, followers and all at once, while a writer works at every
 * member and at a client agent. Whatever was acknowledged must be there at the end, on every member alike.
 */
class ClusterCrashIT {
    private static final int ROUNDS = Integer.getInteger("crash.rounds", 6);
    private static final long SEED = Long.getLong("crash.seed", System.nanoTime());

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private TestCluster cluster;

    private final Map<String, String> acknowledged = new ConcurrentSkipListMap<>();
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
    }

    @Test
    void acknowledgedWritesSurviveKills() throws Exception {
        System.out.println("crash.seed=" + SEED);
        Random random = new Random(SEED);
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < cluster.size(); i++) {
            int at = i;
            Thread writer = new Thread(() -> write(at), "writer-" + i);
            writers.add(writer);
            writer.start();
        }
        for (int round = 0; round < ROUNDS; round++) {
            awaitWrites(20 + random.nextInt(200));
            boolean all = round == ROUNDS - 1;
            List<Integer> victims = all ? List.of(0, 1, 2) : List.of(random.nextInt(TestCluster.VOTERS));
            victims.forEach(i -> cluster.agent(i).kill());
            if (!all) {
                awaitWrites(20 + random.nextInt(100)); // two of three go on
            }
            victims.forEach(i -> cluster.agent(i).start());
            victims.forEach(cluster::awaitReady);
        }
        awaitWrites(50);
        stop.countDown();
        for (Thread writer : writers) {
            writer.join();
        }
        for (int i = 0; i < cluster.size(); i++) {
            assertEveryAcknowledgedWriteIsAt(i);
        }
        assertEqualHashes();
    }

    private void awaitWrites(int more) {
        long goal = (long) acknowledged.size() + more;
        Eventually.holds(more + " more writes are acknowledged", () -> acknowledged.size() >= goal);
    }

    /** One write after the other at one agent; each key is written once, so what is read back tells which write it was. */
    private void write(int at) {
        try (Client client = cluster.client(at)) {
            while (stop.getCount() > 0) {
                String key = "crash/" + at + "/" + writes.incrementAndGet();
                String value = "v" + key;
                try {
                    client.getKVClient().put(bytes(key), bytes(value)).get(10, TimeUnit.SECONDS);
                    acknowledged.put(key, value);
                } catch (ExecutionException | TimeoutException e) {
                    // Outcome unknown or refused: such a key may be there or not. Give the member time to come back.
                    if (stop.await(50, TimeUnit.MILLISECONDS)) {
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void assertEveryAcknowledgedWriteIsAt(int at) throws Exception {
        Map<String, String> found = new TreeMap<>();
        try (Client client = cluster.client(at)) {
            GetOption prefix = GetOption.builder().isPrefix(true).build();
            for (KeyValue kv : client.getKVClient()
                    .get(bytes("crash/"), prefix)
                    .get(30, TimeUnit.SECONDS)
                    .getKvs()) {
                found.put(kv.getKey().toString(UTF_8), kv.getValue().toString(UTF_8));
            }
        }
        acknowledged.forEach((key, value) -> assertEquals(
                value, found.get(key), () -> key + " is lost at " + cluster.agent(at) + ", crash.seed=" + SEED));
        assertTrue(acknowledged.size() > 100, "too few writes to show anything: " + acknowledged.size());
    }

    private void assertEqualHashes() throws Exception {
        List<Long> revisions = new ArrayList<>();
        List<Integer> hashes = new ArrayList<>();
        for (int i = 0; i < TestCluster.VOTERS; i++) {
            try (Client client = cluster.client(i)) {
                // A linearizable read first: then everything committed is applied there.
                long revision = client.getKVClient()
                        .get(bytes("crash/"))
                        .get(30, TimeUnit.SECONDS)
                        .getHeader()
                        .getRevision();
                revisions.add(revision);
                hashes.add(client.getMaintenanceClient()
                        .hashKV(cluster.url(i), revision)
                        .get(30, TimeUnit.SECONDS)
                        .getHash());
            }
        }
        assertEquals(1, revisions.stream().distinct().count(), () -> "revisions " + revisions);
        assertEquals(1, hashes.stream().distinct().count(), () -> "hashes " + hashes + ", crash.seed=" + SEED);
    }

    private static ByteSequence bytes(String text) {
        return ByteSequence.from(text, UTF_8);
    }
}
