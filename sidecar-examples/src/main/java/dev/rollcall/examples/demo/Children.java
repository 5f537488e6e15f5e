package dev.rollcall.examples.demo;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Every process the demo has started, so that none outlives it, and the directory their data and logs are in. */
final class Children {

    private static final long STOP_TIMEOUT_MS = 10_000;

    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final List<String> SMALL_JVM =
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m", "-Xshare:auto");
    private static final List<String> AGENT_JVM = List.of("-XX:+UseSerialGC", "-Xmx128m", "-XX:-UsePerfData");

    private final Path directory;
    private final Path rollcallJar;
    private final List<ChildProcess> started = new CopyOnWriteArrayList<>();

    /**
     * @param rollcallJar the agent's runnable jar
     * @throws IOException if no directory for logs and data can be made
     */
    Children(Path rollcallJar) throws IOException {
        this.rollcallJar = rollcallJar;
        this.directory = Files.createTempDirectory("rollcall-demo-");
    }

    /** Where logs and data directories are. */
    Path directory() {
        return directory;
    }

    /** Starts an agent with these arguments; the user's JVM flags win over ours. */
    ChildProcess agent(String name, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(JAVA);
        command.addAll(AGENT_JVM);
        Arrays.stream(System.getProperty("rollcall.jvm", "").split(" "))
                .filter(flag -> !flag.isEmpty())
                .forEach(command::add);
        command.add("-jar");
        command.add(rollcallJar.toString());
        command.add("agent");
        command.addAll(arguments);
        return start(name, command);
    }

    /** Starts a main class of this module in a process of its own. */
    ChildProcess example(String name, Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(JAVA);
        command.addAll(SMALL_JVM);
        command.add("-cp");
        command.add(absoluteClassPath());
        command.add(main.getName());
        command.addAll(arguments);
        return start(name, command);
    }

    /** Ends every process: politely first, by force after 10 s. */
    void stopAll() throws InterruptedException {
        started.forEach(ChildProcess::terminate);
        long deadline = System.nanoTime() + STOP_TIMEOUT_MS * 1_000_000;
        for (ChildProcess child : started) {
            long leftMs = Math.max(0, (deadline - System.nanoTime()) / 1_000_000);
            if (!child.awaitExit(leftMs)) {
                child.kill();
                child.awaitExit(STOP_TIMEOUT_MS);
            }
        }
    }

    /** Removes logs and data. */
    void deleteFiles() throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private ChildProcess start(String name, List<String> command) {
        ChildProcess child = ChildProcess.start(name, command, directory.resolve(name + ".log"));
        started.add(child);
        return child;
    }

    private static String absoluteClassPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .reduce((a, b) -> a + File.pathSeparator + b)
                .orElse("");
    }
}
