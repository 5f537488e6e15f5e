package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.process.LiveCluster.Node;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.CompactionResponse;
import dev.rollcall.storage.proto.HashKVRequest;
import dev.rollcall.storage.proto.HashKVResponse;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.common.exception.CompactedException;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members of a cluster of real processes whose logs are short, so that whoever was away needs a snapshot. */
class SnapshotIT {
    private static final int SMALL = 200;
    /** With a thousand of them more than a leader sends to one who does not answer. */
    private static final int LARGE = 10_000;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private LiveCluster cluster;

    @SuppressWarnings("NullAway.Init")
    private Node n1;

    @SuppressWarnings("NullAway.Init")
    private Node n2;

    @SuppressWarnings("NullAway.Init")
    private Node n3;

    @BeforeEach
    void start() {
        cluster = new LiveCluster(
                        directory,
                        List.of(
                                "--snapshot-count=300",
                                "--snapshot-catchup-entries=100",
                                "--snapshot-bytes-per-second=4000000"))
                .start();
        n1 = cluster.node("n1");
        n2 = cluster.node("n2");
        n3 = cluster.node("n3");
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aMemberThatWasAwayPastTheLogCatchesUpUnderWriters() throws Exception {
        LiveWriters writers = new LiveWriters(cluster).at(n1).at(n2);
        try (writers) {
            writers.awaitProgress();
            n3.process.kill();
            put(n1, "bulk/", 1_500, SMALL);
            n3.process.start();
            n3.awaitInstalled();
            cluster.awaitServing(n3);
            writers.at(n3).awaitProgress();
            writers.leave(n3);
            n3.process.kill();
            n3.process.start();
            cluster.awaitServing(n3);
            writers.at(n3).awaitProgress();
            writers.assertNothingFailedOrIsLost(List.of(n1, n2, n3));
        }
        assertSameEverywhere();
    }

    /** Whoever is to send, or to receive, is killed while pieces are on their way. */
    @Test
    @Tag("faults")
    void aTransferOutlivesKillsOnBothSides() throws Exception {
        n3.process.kill();
        put(n1, "bulk/", 1_600, LARGE);
        n3.process.start();
        awaitPart(1 << 20);
        Vitals vitals = new Vitals(java.net.URI.create(n3.client).getPort());
        Eventually.holds(
                "it says so", () -> vitals.get("/readyz?verbose").body().contains("receiving the snapshot at entry"));
        n3.process.kill();
        n3.process.start();
        awaitPart(2 << 20);
        Node leader = cluster.leader(n1) == n1 ? n1 : n2;
        leader.process.kill();
        leader.process.start();
        n3.awaitInstalled();
        cluster.awaitServing(leader);
        cluster.awaitServing(n3);
        assertEquals(1, vitals.metric("rollcall_snapshots_total", "step=\"install\""));
        assertSameEverywhere();
        try (Stream<Path> files = Files.list(n3.data)) {
            List<String> left = files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.startsWith("incoming") || name.equals("state-1.db"))
                    .toList();
            assertEquals(List.of(), left);
        }
    }

    private void awaitPart(long bytes) {
        Path part = n3.data.resolve("incoming.part");
        Eventually.holds(
                bytes + " bytes of a snapshot are here", () -> Files.exists(part) && Files.size(part) >= bytes);
    }

    /** The process sleeps with a watch open on it, and wakes up to find its log's end gone from everybody else's. */
    @Test
    @SuppressWarnings("try") // what is open is meant to be open, no more
    void watchesGoOnBehindASnapshot() throws Exception {
        leadElsewhere();
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        Queue<Long> revisions = new ConcurrentLinkedQueue<>();
        try (Client client = Client.builder().endpoints(n3.client).build();
                Watch.Watcher watcher = client.getWatchClient()
                        .watch(
                                bytes("bulk/"),
                                prefix(),
                                response -> response.getEvents().forEach(event -> {
                                    seen.add(key(event));
                                    revisions.add(event.getKeyValue().getModRevision());
                                }))) {
            put(n1, "bulk/a", 10, SMALL);
            Eventually.holds("the watch is at work", () -> seen.size() == 10);
            n3.process.signal("STOP");
            put(n1, "bulk/b", 1_500, LARGE);
            awaitTruncated(n1, 1_000);
            awaitTruncated(n2, 1_000);
            n3.process.signal("CONT");
            n3.awaitInstalled();
            put(n1, "bulk/c", 10, SMALL);
            Eventually.holds("the watch has seen everything", () -> seen.size() >= 1_520);
        }
        assertEquals(1_520, seen.size(), "every event once");
        assertEquals(1_520, new HashSet<>(seen).size());
        assertEquals(List.copyOf(new TreeSet<>(revisions)), List.copyOf(revisions), "in order");
        assertSameEverywhere();
    }

    @Test
    @SuppressWarnings("try") // what is open is meant to be open, no more
    void aWatchWhoseRevisionsAreCompactedIsCancelledBehindASnapshot() throws Exception {
        leadElsewhere();
        Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        try (Client client = Client.builder().endpoints(n3.client).build();
                Watch.Watcher watcher = client.getWatchClient()
                        .watch(
                                bytes("bulk/"),
                                prefix(),
                                Watch.listener(
                                        response -> response.getEvents().forEach(event -> seen.add(key(event))),
                                        errors::add))) {
            put(n1, "bulk/a", 1, SMALL);
            Eventually.holds("the watch is at work", () -> seen.size() == 1);
            n3.process.signal("STOP");
            long revision = put(n1, "bulk/b", 1_500, LARGE);
            CompactionRequest compact =
                    CompactionRequest.newBuilder().setRevision(revision - 5).build();
            cluster.call(n1, EtcdMethod.COMPACT, compact, CompactionResponse.parser());
            put(n1, "bulk/c", 500, SMALL);
            awaitTruncated(n1, 1_500);
            awaitTruncated(n2, 1_500);
            n3.process.signal("CONT");
            n3.awaitInstalled();
            Eventually.holds("the watch is cancelled", () -> !errors.isEmpty());
            CompactedException cancelled = (CompactedException) errors.element();
            assertEquals(revision - 5, cancelled.getCompactedRevision());
        }
        assertSameEverywhere();
    }

    /** Somebody who has nothing at all, and joins when the log's beginning is long gone. */
    @Test
    void aNewMemberBeginsWithASnapshot() throws Exception {
        put(n1, "bulk/", 1_500, SMALL);
        awaitTruncated(n1, 1_000);
        awaitTruncated(n2, 1_000);
        awaitTruncated(n3, 1_000);
        Node n4 = cluster.node("n4");
        cluster.add(n4, false, n1);
        n4.start("existing", List.of(n1, n2, n3, n4));
        n4.awaitInstalled();
        cluster.awaitServing(n4);
        assertEquals(4, cluster.list(n4, true).size());
        assertSame(List.of(n1, n2, n3, n4));
    }

    @Test
    @Tag("faults")
    void theLogStaysShort() throws Exception {
        put(n1, "bulk/", 100_000, SMALL);
        for (Node node : List.of(n1, n2, n3)) {
            Eventually.holds("the log of " + node + " begins near its end", () -> node.firstIndex() > 99_000);
            long bytes = Files.size(node.data.resolve("log.db"));
            assertTrue(bytes < 40 << 20, () -> "log.db has " + bytes + " bytes");
        }
        assertSameEverywhere();
    }

    /** Leadership is with another than n3, whose process is to sleep. */
    private void leadElsewhere() {
        if (cluster.leader(n1) == n3) {
            n3.process.kill();
            put1(n1);
            n3.process.start();
            cluster.awaitServing(n3);
        }
    }

    private void put1(Node at) {
        PutRequest put =
                PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("x")).build();
        cluster.call(at, EtcdMethod.PUT, put, PutResponse.parser());
    }

    private void awaitTruncated(Node node, long beyond) {
        Eventually.holds("the log of " + node + " begins beyond " + beyond, () -> {
            put1(n1);
            return node.firstIndex() > beyond;
        });
    }

    /** Puts so many keys, some at a time but in their order; returns the last revision. */
    private static long put(Node at, String prefix, int count, int valueBytes) throws Exception {
        ByteSequence value = bytes("v".repeat(valueBytes));
        long revision = 0;
        try (Client client = Client.builder().endpoints(at.client).build()) {
            for (int n = 0; n < count; n += 100) {
                List<CompletableFuture<io.etcd.jetcd.kv.PutResponse>> some = new ArrayList<>();
                for (int i = n; i < Math.min(n + 100, count); i++) {
                    some.add(client.getKVClient().put(bytes(prefix + i), value));
                }
                for (CompletableFuture<io.etcd.jetcd.kv.PutResponse> each : some) {
                    revision = Math.max(
                            revision, each.get(30, TimeUnit.SECONDS).getHeader().getRevision());
                }
            }
        }
        return revision;
    }

    private void assertSameEverywhere() {
        assertSame(List.of(n1, n2, n3));
    }

    private void assertSame(List<Node> members) {
        RangeRequest any =
                RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("x")).build();
        long revision = cluster.call(n1, EtcdMethod.RANGE, any, RangeResponse.parser())
                .getHeader()
                .getRevision();
        HashKVRequest hash = HashKVRequest.newBuilder().setRevision(revision).build();
        List<Integer> hashes = new ArrayList<>();
        for (Node node : members) {
            cluster.call(node, EtcdMethod.RANGE, any, RangeResponse.parser());
            hashes.add(cluster.call(node, EtcdMethod.HASH_KV, hash, HashKVResponse.parser())
                    .getHash());
        }
        assertEquals(1, hashes.stream().distinct().count(), () -> "hashes " + hashes);
    }

    private static WatchOption prefix() {
        return WatchOption.builder().isPrefix(true).build();
    }

    private static String key(WatchEvent event) {
        return event.getKeyValue().getKey().toString(StandardCharsets.UTF_8);
    }

    private static ByteSequence bytes(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }
}
