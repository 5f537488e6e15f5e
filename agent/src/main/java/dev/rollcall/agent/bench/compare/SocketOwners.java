package dev.rollcall.agent.bench.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/** Which process has a socket of this machine. Source: proc(5), /proc/[pid]/net/tcp and /proc/[pid]/fd. */
final class SocketOwners {
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final int LOCAL = 1;
    private static final int INODE = 9;
    private static final String NO_INODE = "0";

    private SocketOwners() {}

    /** Position in {@code pids} of the process whose TCP socket has this local port. */
    static OptionalInt find(int port, List<Long> pids) {
        for (int i = 0; i < pids.size(); i++) {
            Path process = Path.of("/proc", Long.toString(pids.get(i)));
            if (hasSocket(process, port)) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }

    private static boolean hasSocket(Path process, int port) {
        String hexPort = String.format(":%04X", port);
        try {
            for (String table : List.of("net/tcp", "net/tcp6")) {
                for (String line : Files.readAllLines(process.resolve(table), StandardCharsets.US_ASCII)) {
                    String[] fields = BLANKS.split(line.strip(), -1);
                    if (fields.length > INODE
                            && fields[LOCAL].endsWith(hexPort)
                            && !fields[INODE].equals(NO_INODE)
                            && hasFile(process, "socket:[" + fields[INODE] + "]")) {
                        return true;
                    }
                }
            }
        } catch (IOException gone) {
            return false;
        }
        return false;
    }

    private static boolean hasFile(Path process, String target) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path file : files) {
                if (target.equals(linked(file))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String linked(Path file) {
        try {
            return Files.readSymbolicLink(file).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }
}
