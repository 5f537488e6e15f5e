package dev.rollcall.agent.process;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A file system of its own for one process, in memory and of a size that is easily filled. It is mounted in a namespace of
 * that process, which needs no privileges, is seen by nobody else, and is gone with the process.
 */
final class SmallDisk {
    private static final int MIB = 1 << 20;

    private final Path mounted;
    private final int mib;
    private final int otherMib;

    /**
     * @param mounted an empty directory
     * @param mib its size
     * @param otherMib what somebody else's files take of it at first
     */
    SmallDisk(Path mounted, int mib, int otherMib) {
        this.mounted = mounted;
        this.mib = mib;
        this.otherMib = otherMib;
    }

    /** What must go before the process's command line. */
    List<String> program() {
        String script = "mount -t tmpfs -o size=" + mib + "m small \"$0\" && head -c " + otherMib
                + "m /dev/zero > \"$0/other\" && exec \"$@\"";
        return List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, mounted.toString());
    }

    /** The same directory, as that process sees it. */
    private Path of(AgentProcess process) {
        return Path.of("/proc/" + process.pid() + "/root" + mounted);
    }

    /** Bytes that are free on it. */
    long usableBytes(AgentProcess process) {
        return of(process).toFile().getUsableSpace();
    }

    /** Somebody else takes all that is left, and does so again whenever there is some. */
    void fill(AgentProcess process) {
        byte[] piece = new byte[4096];
        try (OutputStream other = Files.newOutputStream(
                of(process).resolve("other"), StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            while (true) {
                other.write(piece);
            }
        } catch (IOException e) {
            if (usableBytes(process) >= MIB) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Somebody else deletes what was theirs. */
    void free(AgentProcess process) {
        try {
            Files.delete(of(process).resolve("other"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
