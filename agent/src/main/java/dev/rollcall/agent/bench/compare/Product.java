package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.BenchException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What is compared, and how it is started: with no flag but those that say where it is.
 *
 * @param name for the table
 * @param program the executable
 * @param firstArguments before the flags
 */
public record Product(String name, Path program, List<String> firstArguments) {
    private static final int VERSION_TIMEOUT_S = 60;

    /** An etcd binary. */
    public static Product etcd(Path program) {
        return new Product("etcd", executable(program, "--etcd"), List.of());
    }

    /** Rollcall, by its launcher. */
    public static Product rollcall(Path launcher) {
        return new Product("Rollcall", executable(launcher, "--rollcall"), List.of("agent"));
    }

    private static Path executable(Path program, String option) {
        if (!Files.isRegularFile(program) || !Files.isExecutable(program)) {
            throw new BenchException(option + ": " + program + " is no program that can be started");
        }
        return program.toAbsolutePath();
    }

    /** Start line of a member. Every flag here is one that both know, with the same meaning. */
    List<String> command(Place place) {
        List<String> command = new ArrayList<>();
        command.add(program.toString());
        command.addAll(firstArguments);
        command.addAll(List.of(
                "--name=" + place.name(),
                "--data-dir=" + place.directory(),
                "--listen-client-urls=" + place.clientUrl(),
                "--advertise-client-urls=" + place.clientUrl(),
                "--listen-peer-urls=" + place.listenPeerUrl(),
                "--initial-advertise-peer-urls=" + place.advertisedPeerUrl(),
                "--initial-cluster=" + place.initialCluster(),
                "--initial-cluster-state=new"));
        return command;
    }

    /** What it says of its version: the first line. */
    public String version() throws InterruptedException {
        List<String> command = List.of(program.toString(), "--version");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor(VERSION_TIMEOUT_S, TimeUnit.SECONDS) && process.exitValue() == 0) {
                return said.lines().findFirst().orElse("unknown version");
            }
        } catch (IOException e) {
            throw new BenchException(String.valueOf(e.getMessage()), e);
        }
        throw new BenchException("'" + String.join(" ", command) + "' fails: is it " + name + "?");
    }

    /**
     * Where a member is.
     *
     * @param name of the member
     * @param directory its data
     * @param clientUrl where it serves clients
     * @param listenPeerUrl where it listens for its peers
     * @param advertisedPeerUrl where its peers look for it
     * @param initialCluster all members, as the flag has it
     */
    record Place(
            String name,
            Path directory,
            String clientUrl,
            String listenPeerUrl,
            String advertisedPeerUrl,
            String initialCluster) {}
}
