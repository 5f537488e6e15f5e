package dev.rollcall.agent.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.process.LiveCluster.Node;
import dev.rollcall.storage.proto.HashKVRequest;
import dev.rollcall.storage.proto.HashKVResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members of a cluster of real processes whose logs are short, so that whoever was away needs a snapshot. */
class SnapshotIT {
    private static final String INSTALLED = "the state is a snapshot at entry";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private LiveCluster cluster;

    @BeforeEach
    void start() {
        cluster = new LiveCluster(directory, List.of("--snapshot-count=500", "--snapshot-catchup-entries=200")).start();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aMemberThatWasAwayPastTheLogCatchesUpBySnapshot() throws Exception {
        Node n1 = cluster.node("n1");
        Node n2 = cluster.node("n2");
        Node n3 = cluster.node("n3");
        LiveWriters writers = new LiveWriters(cluster).at(n1).at(n2);
        try (writers) {
            writers.awaitProgress();
            n3.process.kill();
            put(n1, "bulk/", 5_000, 100);
            n3.process.start();
            n3.awaitLog(INSTALLED);
            cluster.awaitServing(n3);
            writers.at(n3).awaitProgress();
            n3.process.kill();
            n3.process.start();
            cluster.awaitServing(n3);
            writers.leave(n3);
            writers.assertNothingFailedOrIsLost(List.of(n1, n2, n3));
            assertSameAt(List.of(n1, n2, n3));
        }
    }

    /** Puts so many keys, some at a time. */
    private static void put(Node at, String prefix, int count, int valueBytes) throws Exception {
        ByteSequence value = ByteSequence.from("v".repeat(valueBytes), UTF_8);
        try (Client client = Client.builder().endpoints(at.client).build()) {
            for (int n = 0; n < count; n += 100) {
                List<CompletableFuture<?>> some = new ArrayList<>();
                for (int i = n; i < Math.min(n + 100, count); i++) {
                    some.add(client.getKVClient().put(ByteSequence.from(prefix + i, UTF_8), value));
                }
                CompletableFuture.allOf(some.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
            }
        }
    }

    private void assertSameAt(List<Node> members) {
        List<Integer> hashes = new ArrayList<>();
        long revision = 0;
        for (Node node : members) {
            RangeRequest any = RangeRequest.newBuilder()
                    .setKey(com.google.protobuf.ByteString.copyFromUtf8("x"))
                    .build();
            revision = Math.max(
                    revision,
                    cluster.call(node, EtcdMethod.RANGE, any, RangeResponse.parser())
                            .getHeader()
                            .getRevision());
            HashKVRequest hash =
                    HashKVRequest.newBuilder().setRevision(revision).build();
            hashes.add(cluster.call(node, EtcdMethod.HASH_KV, hash, HashKVResponse.parser())
                    .getHash());
        }
        assertEquals(1, hashes.stream().distinct().count(), () -> "hashes " + hashes);
    }
}
