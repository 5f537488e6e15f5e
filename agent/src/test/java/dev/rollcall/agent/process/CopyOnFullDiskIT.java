package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.client.Program;
import dev.rollcall.agent.process.FaultyDisk.Call;
import dev.rollcall.agent.process.FaultyDisk.Fate;
import dev.rollcall.agent.process.LiveCluster.Node;
import dev.rollcall.storage.error.EtcdException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * No room on the disk for another copy of the state: one that arrives from the leader, one that is saved, and the one that a
 * defragmentation makes. Each is done without, and the member goes on with what it has; each is made once there is room.
 */
@Tag("faults")
class CopyOnFullDiskIT {
    private static final int DISK_MIB = 20;
    private static final int VALUE_BYTES = 60_000;
    private static final List<String> SHORT_LOG = List.of("--snapshot-count=40", "--snapshot-catchup-entries=20");

    @TempDir
    Path directory;

    @Test
    void aSnapshotWaitsForRoomAndNobodyWaitsForIt() {
        try (LiveCluster cluster = new LiveCluster(directory, SHORT_LOG);
                SmallDisk disk = new SmallDisk(cluster.node("n3").data, DISK_MIB, 1)) {
            Node small = cluster.node("n3");
            small.program = disk.program();
            Store store = leaveBehind(cluster, small, 100);
            disk.fill(5);
            small.process.start();
            small.awaitLog("there is no room on the disk");
            assertGoesOn(store, new Store(cluster, small));
            assertFalse(Files.exists(disk.root().resolve("incoming.part")), "it has not begun to take it");

            disk.free();
            assertCatchesUp(cluster, small);
        }
    }

    @ParameterizedTest(name = "{0} of {1}")
    @CsvSource({"WRITE, incoming.meta", "WRITE, incoming.part", "FSYNC, incoming.part", "WRITE, state-2.db"})
    void aSnapshotThatDoesNotFitAfterAllIsSentAgain(Call call, String file) {
        try (LiveCluster cluster = new LiveCluster(directory, SHORT_LOG)) {
            Node small = cluster.node("n3");
            FaultyDisk disk = new FaultyDisk(small.data, directory);
            small.variables = disk.variables();
            Store store = leaveBehind(cluster, small, 10);
            disk.set(call, file, Fate.ENOSPC);
            small.process.start();
            small.awaitLog(call == Call.WRITE && file.startsWith("incoming") ? "cannot be stored" : "is not taken");
            assertGoesOn(store, new Store(cluster, small));

            disk.heal();
            assertCatchesUp(cluster, small);
        }
    }

    @Test
    void noCopyIsMadeWithoutRoom() throws Exception {
        try (LiveCluster cluster = new LiveCluster(directory);
                SmallDisk disk = new SmallDisk(cluster.node("n1").data, DISK_MIB, 1)) {
            Node node = cluster.node("n1");
            node.program = disk.program();
            cluster.start("n1");
            Store store = new Store(cluster, node);
            store.putMany("k", 60, VALUE_BYTES);

            disk.fill(5);
            assertNoCopy(node, disk.root(), store, "there is no room on the disk for another");
            store.put("more", "1");
            assertEquals(List.of(), store.alarms());
            disk.fill();
            Eventually.holds("the alarm is raised", () -> !store.alarms().isEmpty());
            assertNoCopy(node, disk.root(), store, "there is no room on the disk for another");

            disk.free();
            Eventually.holds("the alarm is gone", () -> store.alarms().isEmpty());
            assertCopies(node, disk.root(), store);
        }
    }

    @Test
    void aCopyThatDoesNotFitAfterAllLeavesNothing() throws Exception {
        try (LiveCluster cluster = new LiveCluster(directory)) {
            Node node = cluster.node("n1");
            FaultyDisk disk = new FaultyDisk(node.data, directory);
            node.variables = disk.variables();
            cluster.start("n1");
            Store store = new Store(cluster, node);
            store.putMany("k", 10, VALUE_BYTES);

            disk.set(Call.WRITE, "copy-", Fate.ENOSPC);
            assertNoSnapshot(node, "full");
            disk.set(Call.WRITE, "state-2.db", Fate.ENOSPC);
            assertNoDefragmentation(store, "full");
            assertEquals(List.of("state-1.db"), copies(node.data));
            store.put("more", "1");

            disk.heal();
            assertCopies(node, node.data, store);
        }
    }

    /** A cluster in which this member was away longer than the log is; the store is another's. */
    private static Store leaveBehind(LiveCluster cluster, Node away, int values) {
        cluster.start();
        List<Node> others = List.of(cluster.node("n1"), cluster.node("n2"));
        Store store = new Store(cluster, others.get(0));
        Store here = new Store(cluster, away);
        // The second tells that the first is committed: a member that starts knows that of no entry that is its last.
        for (String key : List.of("before", "after")) {
            store.put(key, "1");
            Eventually.holds(away + " has it, too", () -> "1".equals(here.get(key, true)));
        }
        away.process.kill();
        long known = cluster.status(others.get(0)).getRaftAppliedIndex();
        store.putMany("k", values, VALUE_BYTES);
        store.putUntilLogsBeginBehind(known, others);
        return store;
    }

    private static void assertGoesOn(Store cluster, Store behind) {
        cluster.put("meanwhile", "1");
        assertEquals(List.of(), cluster.alarms());
        assertEquals("1", behind.get("before", true), "it serves what it has");
    }

    private static void assertCatchesUp(LiveCluster cluster, Node behind) {
        behind.awaitInstalled();
        cluster.awaitServing(behind);
        assertEquals("1", new Store(cluster, behind).get("meanwhile"));
        Store.awaitSame(cluster, List.of(cluster.node("n1"), cluster.node("n2"), behind));
    }

    private void assertNoCopy(Node node, Path data, Store store, String reason) throws Exception {
        assertNoSnapshot(node, reason);
        assertNoDefragmentation(store, reason);
        assertEquals(List.of("state-1.db"), copies(data));
        assertEquals("v".repeat(VALUE_BYTES), store.get("k0"));
    }

    private void assertNoSnapshot(Node node, String reason) throws Exception {
        String said = save(1, node);
        assertTrue(said.contains("no snapshot: ") && said.contains(reason), said);
    }

    private static void assertNoDefragmentation(Store store, String reason) {
        EtcdException refused = assertThrows(EtcdException.class, store::defragment);
        assertTrue(refused.text().startsWith("rollcall: no defragmentation: "), refused.text());
        assertTrue(refused.text().contains(reason), refused.text());
    }

    private void assertCopies(Node node, Path data, Store store) throws Exception {
        save(0, node);
        store.defragment();
        assertEquals(List.of("state-2.db"), copies(data));
        assertEquals("v".repeat(VALUE_BYTES), store.get("k0"));
    }

    private String save(int exit, Node node) throws Exception {
        List<String> command = new ArrayList<>(BenchIT.rollcall());
        String file = directory.resolve("saved.db").toString();
        command.addAll(List.of("snapshot", "save", file, "--endpoints", node.client));
        return Program.run(exit, command);
    }

    private static List<String> copies(Path data) throws IOException {
        try (Stream<Path> files = Files.list(data)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.matches("(state|copy)-.*\\.db"))
                    .sorted()
                    .toList();
        }
    }
}
