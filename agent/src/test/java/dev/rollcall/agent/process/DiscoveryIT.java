package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.LeaseOption;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Agents beside a service, the cluster behind them, and the hands that interfere: all as processes of their own. */
class DiscoveryIT {
    private static final String KEYS = "rollcall/instances/";
    private static final int TTL_S = 3;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static TestCluster cluster;

    @SuppressWarnings("NullAway.Init")
    private static Client etcd;

    @SuppressWarnings("NullAway.Init")
    private static HttpServer service;

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** A client agent beside the service. */
    private record Sidecar(String service, AgentProcess process, String url) implements AutoCloseable {
        static Sidecar start(String agent, String service) throws IOException {
            String url = "http://127.0.0.1:" + freePort();
            String join = String.join(",", List.of(cluster.url(0), cluster.url(1), cluster.url(2)))
                    .replace("http://", "");
            int port = DiscoveryIT.service.getAddress().getPort();
            AgentProcess process = new AgentProcess(
                    agent,
                    directory,
                    List.of(
                            "--name=" + agent,
                            "--join=" + join,
                            "--listen-client-urls=" + url,
                            "--service=" + service,
                            "--service-id=" + service + "-1",
                            "--service-port=" + port,
                            "--check=http://127.0.0.1:" + port + "/",
                            "--check-interval=200ms",
                            "--ttl=" + TTL_S + "s",
                            "--drain-delay=100ms"));
            process.start();
            return new Sidecar(service, process, url);
        }

        /** What it says of its service. */
        JsonObject view() throws IOException, InterruptedException {
            return json(url + "/v1/agent").getJsonArray("services").getJsonObject(0);
        }

        void awaitState(String state) {
            Eventually.holds(
                    process + " is " + state, () -> view().getString("state").equals(state));
        }

        void awaitRegistered() {
            awaitState("registered");
            awaitEndpoints(service, 1);
        }

        @Override
        public void close() {
            process.close();
        }
    }

    @BeforeAll
    static void start() throws IOException {
        service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        service.start();
        cluster = new TestCluster(directory);
        cluster.start();
        etcd = cluster.client(0);
    }

    @AfterAll
    static void stop() {
        etcd.close();
        cluster.close();
        service.stop(0);
    }

    @Test
    void aSecondAgentWithTheSameIdWaitsUntilTheFirstGoes() throws Exception {
        try (Sidecar first = Sidecar.start("first", "twins")) {
            first.awaitRegistered();
            try (Sidecar second = Sidecar.start("second", "twins")) {
                second.awaitState("conflict");
                assertEquals("first", holder("twins"));
                assertEquals(0, first.process().terminate());
                second.awaitRegistered();
                assertEquals("second", holder("twins"));
                assertEquals(
                        1,
                        second.process()
                                .log()
                                .lines()
                                .filter(line -> line.contains(" ERROR "))
                                .count(),
                        second.process().log());
            }
        }
    }

    @Test
    void leasesRevokedAndKeysDeletedByHandComeBack() throws Exception {
        try (Sidecar sidecar = Sidecar.start("mended", "mended")) {
            sidecar.awaitRegistered();
            String lease = sidecar.view().getString("leaseId");
            etcd.getLeaseClient().revoke(Long.parseUnsignedLong(lease, 16)).get(10, TimeUnit.SECONDS);
            Eventually.holds("a new lease", () -> {
                String now = sidecar.view().getString("leaseId");
                return now != null && !now.equals(lease) && record("mended") != null;
            });
            sidecar.awaitRegistered();
            DeleteOption prefix = DeleteOption.builder().isPrefix(true).build();
            etcd.getKVClient()
                    .delete(bytes("rollcall/endpoints/mended/"), prefix)
                    .get(10, TimeUnit.SECONDS);
            etcd.getKVClient().delete(bytes(KEYS + "mended/"), prefix).get(10, TimeUnit.SECONDS);
            Eventually.holds("written again", () -> record("mended") != null);
            sidecar.awaitRegistered();
        }
    }

    @Test
    void aKilledAgentsInstanceStaysForItsTtlAndComesBackWithTheAgent() throws Exception {
        try (Sidecar sidecar = Sidecar.start("killed", "killed")) {
            sidecar.awaitRegistered();
            long lease = Long.parseUnsignedLong(sidecar.view().getString("leaseId"), 16);
            sidecar.process().kill();
            long killedNanos = System.nanoTime();
            long leftS = etcd.getLeaseClient()
                    .timeToLive(lease, LeaseOption.DEFAULT)
                    .get(10, TimeUnit.SECONDS)
                    .getTTL();
            Eventually.holds("gone", () -> record("killed") == null);
            long stayedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killedNanos);
            // Whole seconds, rounded either way: what counts is that it is not taken out at once.
            assertTrue(stayedMs >= (leftS - 1) * 1_000, () -> "gone after " + stayedMs + " ms of " + leftS + " s");
            awaitEndpoints("killed", 0);
            sidecar.process().start();
            sidecar.awaitRegistered();
        }
    }

    @Test
    void aStoppedAgentsInstanceIsGoneWhenTheAgentHasEnded() throws Exception {
        try (Sidecar sidecar = Sidecar.start("stopped", "stopped")) {
            sidecar.awaitRegistered();
            assertEquals(0, sidecar.process().terminate());
            assertEquals(null, record("stopped"));
            awaitEndpoints("stopped", 0);
        }
    }

    /** An earlier run of this agent wrote the record, by a clock that was ahead of the one there is now. */
    @Test
    void aClockThatWasSetBackDoesNotLockAnAgentOut() throws Exception {
        JsonObject earlier = new JsonObject("""
                {"service":"clock","id":"clock-1","address":"127.0.0.1","port":1,"status":"passing","zone":"","tags":[],
                 "meta":{},"weight":100,"ttl":3,"agent":{"id":"clocked","epoch":9000000000000}}""");
        etcd.getKVClient()
                .put(bytes(KEYS + "clock/clock-1"), bytes(earlier.encode()))
                .get(10, TimeUnit.SECONDS);
        try (Sidecar sidecar = Sidecar.start("clocked", "clock")) {
            sidecar.awaitRegistered();
            assertTrue(String.valueOf(record("clock")).contains("9000000000001"), record("clock"));
        }
    }

    @Test
    void drainingAndBackOverHttp() throws Exception {
        try (Sidecar sidecar = Sidecar.start("drained", "drained")) {
            sidecar.awaitRegistered();
            assertEquals(200, drain(sidecar, "?wait=true", "{}").statusCode());
            awaitEndpoints("drained", 0);
            assertTrue(String.valueOf(record("drained")).contains("draining"), record("drained"));
            assertEquals(200, drain(sidecar, "", "{\"undo\":true}").statusCode());
            awaitEndpoints("drained", 1);
            HttpResponse<String> malformed = drain(sidecar, "", "{");
            assertEquals(400, malformed.statusCode());
            assertEquals(
                    "application/problem+json",
                    malformed.headers().firstValue("content-type").orElse(""));
        }
    }

    /** How many endpoints every agent of the cluster shows, its client included. */
    private static void awaitEndpoints(String service, int count) {
        for (int i = 0; i < cluster.size(); i++) {
            String url = cluster.url(i) + "/v1/services/" + service;
            Eventually.holds(
                    count + " endpoints of " + service + " at " + cluster.agent(i),
                    () -> json(url).getJsonArray("endpoints").size() == count);
        }
    }

    private static String holder(String service) throws Exception {
        return new JsonObject(String.valueOf(record(service)))
                .getJsonObject("agent")
                .getString("id");
    }

    /** What the store has of the service's one instance, read linearizably; null for nothing. */
    private static @Nullable String record(String service) throws Exception {
        return etcd
                .getKVClient()
                .get(bytes(KEYS + service + "/" + service + "-1"))
                .get(10, TimeUnit.SECONDS)
                .getKvs()
                .stream()
                .findFirst()
                .map(kv -> kv.getValue().toString(StandardCharsets.UTF_8))
                .orElse(null);
    }

    private static HttpResponse<String> drain(Sidecar sidecar, String query, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(sidecar.url() + "/v1/agent/drain" + query))
                .timeout(Duration.ofSeconds(20))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static JsonObject json(String url) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(5))
                .build();
        return new JsonObject(
                HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static ByteSequence bytes(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }
}
