package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher of an installed copy, and its class-data archives. */
class LauncherIT {
    private static final String READY = "ready to serve client requests";

    @TempDir
    private Path home;

    private Path target;

    @BeforeEach
    void install() throws IOException {
        Path jar = Path.of(System.getProperty("rollcall.jar"));
        target = Files.createDirectories(home.resolve("agent/target"));
        Files.copy(jar.resolveSibling("../../rollcall").normalize(), home.resolve("rollcall"));
        assertTrue(home.resolve("rollcall").toFile().setExecutable(true));
        Files.copy(jar, target.resolve("rollcall.jar"));
        Files.createSymbolicLink(target.resolve("lib"), jar.resolveSibling("lib"));
    }

    @Test
    void agentsStartFromAnArchiveThatTheFirstStartMakes() throws Exception {
        Path loaded = home.resolve("loaded");
        String log = voterUntilReady("-Xlog:class+load:file=" + loaded);

        assertTrue(log.contains("preparing for faster starts"), log);
        assertEquals(1, archives().size());
        assertTrue(
                Files.readAllLines(loaded).stream()
                        .anyMatch(line -> line.contains("dev.rollcall.agent.Agent ") && line.contains("(top)")),
                "the agent's own classes come from the archive");

        String again = voterUntilReady("");
        assertTrue(again.lines().allMatch(line -> line.contains("INFO")), again);
    }

    @Test
    void agentsStartWithoutAnArchiveThatIsOfNoUse() throws Exception {
        assertEquals(0, run(List.of("archive"), ""));
        assertEquals(2, archives().size());
        for (Path archive : archives()) {
            Files.delete(archive);
            Files.writeString(archive, "no archive at all");
        }

        String log = voterUntilReady("");
        assertTrue(log.lines().allMatch(line -> line.contains("INFO")), log);

        assertEquals(0, run(List.of("archive"), ""));
        for (Path archive : archives()) {
            assertTrue(Files.size(archive) > 1 << 20);
        }
    }

    @Test
    void questionsAboutTheAgentMakeNoArchive() throws Exception {
        for (List<String> words : List.of(
                List.<String>of(),
                List.of("--version"),
                List.of("-version"),
                List.of("--help"),
                List.of("-h"),
                List.of("agent", "--help"),
                List.of("--join", "n1:2379", "--help"),
                List.of("version"),
                List.of("help"))) {
            Path said = Files.createTempFile(home, "said", ".log");
            Process process = start(words, "", said);
            assertTrue(process.waitFor(120, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue());
            assertTrue(
                    Files.readString(said).startsWith("Rollcall: ")
                            || Files.readString(said).startsWith("rollcall "),
                    () -> words.toString());
            assertEquals(List.of(), archives(), () -> words.toString());
        }
    }

    private String voterUntilReady(String javaOptions) throws Exception {
        List<Integer> ports = TestCluster.ports(2);
        String client = "http://127.0.0.1:" + ports.get(0);
        String peer = "http://127.0.0.1:" + ports.get(1);
        Path log = Files.createTempFile(home, "voter", ".log");
        Process voter = start(
                List.of(
                        "--name=launched",
                        "--data-dir=" + Files.createTempDirectory(home, "data"),
                        "--listen-client-urls=" + client,
                        "--advertise-client-urls=" + client,
                        "--listen-peer-urls=" + peer,
                        "--initial-advertise-peer-urls=" + peer,
                        "--initial-cluster=launched=" + peer),
                javaOptions,
                log);
        try {
            Eventually.holds("the voter is ready", () -> Files.readString(log).contains(READY));
        } finally {
            voter.destroy();
            assertTrue(voter.waitFor(30, TimeUnit.SECONDS));
        }
        return Files.readString(log);
    }

    private int run(List<String> words, String javaOptions) throws Exception {
        Process process = start(words, javaOptions, Files.createTempFile(home, "run", ".log"));
        assertTrue(process.waitFor(120, TimeUnit.SECONDS));
        return process.exitValue();
    }

    private Process start(List<String> words, String javaOptions, Path log) throws IOException {
        List<String> command = new ArrayList<>(List.of(home.resolve("rollcall").toString()));
        command.addAll(words);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("ROLLCALL_JAVA_OPTS", javaOptions);
        return builder.start();
    }

    private List<Path> archives() throws IOException {
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.toString().endsWith(".jsa")).toList();
        }
    }
}
