package dev.rollcall.agent.process;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A file system in memory, of a size that is easily filled. It is mounted in a namespace that a process of its own keeps
 * alive, which needs no privileges and is seen by nobody else; agents are started inside it.
 */
final class SmallDisk implements AutoCloseable {
    private static final int MIB = 1 << 20;

    private final Path mounted;
    private final Process holder;

    /**
     * @param mounted where it is mounted
     * @param mib its size
     * @param otherMib what somebody else's file takes of it at first
     */
    SmallDisk(Path mounted, int mib, int otherMib) {
        this.mounted = mounted;
        String script = "mount -t tmpfs -o size=" + mib + "m small \"$0\" && head -c " + otherMib
                + "m /dev/zero > \"$0/other\" && echo mounted && exec cat";
        try {
            Files.createDirectories(mounted);
            // It ends with the pipe it reads from, and so with this process.
            holder = new ProcessBuilder(
                            "unshare",
                            "--user",
                            "--map-root-user",
                            "--mount",
                            "sh",
                            "-c",
                            script,
                            mounted.toRealPath().toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            if (!"mounted".equals(holder.inputReader().readLine())) {
                throw new IllegalStateException("no file system can be mounted at " + mounted);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What must go before a process's command line for it to be on this disk. */
    List<String> program() {
        return List.of("nsenter", "--user", "--mount", "--preserve-credentials", "-t", Long.toString(holder.pid()));
    }

    /** Its root, as seen from outside. */
    Path root() {
        return Path.of("/proc/" + holder.pid() + "/root" + mounted);
    }

    /** Somebody else takes what is left, but for so much. */
    void fill(int leftMib) {
        byte[] piece = new byte[4096];
        try (OutputStream other =
                Files.newOutputStream(root().resolve("other"), StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            while (root().toFile().getUsableSpace() > (long) leftMib * MIB) {
                other.write(piece);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Somebody else takes all that is left. */
    void fill() {
        byte[] piece = new byte[4096];
        try (OutputStream other =
                Files.newOutputStream(root().resolve("other"), StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            while (true) {
                other.write(piece);
            }
        } catch (IOException e) {
            if (root().toFile().getUsableSpace() >= MIB) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Somebody else deletes what was theirs. */
    void free() {
        try {
            Files.delete(root().resolve("other"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        holder.destroyForcibly();
    }
}
