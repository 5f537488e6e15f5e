package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.process.FaultyDisk.Call;
import dev.rollcall.agent.process.FaultyDisk.Fate;
import dev.rollcall.agent.process.LiveCluster.Node;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.AlarmMember;
import dev.rollcall.storage.proto.AlarmType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Members on a disk that runs full and gets space again, while they run. */
@Tag("faults")
class DiskFullIT {
    private static final int DISK_MIB = 20;
    private static final int OTHER_MIB = 8;
    private static final String VALUE = "v".repeat(4096);

    @TempDir
    Path directory;

    private final List<SmallDisk> disks = new ArrayList<>();

    @AfterEach
    void unmount() {
        disks.forEach(SmallDisk::close);
    }

    @Test
    void aSingleMemberRefusesWritesAndTakesThemAgain() throws Exception {
        try (LiveCluster cluster = new LiveCluster(directory)) {
            SmallDisk disk = onSmallDisk(cluster.node("n1"));
            cluster.start("n1");
            Node node = cluster.node("n1");
            Store store = new Store(cluster, node);
            Map<String, String> acknowledged = fillUp(store);
            refusesAndReads(store, acknowledged);
            assertEquals(
                    List.of(AlarmType.NOSPACE),
                    store.alarms().stream().map(AlarmMember::getAlarm).toList());

            disk.free();
            takesWritesAgain(store, acknowledged);
            assertTrue(node.process.alive());
            assertTrue(node.process.log().contains("writes are refused until there is space"));
        }
    }

    /** Nobody else has anything there that could be deleted. */
    @Test
    void whatFillsTheDiskWithItsOwnHistoryIsGivenBackByDefragmentation() throws Exception {
        try (LiveCluster cluster = new LiveCluster(directory)) {
            SmallDisk disk = new SmallDisk(cluster.node("n1").data, DISK_MIB, 0);
            disks.add(disk);
            cluster.node("n1").program = disk.program();
            cluster.start("n1");
            Store store = new Store(cluster, cluster.node("n1"));
            long last = 0;
            @Nullable String refusal = null;
            for (int i = 0; refusal == null; i++) {
                try {
                    last = store.put("key" + i % 200, VALUE);
                } catch (EtcdException e) {
                    refusal = e.text();
                }
            }
            assertEquals(EtcdError.NO_SPACE.text(), refusal);
            store.compact(last);
            Eventually.holds("what is left fits beside the file", () -> {
                store.defragment();
                return true;
            });
            takesWritesAgain(store, Map.of("key0", VALUE, "key199", VALUE));
            assertEquals(201, store.all().size());
        }
    }

    @Test
    void aDiskWithoutAnyRoomLosesNothing() throws Exception {
        try (LiveCluster cluster = new LiveCluster(directory)) {
            SmallDisk disk = onSmallDisk(cluster.node("n1"));
            cluster.start("n1");
            Node node = cluster.node("n1");
            Store store = new Store(cluster, node);
            Map<String, String> acknowledged = new TreeMap<>();
            for (int i = 0; i < 100; i++) {
                acknowledged.put("a" + i, VALUE);
                store.put("a" + i, VALUE);
            }
            // Until the ballast is given up, and its room is taken as well.
            Eventually.holds("the member sees that the disk is full", () -> {
                disk.fill();
                return refused(store);
            });
            disk.fill();
            assertEquals(VALUE, store.get("a0", true));
            assertEquals(VALUE, store.get("a0"));

            disk.free();
            takesWritesAgain(store, acknowledged);
        }
    }

    @Test
    void oneFullMemberOfThreeStopsTheWritesOfAllAndLosesNothing() throws Exception {
        try (LiveCluster cluster = new LiveCluster(directory)) {
            SmallDisk disk = onSmallDisk(cluster.node("n1"));
            cluster.start();
            Node full = cluster.node("n1");
            Store other = new Store(cluster, cluster.node("n2"));
            Map<String, String> acknowledged = new TreeMap<>(fillUp(other));
            refusesAndReads(other, acknowledged);
            refusesAndReads(new Store(cluster, full), acknowledged);

            disk.free();
            takesWritesAgain(other, acknowledged);
            takesWritesAgain(new Store(cluster, full), acknowledged);
            Store.awaitSame(cluster, List.of(full, cluster.node("n2"), cluster.node("n3")));
        }
    }

    @Test
    void aLeaderWithoutAnyRoomLosesLeadershipAndNothingElse() throws Exception {
        try (LiveCluster cluster = new LiveCluster(directory)) {
            Map<String, SmallDisk> diskOf = new TreeMap<>();
            List<Node> nodes = List.of(cluster.node("n1"), cluster.node("n2"), cluster.node("n3"));
            for (Node node : nodes) {
                diskOf.put(node.name, onSmallDisk(node));
            }
            cluster.start();
            Node leader = cluster.leader(nodes.get(0));
            Node other = nodes.get(leader == nodes.get(0) ? 1 : 0);
            SmallDisk disk = Objects.requireNonNull(diskOf.get(leader.name));
            Store store = new Store(cluster, other);
            store.put("before", "1");

            // Something is written all the time, so that its disk owes something.
            Eventually.holds("another member leads", () -> {
                disk.fill();
                store.delete("nothing");
                return cluster.leader(other) != leader;
            });
            Eventually.holds("the alarm is raised by a member that cannot write itself", () -> {
                disk.fill();
                return refused(store);
            });
            assertEquals("1", store.get("before"));

            disk.free();
            takesWritesAgain(store, Map.of("before", "1"));
            Store.awaitSame(cluster, nodes);
            assertTrue(leader.process.alive());
        }
    }

    /** As it may be for a moment, when somebody else takes the space and gives it back. */
    @ParameterizedTest
    @ValueSource(strings = {"state-1.db", "log.db"})
    void aCheckpointWithoutRoomIsPutOff(String file) throws Exception {
        try (LiveCluster cluster = new LiveCluster(directory)) {
            Node node = cluster.node("n1");
            onSmallDisk(node); // on which checkpoints are frequent
            FaultyDisk disk = new FaultyDisk(node.data, directory);
            node.variables = disk.variables();
            cluster.start("n1");
            Store store = new Store(cluster, node);
            store.put("before", "1");

            // Their WALs can be written.
            disk.set(Call.WRITE, file + "$", Fate.ENOSPC);
            Map<String, String> acknowledged = new TreeMap<>();
            Eventually.holds("a checkpoint finds no room", () -> {
                if (node.process.log().contains("disk full while checkpointing")) {
                    return true;
                }
                String key = "key" + acknowledged.size();
                store.put(key, VALUE);
                acknowledged.put(key, VALUE);
                return false;
            });
            disk.heal();
            takesWritesAgain(store, acknowledged);
            node.process.kill();
            node.process.start();
            cluster.awaitServing(node);
            takesWritesAgain(store, acknowledged);
        }
    }

    private SmallDisk onSmallDisk(Node node) {
        SmallDisk disk = new SmallDisk(node.data, DISK_MIB, OTHER_MIB);
        disks.add(disk);
        node.program = disk.program();
        return disk;
    }

    /** Writes until it is refused; returns what was acknowledged. */
    private static Map<String, String> fillUp(Store store) {
        Map<String, String> acknowledged = new TreeMap<>();
        for (int i = 0; i < DISK_MIB << 20 >> 12; i++) {
            try {
                store.put("key" + i, VALUE);
                acknowledged.put("key" + i, VALUE);
            } catch (EtcdException e) {
                assertEquals(EtcdError.NO_SPACE.text(), e.text());
                assertTrue(i > 100, "refused at " + i);
                return acknowledged;
            }
        }
        throw new AssertionError("a full disk took everything");
    }

    private static boolean refused(Store store) {
        try {
            store.put("more", "1");
            return false;
        } catch (EtcdException e) {
            return e.text().equals(EtcdError.NO_SPACE.text());
        }
    }

    private static void refusesAndReads(Store store, Map<String, String> acknowledged) {
        Eventually.holds("the alarm is raised", () -> !store.alarms().isEmpty());
        EtcdException refusal = assertThrows(EtcdException.class, () -> store.put("more", "1"));
        assertEquals(EtcdError.NO_SPACE.text(), refusal.text());
        String some = acknowledged.keySet().iterator().next();
        assertEquals(VALUE, store.get(some));
        // What frees space goes on.
        assertEquals(1, store.delete(some));
        acknowledged.remove(some);
        assertNotEquals(0, acknowledged.size());
    }

    private static void takesWritesAgain(Store store, Map<String, String> acknowledged) {
        Eventually.holds("writes are taken again", () -> {
            store.put("again", "1");
            return true;
        });
        assertEquals(List.of(), store.alarms());
        Map<String, String> found = store.all();
        acknowledged.forEach((key, value) -> assertEquals(value, found.get(key), key));
    }
}
