package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rollcall.agent.process.FaultyDisk.Call;
import dev.rollcall.agent.process.FaultyDisk.Fate;
import dev.rollcall.agent.process.LiveCluster.Node;
import dev.rollcall.storage.error.EtcdException;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.PutOption;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A leader whose disk does not return, or whose process is held, for longer than the election timeout. It is replaced, and
 * whatever was asked of it meanwhile it answers as one who leads no more: with what its successor knows, or not at all.
 */
@Tag("faults")
class StalledLeaderIT {
    private static final long ELECTION_MS = 400;
    private static final long ANSWER_S = 30;

    /** What befalls the leader. */
    enum Outage {
        DISK_STALLS,
        PROCESS_STOPS
    }

    @TempDir
    Path directory;

    private LiveCluster cluster;
    private final Map<String, FaultyDisk> disks = new HashMap<>();
    private final Map<Node, Client> clients = new HashMap<>();
    private List<Node> nodes;
    private Node leader;
    private Node other;

    @BeforeEach
    void start() {
        cluster = new LiveCluster(directory);
        nodes = List.of(cluster.node("n1"), cluster.node("n2"), cluster.node("n3"));
        for (Node node : nodes) {
            FaultyDisk disk = new FaultyDisk(node.data, directory);
            disks.put(node.name, disk);
            node.variables = disk.variables();
            node.flags = List.of("--heartbeat-interval=" + ELECTION_MS / 10, "--election-timeout=" + ELECTION_MS);
        }
        cluster.start();
        leader = cluster.leader(nodes.get(0));
        other = nodes.get((nodes.indexOf(leader) + 1) % 3);
    }

    @AfterEach
    void stop() {
        clients.values().forEach(Client::close);
        cluster.close();
    }

    @ParameterizedTest
    @EnumSource
    void acknowledgesNoWriteOfItsOwn(Outage outage) throws Exception {
        Store store = new Store(cluster, other);
        store.put("key", "1");
        begin(outage);
        store.put("key", "2");
        // As far as its own log goes, the comparison holds.
        CompletableFuture<TxnResponse> asked = client(leader)
                .getKVClient()
                .txn()
                .If(new Cmp(Writers.bytes("key"), Cmp.Op.EQUAL, CmpTarget.value(Writers.bytes("1"))))
                .Then(Op.put(Writers.bytes("key"), Writers.bytes("3"), PutOption.DEFAULT))
                .commit();
        if (outage == Outage.PROCESS_STOPS) {
            assertFalse(asked.isDone());
        }
        end(outage);
        try {
            assertFalse(asked.get(ANSWER_S, TimeUnit.SECONDS).isSucceeded());
        } catch (ExecutionException e) {
            // It may say that it does not know.
        }
        assertEquals("2", store.get("key"));
        new Store(cluster, leader).put("key", "4");
        assertEquals("4", store.get("key"));
        Store.awaitSame(cluster, nodes);
    }

    @ParameterizedTest
    @EnumSource
    void servesNoStaleRead(Outage outage) throws Exception {
        Store store = new Store(cluster, other);
        store.put("key", "old");
        begin(outage);
        store.put("key", "new");
        CompletableFuture<GetResponse> asked = client(leader).getKVClient().get(Writers.bytes("key"));
        if (outage == Outage.DISK_STALLS) {
            answersNew(asked);
            asked = client(leader).getKVClient().get(Writers.bytes("key"));
        }
        end(outage);
        answersNew(asked);
        answersNew(client(leader).getKVClient().get(Writers.bytes("key")));
    }

    private static void answersNew(CompletableFuture<GetResponse> asked) throws Exception {
        try {
            List<KeyValue> found = asked.get(ANSWER_S, TimeUnit.SECONDS).getKvs();
            assertEquals("new", found.get(0).getValue().toString(StandardCharsets.UTF_8));
        } catch (ExecutionException e) {
            // It may say that it cannot tell.
        }
    }

    @ParameterizedTest
    @EnumSource
    void renewsNoLease(Outage outage) throws Exception {
        long lease = grant(other, 60);
        Store store = new Store(cluster, other);
        store.put("key", "1", lease);
        begin(outage);
        client(other).getLeaseClient().revoke(lease).get(ANSWER_S, TimeUnit.SECONDS);
        CompletableFuture<LeaseKeepAliveResponse> asked =
                client(leader).getLeaseClient().keepAliveOnce(lease);
        end(outage);
        // Renewed by nobody: it is gone, and who leads knows.
        assertThrows(ExecutionException.class, () -> asked.get(ANSWER_S, TimeUnit.SECONDS));
        assertEquals(null, new Store(cluster, leader).get("key"));
    }

    @ParameterizedTest
    @EnumSource
    void expiresNoLease(Outage outage) throws Exception {
        long ttlSeconds = 3;
        long lease = grant(other, ttlSeconds);
        Store store = new Store(cluster, other);
        store.put("key", "1", lease);
        begin(outage);
        // By now its successor counts; what the old leader had counted would soon be over.
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(3 * ttlSeconds);
        boolean ended = false;
        while (System.nanoTime() - until < 0) {
            client(other).getLeaseClient().keepAliveOnce(lease).get(ANSWER_S, TimeUnit.SECONDS);
            assertEquals("1", store.get("key"));
            if (!ended && until - System.nanoTime() < TimeUnit.SECONDS.toNanos(2 * ttlSeconds)) {
                ended = true;
                end(outage);
            }
        }
        // Left alone it does expire, once.
        Eventually.holds("the lease expires", () -> store.get("key") == null);
    }

    @Test
    void withoutAnyQuorumOfDisksNothingIsAcknowledged() throws Exception {
        long lease = grant(other, 2);
        Store store = new Store(cluster, leader);
        store.put("key", "1", lease);
        store.put("other", "1");
        Node third = nodes.get((nodes.indexOf(leader) + 2) % 3);
        third.process.signal("STOP");
        disk(leader).set(Call.FSYNC, "*", Fate.STALL);
        CompletableFuture<?> write = client(leader).getKVClient().put(Writers.bytes("other"), Writers.bytes("2"));
        Eventually.holds(
                "nobody leads",
                () -> cluster.status(leader).getLeader() == 0
                        && cluster.status(other).getLeader() == 0);
        CompletableFuture<?> read = client(leader).getKVClient().get(Writers.bytes("other"));
        CompletableFuture<?> renewal = client(leader).getLeaseClient().keepAliveOnce(lease);
        // Four times the lease's time.
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(8);
        while (System.nanoTime() - until < 0) {
            for (Node node : List.of(leader, other)) {
                assertEquals("1", new Store(cluster, node).get("key", true));
                assertEquals("1", new Store(cluster, node).get("other", true));
            }
            assertNoAnswer(write);
            assertNoAnswer(read);
            assertNoAnswer(renewal);
        }
        disk(leader).heal();
        third.process.signal("CONT");
        Eventually.holds("there is a leader again, who lets the lease run out", () -> store.get("key") == null);
        Store.awaitSame(cluster, nodes);
    }

    /** Failed it may have, with a text that says "unknown" or "no leader". */
    private static void assertNoAnswer(CompletableFuture<?> asked) {
        assertFalse(asked.isDone() && !asked.isCompletedExceptionally(), () -> "answered with " + asked.join());
    }

    private void begin(Outage outage) {
        if (outage == Outage.PROCESS_STOPS) {
            leader.process.signal("STOP");
        } else {
            disk(leader).set(Call.FSYNC, "*", Fate.STALL);
        }
        String old = leader.name;
        Eventually.holds("another member leads", () -> {
            if (outage == Outage.DISK_STALLS) {
                write(); // so that its disk owes something
            }
            return cluster.status(other).getLeader() != 0
                    && !cluster.leader(other).name.equals(old);
        });
    }

    private FaultyDisk disk(Node node) {
        return Objects.requireNonNull(disks.get(node.name));
    }

    private void write() {
        try {
            new Store(cluster, other).delete("nothing");
        } catch (EtcdException e) {
            // Nobody leads just now.
        }
    }

    private void end(Outage outage) {
        if (outage == Outage.PROCESS_STOPS) {
            leader.process.signal("CONT");
        } else {
            disk(leader).heal();
        }
    }

    private long grant(Node at, long ttlSeconds) throws Exception {
        return client(at)
                .getLeaseClient()
                .grant(ttlSeconds)
                .get(ANSWER_S, TimeUnit.SECONDS)
                .getID();
    }

    private Client client(Node at) {
        return clients.computeIfAbsent(
                at,
                node -> Client.builder()
                        .endpoints(node.client)
                        .retryMaxAttempts(1)
                        .build());
    }
}
