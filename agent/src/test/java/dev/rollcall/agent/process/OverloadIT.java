package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.EtcdClient;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseKeepAliveRequest;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A voter with a small heap, and clients that ask too much of it: it stays alive and leader, keeps its memory, serves the
 * others meanwhile, and has let go of everything afterwards.
 */
@Tag("faults")
class OverloadIT {
    private static final int HEAP_MIB = 256;
    private static final int RESIDENT_MIB = 512;
    private static final int VALUE_BYTES = 64 << 10;
    private static final int VALUES = 64;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private final Vertx vertx = Vertx.vertx();

    @SuppressWarnings("NullAway.Init")
    private AgentProcess agent;

    @SuppressWarnings("NullAway.Init")
    private Vitals vitals;

    private double leaderChanges;

    @BeforeEach
    void start() throws Exception {
        agent = AgentProcess.singleVoter("n1", directory)
                .withJvm(
                        "-Xmx" + HEAP_MIB + "m", "-XX:MaxNewSize=" + HEAP_MIB / 6 + "m", "-XX:+ExitOnOutOfMemoryError");
        agent.start();
        vitals = new Vitals(agent.clientPort());
        vitals.awaitReady();
        leaderChanges = vitals.metric("etcd_server_leader_changes_seen_total");
    }

    @AfterEach
    void stop() {
        agent.close();
        RudeClients.await(vertx.close());
    }

    @Test
    void aThousandClientsThatNeverRead() throws Exception {
        fill();
        try (Bystander bystander = new Bystander(agent.clientPort())) {
            try (RudeClients silent = new RudeClients(agent.clientPort(), 1_000, 1, 1 << 10)) {
                List<Future<?>> asked = new ArrayList<>();
                for (int i = 0; i < 500; i++) {
                    asked.add(silent.ask(EtcdMethod.RANGE, all()));
                    asked.add(silent.ask(EtcdMethod.WATCH, fromTheBeginning()));
                }
                RudeClients.await(Future.join(asked).otherwiseEmpty());
                bystander.awaitRounds(100);
                fill();
                bystander.awaitRounds(100);
                assertHealthy();
            }
            bystander.awaitRounds(100);
            bystander.assertNoTrouble();
        }
        assertReleased();
    }

    @Test
    void tenThousandIdleStreams() throws Exception {
        long lease = grant(3_600);
        try (Bystander bystander = new Bystander(agent.clientPort())) {
            try (RudeClients idle = new RudeClients(agent.clientPort(), 100, 100, 1 << 16)) {
                List<Future<?>> opened = new ArrayList<>();
                for (int i = 0; i < 5_000; i++) {
                    opened.add(idle.ask(EtcdMethod.WATCH, watch("idle/" + i)));
                    opened.add(idle.ask(
                            EtcdMethod.LEASE_KEEP_ALIVE,
                            LeaseKeepAliveRequest.newBuilder().setID(lease).build()));
                }
                RudeClients.await(Future.all(opened));
                Eventually.holds(
                        "all are open",
                        () -> vitals.metric("etcd_debugging_mvcc_watcher_total") >= 5_000
                                && vitals.metric("rollcall_keepalive_streams") == 5_000);
                bystander.awaitRounds(200);
                assertEquals(0, idle.cutOff());
                assertHealthy();
            }
            bystander.awaitRounds(100);
            bystander.assertNoTrouble();
        }
        assertReleased();
    }

    /** Granted, renewed over a few streams, and left to expire together. */
    @Test
    void aHundredThousandLeases() throws Exception {
        int leases = 100_000;
        int ttlSeconds = 60;
        try (Bystander bystander = new Bystander(agent.clientPort());
                Flood flood = new Flood(agent.clientPort(), 8)) {
            Flood.Outcomes granted = flood.calls(
                    leases,
                    2_000,
                    EtcdMethod.LEASE_GRANT,
                    id -> LeaseGrantRequest.newBuilder()
                            .setID(id + 1)
                            .setTTL(ttlSeconds)
                            .build());
            assertEquals(leases, granted.ok(), granted::toString);
            assertEquals(leases, (int) vitals.metric("rollcall_leases"));
            assertEquals(leases, flood.renew(leases));
            bystander.awaitRounds(100);
            assertHealthy();
            Eventually.holds("all have expired", 4L * ttlSeconds, () -> vitals.metric("rollcall_leases") == 0);
            bystander.awaitRounds(100);
            bystander.assertNoTrouble();
        }
        assertReleased();
    }

    /** Small commands: their number is the limit. What is refused was not done, what is acknowledged was. */
    @Test
    void moreSmallWritesThanTheDiskTakes() throws Exception {
        moreWritesThanTheDiskTakes(200_000, 30_000, 100);
    }

    /** Large commands: their bytes are. */
    @Test
    void moreLargeWritesThanTheDiskTakes() throws Exception {
        moreWritesThanTheDiskTakes(4_000, 300, 200_000);
    }

    private void moreWritesThanTheDiskTakes(int writes, int atOnce, int valueBytes) throws Exception {
        ByteString value = ByteString.copyFrom(new byte[valueBytes]);
        try (Bystander bystander =
                        new Bystander(agent.clientPort()).tolerating("too many requests", "request timed out");
                Flood flood = new Flood(agent.clientPort(), 8)) {
            Flood.Outcomes outcomes = flood.calls(
                    writes,
                    atOnce,
                    EtcdMethod.PUT,
                    id -> PutRequest.newBuilder()
                            .setKey(Flood.key(id))
                            .setValue(value)
                            .build());
            System.out.println(outcomes);
            bystander.awaitRounds(50);
            assertHealthy();
            assertEquals(Set.of(), outcomes.unexpected(), outcomes::toString);
            assertTrue(outcomes.ok() > writes / 20, outcomes::toString);
            flood.assertStored(outcomes);
            bystander.assertNoTrouble();
        }
        vitals.awaitZero("rollcall_commands_waiting");
        assertEquals(0, vitals.metric("rollcall_command_bytes_waiting"));
        assertReleased();
    }

    /** All shares of the heap at the same time: an index nearly full, streams, answers not read, large reads, many writes. */
    @Test
    void everythingAtOnce() throws Exception {
        fill();
        fillIndex(0.9);
        try (Bystander bystander =
                        new Bystander(agent.clientPort()).tolerating("too many requests", "request timed out");
                RudeClients idle = new RudeClients(agent.clientPort(), 100, 50, 1 << 16);
                RudeClients silent = new RudeClients(agent.clientPort(), 500, 1, 1 << 10);
                Flood readers = new Flood(agent.clientPort(), 8);
                Flood writers = new Flood(agent.clientPort(), 8)) {
            List<Future<?>> asked = new ArrayList<>();
            for (int i = 0; i < 5_000; i++) {
                asked.add(idle.ask(EtcdMethod.WATCH, watch("idle/" + i)));
            }
            for (int i = 0; i < 250; i++) {
                asked.add(silent.ask(EtcdMethod.RANGE, all()));
                asked.add(silent.ask(EtcdMethod.WATCH, fromTheBeginning()));
            }
            RudeClients.await(Future.join(asked).otherwiseEmpty());
            Thread reading =
                    new Thread(() -> System.out.println(readers.calls(2_000, 200, EtcdMethod.RANGE, id -> all())));
            reading.start();
            ByteString value = ByteString.copyFrom(new byte[2_000]);
            Flood.Outcomes written = writers.calls(
                    100_000,
                    20_000,
                    EtcdMethod.PUT,
                    id -> PutRequest.newBuilder()
                            .setKey(Flood.key(id % 1_000))
                            .setValue(value)
                            .build());
            reading.join();
            System.out.println(written);
            assertEquals(Set.of(), written.unexpected(), written::toString);
            bystander.awaitRounds(50);
            assertHealthy();
            bystander.assertNoTrouble();
        }
        assertReleased();
    }

    /** Until so much of what the index may take is taken. */
    private void fillIndex(double part) throws Exception {
        try (Flood flood = new Flood(agent.clientPort(), 8)) {
            int each = 50_000;
            for (int at = 0;
                    vitals.metric("rollcall_index_bytes") < part * vitals.metric("rollcall_index_quota_bytes");
                    at += each) {
                int from = at;
                Flood.Outcomes outcomes = flood.calls(
                        each,
                        1_000,
                        EtcdMethod.PUT,
                        id -> PutRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8("index/" + (from + id)))
                                .build());
                assertEquals(each, outcomes.ok(), outcomes::toString);
            }
        }
    }

    /** Puts of which the last byte never comes. */
    @Test
    void requestsThatNeverEnd() throws Exception {
        Buffer half = RudeClients.framed(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("half"))
                        .setValue(ByteString.copyFrom(new byte[1_500_000]))
                        .build())
                .slice(0, 1_400_000);
        try (Bystander bystander = new Bystander(agent.clientPort())) {
            try (RudeClients rude = new RudeClients(agent.clientPort(), 500, 1, 1 << 16)) {
                List<Future<?>> begun = new ArrayList<>();
                for (int i = 0; i < 500; i++) {
                    begun.add(rude.begin(EtcdMethod.PUT).compose(request -> request.write(half)));
                }
                RudeClients.await(Future.join(begun).otherwiseEmpty());
                bystander.awaitRounds(100);
                assertHealthy();
            }
            bystander.awaitRounds(50);
            bystander.assertNoTrouble();
        }
        assertReleased();
    }

    @Test
    void requestsAndHeadersThatAreTooLarge() throws Exception {
        try (Bystander bystander = new Bystander(agent.clientPort());
                Flood flood = new Flood(agent.clientPort(), 1);
                RudeClients rude = new RudeClients(agent.clientPort(), 200, 50, 1 << 16)) {
            PutRequest large = PutRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8("large"))
                    .setValue(ByteString.copyFrom(new byte[1_600_000]))
                    .build();
            assertEquals(
                    Set.of("etcdserver: request is too large"),
                    flood.calls(20, 2, EtcdMethod.PUT, id -> large).refusals());
            PutRequest huge = large.toBuilder()
                    .setValue(ByteString.copyFrom(new byte[30_000_000]))
                    .build();
            Set<String> refusals =
                    flood.calls(20, 2, EtcdMethod.PUT, id -> huge).refusals();
            assertTrue(
                    refusals.stream().allMatch(text -> text.startsWith("grpc: received message larger than max")),
                    refusals::toString);
            Map<String, String> header = Map.of("x-flood", "x".repeat(200_000));
            for (int i = 0; i < 20; i++) {
                List<Future<?>> begun = new ArrayList<>();
                for (int j = 0; j < 100; j++) {
                    begun.add(rude.begin("/etcdserverpb.KV/Put", header));
                }
                RudeClients.await(Future.join(begun).otherwiseEmpty());
            }
            bystander.awaitRounds(100);
            assertHealthy();
            bystander.assertNoTrouble();
        }
        assertReleased();
    }

    private static WatchRequest watch(String key) {
        return WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)))
                .build();
    }

    private long grant(int ttlSeconds) throws Exception {
        try (Flood flood = new Flood(agent.clientPort(), 1)) {
            flood.calls(
                    1,
                    1,
                    EtcdMethod.LEASE_GRANT,
                    id -> LeaseGrantRequest.newBuilder()
                            .setID(77)
                            .setTTL(ttlSeconds)
                            .build());
        }
        return 77;
    }

    private void fill() {
        EtcdClient client = new EtcdClient(vertx, new Endpoint("127.0.0.1", agent.clientPort()), ClientOptions.DEFAULT);
        for (int i = 0; i < VALUES; i++) {
            PutRequest put = PutRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8("big/" + i))
                    .setValue(ByteString.copyFrom(new byte[VALUE_BYTES]))
                    .build();
            RudeClients.await(client.unary(EtcdMethod.PUT, Buffer.buffer(put.toByteArray()), CallContext.INTERNAL));
        }
        RudeClients.await(client.close());
    }

    private static RangeRequest all() {
        return RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("big/"))
                .setRangeEnd(ByteString.copyFromUtf8("big0"))
                .build();
    }

    private static WatchRequest fromTheBeginning() {
        return WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("big/"))
                        .setRangeEnd(ByteString.copyFromUtf8("big0"))
                        .setStartRevision(1))
                .build();
    }

    private void assertHealthy() throws Exception {
        assertTrue(agent.alive(), () -> "it ended: " + agent.log());
        assertEquals(200, vitals.get("/health").statusCode());
        assertEquals(200, vitals.get("/livez").statusCode());
        assertEquals(leaderChanges, vitals.metric("etcd_server_leader_changes_seen_total"));
        long resident = vitals.residentMiB();
        System.out.println("resident " + resident + " MiB, heap " + vitals.heapMiB() + " MiB");
        assertTrue(resident <= RESIDENT_MIB, "resident " + resident + " MiB");
    }

    private void assertReleased() throws Exception {
        vitals.awaitZero("rollcall_calls_open");
        assertHealthy();
    }
}
