package dev.rollcall.agent.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.options.GetOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * A writer at each member, one write after the other, at an easy pace. Each key is written once, so what is read back tells
 * which write it was; what was acknowledged must be there at the end, everywhere.
 */
final class Writers implements AutoCloseable {
    private static final long PACE_MS = 10;
    /** How long one write may take. A member without a leader lets its callers wait for one. */
    private static final long WRITE_S = 2;

    private static final long READ_S = 10;

    private final ProxiedCluster cluster;
    private final String prefix;
    private final Map<String, String> acknowledged = new ConcurrentSkipListMap<>();
    private final AtomicLongArray counts;
    private final LongAdder unknown = new LongAdder();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();

    /** @param name no other writers of this cluster have it */
    Writers(ProxiedCluster cluster, String name) {
        this.cluster = cluster;
        this.prefix = name + "/";
        this.counts = new AtomicLongArray(cluster.size());
        for (int i = 0; i < cluster.size(); i++) {
            int at = i;
            Thread thread = new Thread(() -> write(at), "writer-" + i);
            threads.add(thread);
            thread.start();
        }
    }

    static ByteSequence bytes(String text) {
        return ByteSequence.from(text, UTF_8);
    }

    /** Writes acknowledged by this member so far. */
    long acknowledgedBy(int member) {
        return counts.get(member);
    }

    private void write(int at) {
        try {
            for (long n = 0; !stop.await(PACE_MS, TimeUnit.MILLISECONDS); n++) {
                String key = prefix + at + "/" + n;
                String value = "v" + key;
                try {
                    cluster.client(at)
                            .getKVClient()
                            .put(bytes(key), bytes(value))
                            .get(WRITE_S, TimeUnit.SECONDS);
                    acknowledged.put(key, value);
                    counts.incrementAndGet(at);
                } catch (ExecutionException | TimeoutException e) {
                    unknown.increment(); // or refused: such a key may be there or not
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Once every link is healed: nothing acknowledged is lost at any member, and all members hold the same. */
    void assertNothingIsLost() throws Exception {
        close();
        for (int i = 0; i < cluster.size(); i++) {
            Map<String, String> found = new TreeMap<>();
            GetOption all = GetOption.builder().isPrefix(true).build();
            for (KeyValue kv : cluster.client(i)
                    .getKVClient()
                    .get(bytes(prefix), all)
                    .get(READ_S, TimeUnit.SECONDS)
                    .getKvs()) {
                found.put(kv.getKey().toString(UTF_8), kv.getValue().toString(UTF_8));
            }
            int at = i;
            acknowledged.forEach((key, value) -> assertEquals(value, found.get(key), () -> key + " is lost at n" + at));
        }
        // Writes of unknown outcome may still be on their way, so revisions need not be equal at the first look.
        Eventually.holds("all members hold the same", () -> {
            Set<List<Long>> seen = new HashSet<>();
            for (int i = 0; i < cluster.size(); i++) {
                seen.add(revisionAndHash(i));
            }
            return seen.size() == 1;
        });
    }

    private List<Long> revisionAndHash(int at) throws Exception {
        long revision = cluster.client(at)
                .getKVClient()
                .get(bytes(prefix))
                .get(READ_S, TimeUnit.SECONDS)
                .getHeader()
                .getRevision();
        long hash = cluster.client(at)
                .getMaintenanceClient()
                .hashKV(cluster.clientUrl(at), revision)
                .get(READ_S, TimeUnit.SECONDS)
                .getHash();
        return List.of(revision, hash);
    }

    @Override
    public String toString() {
        return acknowledged.size() + " writes acknowledged, " + unknown + " refused or of unknown outcome";
    }

    @Override
    public void close() {
        stop.countDown();
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
