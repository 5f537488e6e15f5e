package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.process.DiskTrace.Step;
import dev.rollcall.agent.process.LiveCluster.Node;
import dev.rollcall.agent.process.PowerLoss.Loss;
import dev.rollcall.storage.error.EtcdException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The power fails, at every point of a run of real members. {@link FaultyDisk} records what they ask of their disks, and a
 * client notes how far the record had come when each of its writes was acknowledged; {@link PowerLoss} then gives what the
 * disk may hold at any point.
 */
@Tag("faults")
class PowerLossIT {
    private static final int DISK_MIB = 20;
    /** On a disk of that size the WALs start over every few dozen pages, so the run has many checkpoints. */
    private static final int WRITES = 150;

    private static final int REJOINS = 8;
    /** Each takes half a minute, for which the others keep their logs. */
    private static final int REJOINS_BY_SNAPSHOT = 3;
    /** Between two writes, so that a small disk has room for all of them however fast they are. */
    private static final long PAUSE_NANOS = 2_000_000;
    /** The log is cut every few dozen entries. */
    private static final List<String> SHORT_LOG = List.of("--snapshot-count=40", "--snapshot-catchup-entries=20");

    private static final List<Loss> LOSSES = List.of(Loss.values());

    /**
     * An acknowledged write.
     *
     * @param recorded length of the record when the answer was here
     */
    private record Acknowledged(long recorded, long revision) {}

    @TempDir
    Path directory;

    private final List<SmallDisk> disks = new ArrayList<>();
    private final long seed = Long.getLong("power.seed", System.nanoTime());

    @AfterEach
    void unmount() {
        disks.forEach(SmallDisk::close);
    }

    /** With a stop in the middle, checkpoints of both databases, and a log whose beginning goes. */
    @Test
    void nothingAcknowledgedIsLostAtAnyPoint() throws Exception {
        List<Acknowledged> acknowledged = new ArrayList<>();
        FaultyDisk disk;
        try (LiveCluster cluster = new LiveCluster(directory, SHORT_LOG)) {
            Node node = cluster.node("n1");
            disk = record(node);
            cluster.start("n1");
            write(cluster, node, disk, acknowledged);
            assertEquals(0, node.process.terminate());
            node.start("new", List.of(node));
            cluster.awaitServing(node);
            write(cluster, node, disk, acknowledged);
            node.process.kill();
        }
        RecoveredStore recovery = new RecoveredStore();
        int points = failAtEveryPoint(DiskTrace.read(disk.trace()), acknowledged, recovery);
        assertTrue(points > 1_000, "only " + points + " points");
        assertTrue(recovery.behind() > 0, "the state file was never behind the log");
        assertTrue(recovery.truncated() > 100, "the log was cut at " + recovery.truncated() + " points only");
    }

    /**
     * Of a member that is sent a snapshot. Whatever is acknowledged while one of the others is away is acknowledged by this
     * one, too. A learner, which never leads, keeps the whole log for the comparison.
     */
    @Test
    void aSnapshotIsInstalledOrNotAtAnyPoint() throws Exception {
        List<Acknowledged> acknowledged = new ArrayList<>();
        FaultyDisk disk;
        Node whole;
        try (LiveCluster cluster = new LiveCluster(directory)) {
            List<Node> voters = List.of(cluster.node("n1"), cluster.node("n2"), cluster.node("n3"));
            voters.forEach(node -> node.flags = SHORT_LOG);
            Node stays = voters.get(0);
            Node other = voters.get(1);
            Node recorded = voters.get(2);
            whole = cluster.node("whole");
            disk = record(recorded);
            cluster.start();
            cluster.add(whole, true, stays);
            whole.start("existing", List.of(stays, other, recorded, whole));
            whole.awaitLog("ready to serve client requests");

            other.process.kill();
            write(cluster, stays, disk, acknowledged);
            other.process.start();
            cluster.awaitServing(other);
            recorded.process.kill();
            long known = cluster.status(stays).getRaftAppliedIndex();
            Store store = new Store(cluster, stays);
            store.putMany("large", 4, 200_000); // a snapshot of several pieces
            store.putUntilLogsBeginBehind(known, List.of(stays, other));
            recorded.process.start();
            recorded.awaitInstalled();
            cluster.awaitServing(recorded);
            other.process.kill();
            write(cluster, stays, disk, acknowledged);
            recorded.process.kill();
            long last = cluster.status(stays).getRaftAppliedIndex();
            Eventually.holds(
                    "the learner has it all", () -> cluster.status(whole).getRaftAppliedIndex() >= last);
            whole.process.kill();
        }
        List<Step> run = DiskTrace.read(disk.trace());
        RecoveredStore recovery = new RecoveredStore(RecoveredStore.entries(whole.data), ArrivedSnapshot.of(run));
        int points = failAtEveryPoint(run, acknowledged, recovery);
        System.out.println(points + " points, " + recovery);
        assertTrue(recovery.completed() > 100, "before the switch were " + recovery.completed() + " points only");
        assertTrue(recovery.installed() > 100, "behind the switch were " + recovery.installed() + " points only");
    }

    /** Recovers from what the disk may hold after each step of a run; returns how often. */
    private int failAtEveryPoint(List<Step> run, List<Acknowledged> acknowledged, RecoveredStore recovery)
            throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        PowerLoss power = new PowerLoss();
        int points = 0;
        for (int i = 0; i < run.size(); i++) {
            Step step = run.get(i);
            power.step(step);
            for (Loss loss : isRare(step) ? LOSSES : List.of(LOSSES.get(random.nextInt(LOSSES.size())))) {
                String point = "after step " + i + ", " + step.kind() + " of " + step.name() + ", with " + loss
                        + "; again with -Dpower.seed=" + seed;
                Path left = Files.createTempDirectory(fast(), "power");
                try {
                    power.fail(left, loss, random);
                    recovery.check(left, revisionBefore(step.end(), acknowledged));
                } catch (Exception | AssertionError e) {
                    throw new AssertionError(point, e);
                } finally {
                    delete(left);
                }
                points++;
            }
        }
        return points;
    }

    /** Files come and go and snapshots arrive in few steps, each of them worth a closer look. */
    private static boolean isRare(Step step) {
        return switch (step.kind()) {
            case CREATE, RENAME, UNLINK -> true;
            default -> step.name().startsWith("incoming");
        };
    }

    @ParameterizedTest(name = "with a snapshot: {0}")
    @ValueSource(booleans = {false, true})
    void aMemberRejoinsFromWhatIsLeft(boolean withSnapshots) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        try (LiveCluster cluster = new LiveCluster(directory, withSnapshots ? SHORT_LOG : List.of())) {
            List<Node> nodes = List.of(cluster.node("n1"), cluster.node("n2"), cluster.node("n3"));
            Node node = nodes.get(0);
            FaultyDisk disk = record(node);
            Path data = disks.get(0).root();
            PowerLoss power = PowerLoss.of(data);
            cluster.start();
            Writing writing = new Writing(cluster, nodes.get(1));
            try {
                for (int i = 0; i < (withSnapshots ? REJOINS_BY_SNAPSHOT : REJOINS); i++) {
                    writing.awaitMore(random.nextInt(100));
                    node.process.kill();
                    DiskTrace.read(disk.trace()).forEach(power::step);
                    delete(data);
                    power.fail(data, LOSSES.get(random.nextInt(LOSSES.size())), random);

                    Files.delete(disk.trace());
                    power = PowerLoss.of(data);
                    if (withSnapshots) {
                        long known = cluster.status(nodes.get(1)).getRaftAppliedIndex();
                        new Store(cluster, nodes.get(1)).putUntilLogsBeginBehind(known, nodes.subList(1, 3));
                    }
                    node.start("new", nodes);
                    cluster.awaitServing(node);
                }
            } finally {
                writing.end();
            }
            assertTrue(!withSnapshots || node.wasSentSnapshot(), node.process.log());
            Store.awaitSame(cluster, nodes);
            Map<String, String> found = new Store(cluster, node).all();
            writing.acknowledged.forEach((key, value) -> assertEquals(value, found.get(key), key));
        } catch (Exception | AssertionError e) {
            throw new AssertionError("again with -Dpower.seed=" + seed, e);
        }
    }

    /** One writer, one write after the other, at a member that stays. */
    private static final class Writing {
        private final Map<String, String> acknowledged = new ConcurrentSkipListMap<>();
        private final Store store;
        private final Thread thread = new Thread(this::run, "writer");
        private volatile boolean stop;

        Writing(LiveCluster cluster, Node at) {
            store = new Store(cluster, at);
            thread.start();
        }

        private void run() {
            for (int i = 0; !stop; i++) {
                try {
                    store.put("w" + i, "value " + i);
                    acknowledged.put("w" + i, "value " + i);
                } catch (EtcdException e) {
                    // Its leader was the one that lost power.
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }

        void awaitMore(int writes) {
            int before = acknowledged.size();
            Eventually.holds(writes + " more writes", () -> acknowledged.size() > before + writes);
        }

        void end() throws InterruptedException {
            stop = true;
            thread.join();
        }
    }

    private FaultyDisk record(Node node) {
        SmallDisk small = new SmallDisk(node.data, DISK_MIB, 0);
        disks.add(small);
        FaultyDisk disk = new FaultyDisk(node.data, directory);
        node.program = small.program();
        node.variables = disk.recording();
        return disk;
    }

    private static void write(LiveCluster cluster, Node at, FaultyDisk disk, List<Acknowledged> acknowledged)
            throws IOException {
        Store store = new Store(cluster, at);
        for (int i = 0; i < WRITES; i++) {
            long revision = store.put("key" + i % 40, ("value " + i + " ").repeat(1 + i % 50));
            acknowledged.add(new Acknowledged(Files.size(disk.trace()), revision));
        }
    }

    private static long revisionBefore(long end, List<Acknowledged> acknowledged) {
        long revision = 0;
        for (Acknowledged write : acknowledged) {
            if (write.recorded() <= end) {
                revision = Math.max(revision, write.revision());
            }
        }
        return revision;
    }

    /** Thousands of directories are made and opened: in memory, if there is such a place. */
    private Path fast() {
        Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory) ? memory : directory;
    }

    /** Deletes what is in the directory, and the directory unless something is mounted there. */
    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(directory) || !directory.startsWith("/proc")) {
                    Files.delete(file);
                }
            }
        }
    }
}
