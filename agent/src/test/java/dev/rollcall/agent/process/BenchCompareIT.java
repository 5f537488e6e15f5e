package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.client.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rollcall bench compare} with everything very small: every row comes out, with a figure on both sides. */
@Tag("faults")
class BenchCompareIT {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    @Test
    void everyRowComesOut() throws IOException, InterruptedException {
        Program.assume("etcd");
        Path data = Files.createDirectory(directory.resolve("data"));
        List<String> command = new ArrayList<>(BenchIT.rollcall());
        command.addAll(List.of("bench", "compare", "--etcd", etcd(), "--rollcall", launcher(directory)));
        command.addAll(List.of(
                "--rounds", "1", "--warm-up", "1000", "--key-space", "1000", "--scale", "0.01", "--trials", "1"));
        command.addAll(List.of("--keys", "2000", "--leases", "50", "--dir", data.toString(), "-w", "markdown"));
        String said = Program.run(0, command);
        List<String> rows =
                said.lines().filter(line -> line.matches("\\| \\d .*")).toList();
        for (String row : rows) {
            assertTrue(row.contains("client role") || (!row.contains("NaN") && !row.contains(" - · ")), row);
        }
        for (String what : List.of(
                "put, 1 client",
                "put, 16 clients",
                "put, 100 clients",
                "put, 1,000 clients",
                "range, serializable",
                "range, linearizable",
                "txn of 2 puts",
                "75 % linearizable range",
                "lease keepalive",
                "watch: 1 writer",
                "50 leases that expire together")) {
            assertTrue(has(rows, 1, what) && has(rows, 3, what), what + " is missing:\n" + said);
        }
        for (String what : List.of(
                "kill -9 of the leader", "leader's machine silent", "in a watch at another", "another's lookup")) {
            assertTrue(has(rows, 3, what), what + " is missing:\n" + said);
        }
        for (String what : List.of(
                "start of a voter",
                "idle, voter",
                "idle, client role",
                "restart with 2,000 keys",
                "after putting 2,000 keys",
                "after a restart with 2,000 keys")) {
            assertTrue(has(rows, 1, what), what + " is missing:\n" + said);
        }
        try (Stream<Path> left = Files.list(data)) {
            assertEquals(List.of(), left.toList());
        }
    }

    private static boolean has(List<String> rows, int nodes, String what) {
        return rows.stream().anyMatch(row -> row.startsWith("| " + nodes + " | ") && row.contains(what));
    }

    /** Where etcd is installed. */
    static String etcd() {
        return Arrays.stream(System.getenv("PATH").split(":", -1))
                .map(directory -> Path.of(directory, "etcd"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow()
                .toString();
    }

    /** The real one would see to it that the checkout is built, which it is being. */
    static String launcher(Path directory) throws IOException {
        Path launcher = directory.resolve("rollcall");
        Files.writeString(launcher, "#!/bin/sh\nexec '" + String.join("' '", BenchIT.rollcall()) + "' \"$@\"\n");
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
        return launcher.toString();
    }
}
