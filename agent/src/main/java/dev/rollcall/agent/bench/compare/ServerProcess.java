package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.BenchException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One member as a process of the operating system, which can be killed and started again. Ends with this one. */
final class ServerProcess implements AutoCloseable {
    private static final int END_TIMEOUT_S = 60;
    private static final int TAIL_CHARS = 2_000;

    private final List<String> command;
    private final Path log;
    private @Nullable Process process;

    ServerProcess(List<String> command, Path log) {
        this.command = command;
        this.log = log;
        Runtime.getRuntime().addShutdownHook(new Thread(this::kill, "kill-" + log.getFileName()));
    }

    void start() {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        withoutSettings(builder.environment());
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new BenchException("cannot start " + command.get(0) + ": " + e.getMessage(), e);
        }
    }

    /** What the environment says of agents and members is meant for others. */
    private static void withoutSettings(Map<String, String> environment) {
        environment
                .keySet()
                .removeIf(key ->
                        key.startsWith("ETCD_") || (key.startsWith("ROLLCALL_") && !key.equals("ROLLCALL_JAVA_OPTS")));
    }

    boolean isStarted() {
        return process != null;
    }

    boolean isAlive() {
        Process running = process;
        return running != null && running.isAlive();
    }

    long pid() {
        return running().pid();
    }

    /** How it ended, if it did. */
    @Nullable
    String end() {
        Process running = process;
        return running == null || running.isAlive() ? null : "ended with exit code " + running.exitValue();
    }

    /** Fails if it has ended by itself. */
    void requireAlive() {
        if (!running().isAlive()) {
            throw new BenchException(command.get(0) + " " + end() + ":\n" + tail());
        }
    }

    /** SIGKILL; does not wait for the end. */
    void kill() {
        Process running = process;
        if (running != null) {
            var unused = running.destroyForcibly();
        }
    }

    /** SIGTERM, and waits for the end. */
    void terminate() throws InterruptedException {
        running().destroy();
        awaitEnd();
    }

    void awaitEnd() throws InterruptedException {
        if (!running().waitFor(END_TIMEOUT_S, TimeUnit.SECONDS)) {
            throw new BenchException(command.get(0) + " does not end; its log: " + log);
        }
    }

    private Process running() {
        Process running = process;
        if (running == null) {
            throw new IllegalStateException("not started");
        }
        return running;
    }

    /** The end of what it logged. */
    String tail() {
        try {
            String all = Files.readString(log, StandardCharsets.ISO_8859_1);
            return all.substring(Math.max(0, all.length() - TAIL_CHARS));
        } catch (IOException e) {
            return "its log " + log + " cannot be read";
        }
    }

    @Override
    public void close() {
        kill();
        Process running = process;
        if (running != null) {
            running.onExit().orTimeout(END_TIMEOUT_S, TimeUnit.SECONDS).join();
        }
    }
}
