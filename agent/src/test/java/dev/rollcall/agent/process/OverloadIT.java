package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.EtcdClient;
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
        agent = AgentProcess.singleVoter("n1", directory).withJvm("-Xmx" + HEAP_MIB + "m", "-XX:+ExitOnOutOfMemoryError");
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

    private void fill() {
        EtcdClient client =
                new EtcdClient(vertx, new Endpoint("127.0.0.1", agent.clientPort()), ClientOptions.DEFAULT);
        for (int i = 0; i < VALUES; i++) {
            PutRequest put = PutRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8("big/" + i))
                    .setValue(ByteString.copyFrom(new byte[VALUE_BYTES]))
                    .build();
            RudeClients.await(client.unary(
                    EtcdMethod.PUT, Buffer.buffer(put.toByteArray()), CallContext.INTERNAL));
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
