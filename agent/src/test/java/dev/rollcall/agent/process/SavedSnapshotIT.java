package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.Program;
import dev.rollcall.agent.process.LiveCluster.Node;
import dev.rollcall.storage.proto.DefragmentRequest;
import dev.rollcall.storage.proto.DefragmentResponse;
import dev.rollcall.storage.proto.HashKVRequest;
import dev.rollcall.storage.proto.HashKVResponse;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots that are saved from a running cluster, and clusters that begin with one. */
class SavedSnapshotIT {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private LiveCluster cluster;

    @BeforeEach
    void start() {
        cluster = new LiveCluster(directory).start();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aSnapshotSavedUnderWritersBeginsANewCluster() throws Exception {
        Node n1 = cluster.node("n1");
        Path saved = directory.resolve("saved.db");
        try (LiveWriters writers = new LiveWriters(cluster).at(n1).at(cluster.node("n2"))) {
            writers.awaitProgress();
            PutRequest put = PutRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8("before"))
                    .setValue(ByteString.copyFromUtf8("the snapshot"))
                    .build();
            cluster.call(n1, EtcdMethod.PUT, put, PutResponse.parser());
            rollcall("snapshot", "save", saved.toString(), "--endpoints", n1.client);
            cluster.call(
                    n1, EtcdMethod.DEFRAGMENT, DefragmentRequest.getDefaultInstance(), DefragmentResponse.parser());
            assertTrue(Files.exists(n1.data.resolve("state-2.db")), "the order of the file is a new file");
            writers.awaitProgress();
            writers.assertNothingFailedOrIsLost(List.of(n1, cluster.node("n2"), cluster.node("n3")));
        }
        String told = rollcall("snapshot", "status", saved.toString(), "-w", "json");
        assertTrue(told.contains("\"revision\":"), told);

        Node r1 = cluster.node("r1");
        Node r2 = cluster.node("r2");
        List<Node> restored = List.of(r1, r2);
        for (Node node : restored) {
            rollcall(
                    "snapshot",
                    "restore",
                    saved.toString(),
                    "--name=" + node.name,
                    "--data-dir=" + node.data,
                    "--initial-cluster=r1=" + r1.peer + ",r2=" + r2.peer,
                    "--initial-advertise-peer-urls=" + node.peer);
        }
        restored.forEach(node -> node.start("new", restored));
        restored.forEach(cluster::awaitServing);
        assertNotEquals(
                cluster.status(n1).getHeader().getClusterId(),
                cluster.status(r1).getHeader().getClusterId());
        assertEquals(2, cluster.list(r2, true).size());
        assertEquals("before\nthe snapshot\n", rollcall("kv", "get", "before", "--endpoints", r2.client));
        HashKVRequest all = HashKVRequest.getDefaultInstance();
        assertEquals(
                cluster.call(r1, EtcdMethod.HASH_KV, all, HashKVResponse.parser()).getHash(),
                cluster.call(r2, EtcdMethod.HASH_KV, all, HashKVResponse.parser()).getHash());
    }

    @Test
    void etcdctlSavesWhatSqliteOpens() throws Exception {
        Program.assume("etcdctl");
        Node n1 = cluster.node("n1");
        Path saved = directory.resolve("saved.db");
        Program.run(0, List.of("etcdctl", "--endpoints=" + n1.client, "snapshot", "save", saved.toString()));
        assertEquals(32, Files.size(saved) % 512);
        try (var connection = java.sql.DriverManager.getConnection("jdbc:sqlite:" + saved);
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT count(*) FROM member")) {
            assertEquals(3, row.getInt(1));
        }
        Program.run(0, List.of("etcdctl", "--endpoints=" + n1.client, "defrag"));
    }

    private static String rollcall(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                System.getProperty("rollcall.jar")));
        command.addAll(List.of(arguments));
        return Program.run(0, command);
    }
}
