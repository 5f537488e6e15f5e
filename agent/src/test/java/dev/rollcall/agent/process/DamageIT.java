package dev.rollcall.agent.process;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.process.LiveCluster.Node;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.sqlite.DamagedException;
import dev.rollcall.storage.sqlite.DataDirectoryException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files that do not hold what was once written to them. */
@Tag("faults")
class DamageIT {
    private static final int ROUNDS = 1_200;
    private static final String VALUE = "value of key";

    @TempDir
    Path directory;

    /** What befalls a member's files while it is down. */
    enum Damage {
        LOG_WAL_FLIPPED("log.db-wal"),
        LOG_CUT_OFF("log.db-wal"),
        STATE_FLIPPED("state-1.db"),
        STATE_MISSING("state-1.db"),
        STATE_OF_ANOTHER("state-1.db");

        private final String file;

        Damage(String file) {
            this.file = file;
        }

        /** How the member ends before: what is in a WAL is copied to the file when it ends by itself. */
        void end(AgentProcess process) {
            if (file.endsWith("-wal")) {
                process.kill();
            } else {
                process.terminate();
            }
        }

        void to(Path data, Path other) throws IOException {
            Path path = data.resolve(file);
            byte[] bytes = Files.readAllBytes(path);
            switch (this) {
                case LOG_WAL_FLIPPED -> {
                    bytes[bytes.length / 2] ^= 1;
                    Files.write(path, bytes);
                }
                case LOG_CUT_OFF -> Files.write(path, Arrays.copyOf(bytes, bytes.length / 2));
                case STATE_FLIPPED -> {
                    String text = new String(bytes, ISO_8859_1);
                    // Pages that are not in use have old copies.
                    for (int at = text.indexOf(VALUE); at >= 0; at = text.indexOf(VALUE, at + 1)) {
                        bytes[at] ^= 1;
                    }
                    Files.write(path, bytes);
                }
                case STATE_MISSING -> Files.delete(path);
                case STATE_OF_ANOTHER -> Files.copy(other.resolve(file), path, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDamagedMemberStopsAndComesBackAsANewOne(Damage damage) throws Exception {
        Path stranger = directory.resolve("stranger");
        if (damage == Damage.STATE_OF_ANOTHER) {
            try (LiveCluster another = new LiveCluster(Files.createDirectory(stranger))) {
                another.start("n1");
                put(new Store(another, another.node("n1")), 1_000);
                another.node("n1").process.terminate();
            }
        }
        try (LiveCluster cluster = new LiveCluster(directory).start()) {
            List<Node> nodes = List.of(cluster.node("n1"), cluster.node("n2"), cluster.node("n3"));
            Node damaged = nodes.get(2);
            Node other = nodes.get(0);
            Map<String, String> acknowledged = put(new Store(cluster, other), 200);
            Store.awaitSame(cluster, nodes);
            damage.end(damaged.process);
            damage.to(damaged.data, stranger.resolve("n1"));

            damaged.process.start();
            assertNotEquals(0, damaged.process.awaitExit());
            String log = damaged.process.log();
            assertTrue(log.contains("is damaged: "), log);
            assertTrue(log.contains(damage.file.replace("-wal", "")), log);
            assertTrue(log.contains("remove the member from the cluster"), log);

            // What the message says, and docs/recovery.md.
            cluster.remove(cluster.id(damaged, other), other);
            damaged.wipe();
            cluster.add(damaged, false, other);
            damaged.start("existing", nodes);
            cluster.awaitServing(damaged);
            Store.awaitSame(cluster, nodes);
            assertEquals(new TreeMap<>(acknowledged), new Store(cluster, damaged).all());
        }
    }

    @Test
    void aValueThatIsDamagedOnDiskIsNeverServed() throws Exception {
        try (LiveCluster cluster = new LiveCluster(directory).start("n1")) {
            Node node = cluster.node("n1");
            Store store = new Store(cluster, node);
            Map<String, String> acknowledged = put(store, 200);
            node.process.terminate();
            node.process.start();
            cluster.awaitServing(node);
            Path file = node.data.resolve("state-1.db");
            byte[] bytes = Files.readAllBytes(file);
            int at = new String(bytes, ISO_8859_1).indexOf(VALUE + 77);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(new byte[] {'V'}), at);
            }
            assertEquals(acknowledged.get("key76"), store.get("key76"));
            assertThrows(EtcdException.class, () -> store.get("key77"));
            assertNotEquals(0, node.process.awaitExit());
            assertTrue(node.process.log().contains(file + " is damaged"), node.process.log());
        }
    }

    /** Any bit of any file: noticed at start, or of no consequence. */
    @Test
    void noFlippedBitIsEverServed() throws Exception {
        long seed = Long.getLong("damage.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, byte[]> files = new TreeMap<>();
        long revision;
        try (SmallDisk small = new SmallDisk(directory.resolve("n1"), 20, 0);
                LiveCluster cluster = new LiveCluster(directory)) {
            Node node = cluster.node("n1");
            node.program = small.program();
            cluster.start("n1");
            Store store = new Store(cluster, node);
            put(store, 400);
            for (int i = 0; i < 100; i++) {
                store.delete("key" + i);
            }
            revision = store.put("last", "1");
            // The state file is behind for a moment; nothing else would be there to damage.
            Eventually.holds("the state file has it", () -> contains(small.root(), "state-1.db-wal", "last"));
            node.process.kill();
            try (Stream<Path> all = Files.list(small.root())) {
                for (Path file : all.filter(path -> path.toString().matches(".*\\.db(-wal)?|.*/log\\.end"))
                        .toList()) {
                    files.put(String.valueOf(file.getFileName()), Files.readAllBytes(file));
                }
            }
        }
        assertEquals(5, files.size(), () -> "files " + files.keySet());
        RecoveredStore recovered = new RecoveredStore();
        open(recovered, files, revision);
        int noticed = 0;
        for (int i = 0; i < ROUNDS; i++) {
            String name = List.copyOf(files.keySet()).get(i % files.size());
            byte[] whole = files.get(name);
            byte[] bytes = whole == null ? new byte[0] : whole.clone();
            int at = random.nextInt(bytes.length);
            bytes[at] ^= (byte) (1 << random.nextInt(8));
            Map<String, byte[]> damaged = new TreeMap<>(files);
            damaged.put(name, bytes);
            try {
                open(recovered, damaged, revision);
            } catch (DamagedException | DataDirectoryException e) {
                assertTrue(String.valueOf(e.getMessage()).contains(".db"), e.getMessage());
                noticed++;
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("byte " + at + " of " + name + "; again with -Ddamage.seed=" + seed, e);
            }
        }
        assertTrue(noticed > ROUNDS / 8, "only " + noticed + " noticed");
    }

    private static boolean contains(Path directory, String file, String text) throws IOException {
        return new String(Files.readAllBytes(directory.resolve(file)), ISO_8859_1).contains(text);
    }

    private static void open(RecoveredStore recovered, Map<String, byte[]> files, long revision) throws IOException {
        Path memory = Path.of("/dev/shm");
        Path left = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "damage")
                : Files.createTempDirectory("damage");
        try {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                Files.write(left.resolve(file.getKey()), file.getValue());
            }
            recovered.check(left, revision);
        } finally {
            try (Stream<Path> all = Files.walk(left)) {
                all.sorted(Comparator.reverseOrder()).forEach(DamageIT::delete);
            }
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> put(Store store, int count) {
        Map<String, String> acknowledged = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            String value = VALUE + i + " ".repeat(i % 200);
            store.put("key" + i, value);
            acknowledged.put("key" + i, value);
        }
        return acknowledged;
    }
}
