package dev.rollcall.agent.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What stands between a member and its data directory: calls that fail or stall when the test says so, and a record of what
 * reaches the disk. A small library in C, which the dynamic linker puts in front of the system's own; see
 * {@code src/test/native/disk.c}.
 */
final class FaultyDisk {
    /** A call to the system. */
    enum Call {
        WRITE,
        FSYNC
    }

    /** What becomes of a call. */
    enum Fate {
        /** The device has failed. */
        EIO,
        /** There is no room. */
        ENOSPC,
        /** It does not return for as long as this is so. */
        STALL
    }

    private static final Path SOURCE = Path.of("src/test/native/disk.c");

    private final Path directory;
    private final Path faults;
    private final Path trace;

    /**
     * @param directory the member's data directory
     * @param work where files of this object's own may be
     */
    FaultyDisk(Path directory, Path work) {
        this.directory = directory;
        this.faults = work.resolve(directory.getFileName() + ".faults");
        this.trace = work.resolve(directory.getFileName() + ".trace");
        heal();
    }

    /** What must be set in the member's environment for calls to fail. */
    Map<String, String> variables() {
        Map<String, String> variables = new TreeMap<>();
        variables.put("LD_PRELOAD", library().toString());
        variables.put("DISK_DIR", real(directory));
        variables.put("DISK_FAULTS", faults.toString());
        return variables;
    }

    /** What must be set for a record of all that reaches the disk. */
    Map<String, String> recording() {
        Map<String, String> variables = variables();
        variables.remove("DISK_FAULTS");
        variables.put("DISK_TRACE", trace.toString());
        return variables;
    }

    /** The record; it grows while the member runs. */
    Path trace() {
        return trace;
    }

    /** From now on this happens to such calls, on files with this in their names, or at their end if {@code $} follows. */
    void set(Call call, String partOfName, Fate fate) {
        String what = fate == Fate.STALL ? "stall" : fate.name();
        put(call.name().toLowerCase(Locale.ROOT) + " " + partOfName + " " + what + "\n");
    }

    /** From now on all calls reach the disk, those that wait included. */
    void heal() {
        put("");
    }

    private void put(String text) {
        try {
            // Replaced at once: the member may look at any time.
            Path next = Files.writeString(Path.of(faults + ".next"), text);
            Files.move(next, faults, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String real(Path path) {
        try {
            Files.createDirectories(path);
            return path.toRealPath().toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Compiles the library, once per state of its source. */
    private static synchronized Path library() {
        try {
            Path library = Path.of(
                            "target",
                            "disk-"
                                    + Integer.toHexString(
                                            Files.readString(SOURCE).hashCode()) + ".so")
                    .toAbsolutePath();
            if (!Files.exists(library)) {
                Files.createDirectories(library.getParent());
                Path made = Path.of(library + "." + ProcessHandle.current().pid());
                compile(made);
                Files.move(made, library, StandardCopyOption.ATOMIC_MOVE);
            }
            return library;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void compile(Path into) {
        try {
            Process cc = new ProcessBuilder(
                            "cc", "-O2", "-Wall", "-fPIC", "-shared", "-o", into.toString(), SOURCE.toString(), "-ldl")
                    .inheritIO()
                    .start();
            if (cc.waitFor() != 0) {
                throw new IllegalStateException(SOURCE + " does not compile");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a C compiler is needed to break disks: install gcc and libc6-dev", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
