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

    private static final long KILL_TIMEOUT_MS = 5_000;

    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final List<String> SMALL_JVM =
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m", "-Xshare:auto");
    private static final List<String> AGENT_JVM = List.of("-Xmx128m", "-XX:-UsePerfData");

    private final Path directory;
    private final Path rollcallJar;
    private final List<ChildProcess> started = new CopyOnWriteArrayList<>();
    private boolean over;

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
        command.add(temporaryFiles());
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
        command.add(temporaryFiles());
        command.add("-cp");
        command.add(absoluteClassPath());
        command.add(main.getName());
        command.addAll(arguments);
        return start(name, command);
    }

    /** Ends every process at once: how they end gracefully has been shown. */
    void killAll() throws InterruptedException {
        synchronized (this) {
            over = true;
            started.forEach(ChildProcess::kill);
        }
        for (ChildProcess child : started) {
            child.awaitExit(KILL_TIMEOUT_MS);
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

    private synchronized ChildProcess start(String name, List<String> command) {
        if (over) {
            throw new Steps.StoryFailed("no process is started while the demo ends");
        }
        ChildProcess child = ChildProcess.start(name, command, directory.resolve(name + ".log"));
        started.add(child);
        return child;
    }

    /** A process that is killed does not remove what it has put there. */
    private String temporaryFiles() {
        return "-Djava.io.tmpdir=" + directory;
    }

    private static String absoluteClassPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .reduce((a, b) -> a + File.pathSeparator + b)
                .orElse("");
    }
}
