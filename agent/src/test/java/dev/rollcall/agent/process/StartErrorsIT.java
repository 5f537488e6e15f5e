package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Starts that cannot succeed, as operators see them: an exit code (2 for flags and files of flags, 1 for anything else) and
 * one line that says what to do. What was there before is there afterwards.
 */
class StartErrorsIT {
    private static final int USAGE = 2;
    private static final int FAILURE = 1;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private int starts;

    @Test
    void flagsThatCannotBeFollowed() {
        refused(USAGE, "unknown flag --nmae: did you mean --name?", "--nmae=n1");
        refused(USAGE, "contradict each other", "--role=voter", "--join=127.0.0.1:1");
        refused(USAGE, "add --join host:port", "--role=client");
        refused(USAGE, "add --service-port", "--service=orders");
        refused(USAGE, "'Orders_1' is no DNS label", "--service=Orders_1", "--service-port=80");
        refused(USAGE, "--data-dir: empty", "--data-dir=");
    }

    @Test
    void servicesFilesThatCannotBeRead() throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(file, "services:\n  - name: orders\n    prot: 80\n");
        refused(USAGE, "line 3, column 5: unknown key 'prot'", "--services-file=" + file);
        Files.writeString(file, "services:\n\t- name: orders\n");
        refused(USAGE, "line 2, column 1: not YAML", "--services-file=" + file);
        Files.writeString(file, "services:\n  - name: orders\n");
        refused(USAGE, "line 2, column 5: this service has no 'port'", "--services-file=" + file);
        refused(USAGE, "does not exist", "--services-file=" + directory.resolve("none.yaml"));
    }

    @Test
    void portsThatAreTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String url = "http://127.0.0.1:" + taken.getLocalPort();
            refused(FAILURE, "choose another --listen-client-urls", voter("n1", url, free()));
            refused(FAILURE, "choose another --listen-peer-urls", voter("n2", free(), url));
            refused(
                    FAILURE,
                    "choose another --listen-client-urls",
                    "--join=127.0.0.1:1",
                    "--listen-client-urls=" + url);
        }
    }

    @Test
    void directoriesThatCannotBeUsed() throws IOException {
        Path file = Files.writeString(directory.resolve("n1"), "in the way");
        refused(FAILURE, "is not a directory", voter("n1", free(), free()));
        String[] below = voter("n1", free(), free());
        below[1] = "--data-dir=" + file.resolve("data");
        String line = refused(FAILURE, "cannot create data directory", below);
        assertTrue(line.contains("is a file") && !line.contains("Exception"), line);
        assertEquals("in the way", Files.readString(file));
    }

    /** A store that others reach for, by mistake, is the same store afterwards. */
    @Test
    void aStoreSurvivesThoseWhoReachForIt() throws Exception {
        String client = free();
        String peer = free();
        String[] own = voter("n1", client, peer);
        try (AgentProcess owner = agent(own)) {
            owner.start();
            awaitReady(client);
            try (Client etcd = Client.builder().endpoints(client).build()) {
                etcd.getKVClient().put(bytes("kept"), bytes("yes")).get(10, TimeUnit.SECONDS);
            }
            refused(FAILURE, "is in use by another process", voter("n1", free(), free()));
            assertEquals(0, owner.terminate());
        }
        String moved = free();
        refused(FAILURE, "use another --data-dir", voter("n1", client, moved));
        try (AgentProcess again = agent(own)) {
            again.start();
            awaitReady(client);
            try (Client etcd = Client.builder().endpoints(client).build()) {
                assertEquals(
                        bytes("yes"),
                        etcd.getKVClient()
                                .get(bytes("kept"))
                                .get(10, TimeUnit.SECONDS)
                                .getKvs()
                                .get(0)
                                .getValue());
            }
        }
    }

    /** The line it ends with; warnings may stand before it. */
    private String refused(int exit, String says, String... arguments) {
        try (AgentProcess agent = agent(arguments)) {
            agent.start();
            int code = agent.awaitExit();
            List<String> complaints = agent.log()
                    .lines()
                    .filter(line -> !line.contains(" WARN ") && !line.contains(" INFO "))
                    .toList();
            assertEquals(1, complaints.size(), () -> "one line is enough: " + agent.log());
            String line = complaints.get(0);
            assertTrue(line.contains(says), () -> "'" + says + "' is not in: " + line);
            assertEquals(exit, code, line);
            return line;
        }
    }

    private AgentProcess agent(String... arguments) {
        starts++;
        return new AgentProcess("start" + starts, directory, List.of(arguments));
    }

    private String[] voter(String name, String client, String peer) {
        List<String> flags = new ArrayList<>();
        flags.add("--name=" + name);
        flags.add("--data-dir=" + directory.resolve(name));
        flags.add("--listen-client-urls=" + client);
        flags.add("--advertise-client-urls=" + client);
        flags.add("--listen-peer-urls=" + peer);
        flags.add("--initial-advertise-peer-urls=" + peer);
        flags.add("--initial-cluster=" + name + "=" + peer);
        return flags.toArray(String[]::new);
    }

    private static String free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return "http://127.0.0.1:" + socket.getLocalPort();
        }
    }

    private static void awaitReady(String url) {
        HttpClient http = HttpClient.newHttpClient();
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/readyz"))
                .version(HttpClient.Version.HTTP_1_1)
                .timeout(Duration.ofSeconds(5))
                .build();
        Eventually.holds(
                url + " is ready",
                () -> http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200);
    }

    private static ByteSequence bytes(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }
}
