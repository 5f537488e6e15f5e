package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.process.FaultyDisk.Call;
import dev.rollcall.agent.process.FaultyDisk.Fate;
import dev.rollcall.agent.process.LiveCluster.Node;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A disk that fails: the member stops, says so, and comes back with all that it had acknowledged. */
@Tag("faults")
class DiskErrorIT {
    @TempDir
    Path directory;

    @ParameterizedTest(name = "{0} of {1}")
    @CsvSource({"FSYNC, log.db-wal", "WRITE, log.db-wal", "WRITE, state-1.db-wal"})
    void aFailedCallStopsTheMember(Call call, String file) {
        try (LiveCluster cluster = new LiveCluster(directory)) {
            Node node = cluster.node("n1");
            FaultyDisk disk = new FaultyDisk(node.data, directory);
            node.variables = disk.variables();
            cluster.start("n1");
            Store store = new Store(cluster, node);
            Map<String, String> acknowledged = new TreeMap<>();
            put(store, acknowledged, 50);

            disk.set(call, file, Fate.EIO);
            try {
                put(store, acknowledged, 1_000_000);
            } catch (RuntimeException e) {
                // Neither acknowledged nor refused: the member has ended, or is about to.
            }
            assertNotEquals(0, node.process.awaitExit());
            List<String> said = node.process
                    .log()
                    .lines()
                    .filter(line -> line.contains("ERROR"))
                    .toList();
            assertEquals(1, said.size(), node.process.log());
            assertTrue(said.get(0).contains("stopping this process: I/O error while"), said.get(0));
            assertTrue(said.get(0).contains(file.replace("-wal", "")), said.get(0));

            disk.heal();
            node.start("new", List.of(node));
            cluster.awaitServing(node);
            Map<String, String> found = store.all();
            acknowledged.forEach((key, value) -> assertEquals(value, found.get(key), key));
            store.put("after", "1");
        }
    }

    private static void put(Store store, Map<String, String> acknowledged, int count) {
        for (int i = 0; i < count; i++) {
            String key = "key" + acknowledged.size();
            store.put(key, "value of " + key);
            acknowledged.put(key, "value of " + key);
        }
    }
}
