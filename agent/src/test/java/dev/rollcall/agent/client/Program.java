package dev.rollcall.agent.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A program of another make, run as a process of its own. */
public final class Program implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Process process;
    private final BufferedReader output;

    private Program(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Skips the test if the program is not on the PATH. */
    public static void assume(String name) {
        String path = System.getenv().getOrDefault("PATH", "");
        boolean present = List.of(path.split(File.pathSeparator)).stream()
                .anyMatch(directory -> Path.of(directory, name).toFile().canExecute());
        assumeTrue(present, name + " is not installed");
    }

    /** Starts it; standard output and error come together. */
    public static Program start(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment
                .keySet()
                .removeAll(Set.copyOf(environment.keySet().stream()
                        .filter(name -> name.startsWith("ETCD"))
                        .toList()));
        environment.put("ETCDCTL_API", "3");
        return new Program(builder.start());
    }

    /** Runs it to its end, which has to be with this exit code, and returns what it printed. */
    public static String run(int exit, List<String> command) throws IOException, InterruptedException {
        try (Program program = start(command)) {
            StringBuilder printed = new StringBuilder();
            program.output.lines().forEach(line -> printed.append(line).append('\n'));
            if (!program.process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError(command + " does not end; it printed " + printed);
            }
            assertEquals(exit, program.process.exitValue(), printed::toString);
            return printed.toString();
        }
    }

    /** The next lines that it prints. */
    public List<String> lines(int count) throws IOException {
        List<String> lines = new ArrayList<>();
        while (lines.size() < count) {
            String line = output.readLine();
            if (line == null) {
                throw new AssertionError("ended after " + lines);
            }
            lines.add(line);
        }
        return lines;
    }

    /** Reads on until a line contains a text. */
    public void await(String text) throws IOException {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.contains(text)) {
                return;
            }
        }
        throw new AssertionError("ended without saying: " + text);
    }

    /** Sends it a signal by name. */
    public void signal(String name) throws IOException, InterruptedException {
        run(0, List.of("kill", "-" + name, String.valueOf(process.pid())));
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
