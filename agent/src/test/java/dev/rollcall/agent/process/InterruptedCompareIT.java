package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.client.Program;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rollcall bench compare} whose servers are killed, or that is ended itself: what was measured is told. */
@Tag("faults")
class InterruptedCompareIT {
    private static final int PATIENCE_S = 120;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @SuppressWarnings("NullAway.Init")
    private Path data;

    @BeforeEach
    void etcdIsThere() throws IOException {
        Program.assume("etcd");
        data = Files.createDirectory(directory.resolve("data"));
    }

    private Process start(int rounds) throws IOException {
        List<String> command = new ArrayList<>(BenchIT.rollcall());
        command.addAll(List.of("bench", "compare", "--etcd", BenchCompareIT.etcd()));
        command.addAll(List.of("--rollcall", BenchCompareIT.launcher(directory)));
        command.addAll(List.of("--nodes", "1", "--only", "put-16,txn", "--rounds", Integer.toString(rounds)));
        command.addAll(List.of("--warm-up", "1000", "--key-space", "1000", "--scale", "0.05"));
        command.addAll(List.of("--dir", data.toString(), "-w", "markdown"));
        return new ProcessBuilder(command)
                .redirectOutput(directory.resolve("report").toFile())
                .start();
    }

    /** Reads on, up to a round of a load. */
    private static void awaitRound(BufferedReader told, String round) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line = told.readLine(); line != null; line = told.readLine()) {
            if (line.startsWith(round)) {
                return;
            }
            lines.add(line);
        }
        throw new AssertionError("no " + round + " in " + lines);
    }

    private List<String> report() throws IOException {
        return Files.readAllLines(directory.resolve("report")).stream()
                .filter(line -> line.startsWith("| 1 | "))
                .toList();
    }

    @Test
    void aMemberThatDiesCostsItsRowAndIsStartedAgainForTheOthers() throws IOException, InterruptedException {
        Process compare = start(5);
        try (BufferedReader told = compare.errorReader(StandardCharsets.UTF_8)) {
            awaitRound(told, "round 2, 1 node(s), put-16, ");
            assertTrue(etcdOf(compare).destroyForcibly());
            List<String> rest = told.lines().toList();
            assertTrue(compare.waitFor(PATIENCE_S, TimeUnit.SECONDS));
            assertEquals(1, compare.exitValue(), rest::toString);
            String last = rest.get(rest.size() - 1);
            assertTrue(last.startsWith("rollcall: failed, or with errors: "), last);
        } finally {
            end(compare);
        }
        List<String> rows = report();
        assertEquals(2, rows.size(), rows::toString);
        List<String> failed =
                rows.stream().filter(row -> row.contains("| failed after ")).toList();
        assertEquals(1, failed.size(), rows::toString);
        assertTrue(failed.get(0).contains(" of 5: etcd: member n0 ended with exit code 137"), failed.get(0));
    }

    @Test
    void aSignalLeavesNothingButTheReport() throws IOException, InterruptedException {
        Process compare = start(100_000);
        List<ProcessHandle> servers;
        try (BufferedReader told = compare.errorReader(StandardCharsets.UTF_8)) {
            awaitRound(told, "round 2, 1 node(s), txn, ");
            servers = compare.descendants().toList();
            Program.run(0, List.of("kill", "-INT", Long.toString(compare.pid())));
            List<String> rest = told.lines().toList();
            assertTrue(compare.waitFor(PATIENCE_S, TimeUnit.SECONDS));
            assertEquals(130, compare.exitValue(), rest::toString);
        } finally {
            end(compare);
        }
        List<String> rows = report();
        assertEquals(2, rows.size(), rows::toString);
        for (String row : rows) {
            assertTrue(row.contains(" of 100000: interrupted"), row);
            assertTrue(row.contains(" : ") && !row.contains("- · -"), row);
        }
        assertEquals(2, servers.size());
        servers.forEach(server -> assertTrue(!server.isAlive(), server.info().toString()));
        try (Stream<Path> left = Files.list(data)) {
            assertEquals(List.of(), left.toList());
        }
    }

    private static ProcessHandle etcdOf(Process compare) {
        return compare.descendants()
                .filter(process -> process.info().command().orElse("").endsWith("etcd"))
                .findFirst()
                .orElseThrow();
    }

    private static void end(Process compare) {
        compare.descendants().forEach(ProcessHandle::destroyForcibly);
        var unused = compare.destroyForcibly();
    }
}
