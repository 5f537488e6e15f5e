package dev.rollcall.agent.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One agent as an operating system process, which can be started, stopped and killed again and again. */
final class AgentProcess implements AutoCloseable {
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private final String name;
    private final Path log;
    private final List<String> arguments;
    private final List<String> jvm = new ArrayList<>(List.of("-Xmx160m"));
    private int clientPort;
    private List<String> wrapper = List.of();
    private Map<String, String> environment = Map.of();
    private @Nullable Process process;

    /**
     * @param directory where its log goes
     * @param arguments of {@code rollcall agent}
     */
    AgentProcess(String name, Path directory, List<String> arguments) {
        this.name = name;
        this.log = directory.resolve(name + ".log");
        this.arguments = List.copyOf(arguments);
    }

    /** A voter that is a cluster of its own, on ports that were free. */
    static AgentProcess singleVoter(String name, Path directory) {
        List<Integer> ports = TestCluster.ports(2);
        String client = "http://127.0.0.1:" + ports.get(0);
        String peer = "http://127.0.0.1:" + ports.get(1);
        AgentProcess agent = new AgentProcess(
                name,
                directory,
                List.of(
                        "--name=" + name,
                        "--data-dir=" + directory.resolve(name),
                        "--listen-client-urls=" + client,
                        "--advertise-client-urls=" + client,
                        "--listen-peer-urls=" + peer,
                        "--initial-advertise-peer-urls=" + peer,
                        "--initial-cluster=" + name + "=" + peer));
        agent.clientPort = ports.get(0);
        return agent;
    }

    /** Where {@link #singleVoter} serves its clients. */
    int clientPort() {
        return clientPort;
    }

    /** More options for its JVM; they win over those it has. */
    AgentProcess withJvm(String... options) {
        jvm.addAll(List.of(options));
        return this;
    }

    /**
     * Has it started by another program, in another environment.
     *
     * @param program what goes before the agent's own command line; must replace itself by what follows it
     * @param variables set besides those of this process
     */
    AgentProcess under(List<String> program, Map<String, String> variables) {
        wrapper = List.copyOf(program);
        environment = Map.copyOf(variables);
        return this;
    }

    void start() {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(List.of(JAVA, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(jvm);
        command.addAll(List.of("-jar", System.getProperty("rollcall.jar"), "agent"));
        command.addAll(arguments);
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().putAll(environment);
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL: nothing is flushed, nobody is told. */
    void kill() {
        if (process != null) {
            process.destroyForcibly();
            awaitExit();
        }
    }

    /** Sends it a signal by name: STOP holds it in its tracks, CONT lets it go on. */
    void signal(String signal) {
        if (process == null) {
            throw new IllegalStateException(name + " does not run");
        }
        try {
            Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .inheritIO()
                    .start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException(name + " did not take SIG" + signal);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** SIGTERM, and the exit code it ends with. */
    int terminate() {
        if (process == null) {
            throw new IllegalStateException(name + " does not run");
        }
        process.destroy();
        return awaitExit();
    }

    /** Waits for its end. */
    int awaitExit() {
        try {
            if (process == null || !process.waitFor(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException(name + " does not end; its log: " + log());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    long pid() {
        if (process == null) {
            throw new IllegalStateException(name + " does not run");
        }
        return process.pid();
    }

    boolean alive() {
        return process != null && process.isAlive();
    }

    /** All that it has logged. */
    String log() {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        if (alive()) {
            kill();
        }
    }
}
