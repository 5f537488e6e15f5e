package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.process.LiveCluster.Node;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members with a million keys: how they come back, and how they are replaced by a snapshot of as many. */
@Tag("faults")
class MillionKeysIT {
    private static final int KEYS = 1_000_000;
    private static final int KEYS_OF_A_TXN = 100;
    private static final ByteString VALUE = ByteString.copyFromUtf8("v".repeat(256));
    private static final ByteString MORE = ByteString.copyFromUtf8("more");
    /** More than a leader keeps in its log for those who are away. */
    private static final int PUTS = 20_000;

    private static final Pattern READING =
            Pattern.compile("\\[-]recovery failed: reading the state file: ([0-9]+) rows, to revision ");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private LiveCluster cluster;

    @SuppressWarnings("NullAway.Init")
    private Node n1;

    @BeforeEach
    void fill() {
        cluster = new LiveCluster(directory, List.of("--snapshot-count=1000", "--snapshot-bytes-per-second=200000000"));
        n1 = cluster.node("n1");
        n1.jvm = List.of("-Xmx1g");
        cluster.start("n1");
        try (Flood flood = new Flood(port(n1), 2)) {
            int txns = KEYS / KEYS_OF_A_TXN;
            assertEquals(
                    txns,
                    flood.calls(txns, 64, EtcdMethod.TXN, MillionKeysIT::txn).ok());
        }
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void afterAKillItSaysHowFarItIsUntilAllAreThere() throws Exception {
        long before = resident(n1, "VmRSS");
        n1.process.kill();
        long began = System.nanoTime();
        n1.process.start();
        Set<Integer> rows = new TreeSet<>();
        Eventually.holds("it is ready", () -> {
            var answer = vitals(n1).get("/readyz?verbose");
            var reading = READING.matcher(answer.body());
            if (reading.find()) {
                assertEquals(503, answer.statusCode());
                assertEquals(200, vitals(n1).get("/livez").statusCode());
                rows.add(Integer.parseInt(reading.group(1)));
            }
            return answer.statusCode() == 200;
        });
        System.out.println("restart with " + KEYS + " keys: "
                + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began) + " ms to ready; resident " + before
                + " MiB before, " + resident(n1, "VmRSS") + " MiB after, peak " + resident(n1, "VmHWM") + " MiB");
        assertTrue(rows.size() > 1, () -> "it told of its progress: " + rows);
        assertTrue(n1.process.log().contains("starting: reading the state file: "), n1.process::log);
        cluster.awaitServing(n1); // by the client of these calls, too, which met it while it started
        assertAllThere(n1);
    }

    /** While the new state is read in the old one is still in use: twice the share of the heap that an index may have. */
    @Test
    void aMemberWhoseIndexIsAtItsLimitTakesASnapshotOfAsMany() throws Exception {
        Node n2 = cluster.node("n2");
        n2.jvm = List.of("-Xmx500m");
        cluster.add(n2, true, n1);
        n2.start("existing", List.of(n1, n2));
        n2.awaitLog("the state is a snapshot at entry");
        awaitCaughtUp(n2);
        System.out.println("a snapshot of " + KEYS + " keys, to a member that has none: resident "
                + resident(n2, "VmRSS") + " MiB, peak " + resident(n2, "VmHWM") + " MiB");
        double share = vitals(n2).metric("rollcall_index_bytes") / vitals(n2).metric("rollcall_index_quota_bytes");
        assertTrue(share > 0.95 && share < 1, () -> "the index has this much of its share: " + share);
        n2.process.kill();
        PutRequest put = PutRequest.newBuilder().setKey(MORE).setValue(VALUE).build();
        try (Flood flood = new Flood(port(n1), 2)) {
            assertEquals(PUTS, flood.calls(PUTS, 64, EtcdMethod.PUT, id -> put).ok());
        }
        // A copy that was made for a follower, and the log behind it, are kept for a while.
        Eventually.holds("the log begins behind what it has", () -> {
            cluster.call(n1, EtcdMethod.PUT, put, PutResponse.parser());
            return n1.firstIndex() > KEYS / KEYS_OF_A_TXN + PUTS / 2;
        });
        n2.process.start();
        Eventually.holds(
                "it has taken another", () -> vitals(n2).metric("rollcall_snapshots_total", "step=\"install\"") == 1);
        awaitCaughtUp(n2);
        System.out.println("a snapshot of " + KEYS + " keys, to a member that has as many: resident "
                + resident(n2, "VmRSS") + " MiB, peak " + resident(n2, "VmHWM") + " MiB");
        assertAllThere(n2);
    }

    private static int port(Node node) {
        return URI.create(node.client).getPort();
    }

    private static Vitals vitals(Node node) {
        return new Vitals(port(node));
    }

    private static TxnRequest txn(int id) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (int i = 0; i < KEYS_OF_A_TXN; i++) {
            txn.addSuccess(RequestOp.newBuilder()
                    .setRequestPut(PutRequest.newBuilder()
                            .setKey(Flood.key(id * KEYS_OF_A_TXN + i))
                            .setValue(VALUE)));
        }
        return txn.build();
    }

    private void assertAllThere(Node node) {
        RangeRequest all = RangeRequest.newBuilder()
                .setKey(Flood.key(0))
                .setRangeEnd(Flood.key(KEYS))
                .setSerializable(true)
                .build();
        RangeRequest count = all.toBuilder().setCountOnly(true).build();
        assertEquals(
                KEYS,
                cluster.call(node, EtcdMethod.RANGE, count, RangeResponse.parser())
                        .getCount());
        for (int from = 0; from < KEYS; from += KEYS / 10) {
            RangeRequest some =
                    all.toBuilder().setKey(Flood.key(from)).setLimit(100).build();
            cluster.call(node, EtcdMethod.RANGE, some, RangeResponse.parser())
                    .getKvsList()
                    .forEach(kv -> assertEquals(VALUE, kv.getValue()));
        }
    }

    private void awaitCaughtUp(Node learner) {
        long applied = cluster.status(n1).getRaftAppliedIndex();
        Eventually.holds(
                learner + " has what n1 has", () -> cluster.status(learner).getRaftAppliedIndex() >= applied);
    }

    /** A line of {@code /proc/<pid>/status}, in MiB. */
    private static long resident(Node node, String what) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + node.process.pid() + "/status")).stream()
                .filter(line -> line.startsWith(what + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10)
                .findFirst()
                .orElseThrow();
    }
}
