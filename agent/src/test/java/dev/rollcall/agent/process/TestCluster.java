package dev.rollcall.agent.process;

import io.etcd.jetcd.Client;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Three voters and a client agent on this machine, on ports that were free. */
final class TestCluster implements AutoCloseable {
    static final int VOTERS = 3;

    private static final int FIRST_PORT = 10_000;
    private static final int PORTS = 20_000;
    private static final AtomicInteger NEXT_PORT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(PORTS));

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final List<Integer> clientPorts = ports(VOTERS + 1);
    private final List<AgentProcess> agents = new ArrayList<>();

    TestCluster(Path directory) {
        List<Integer> peerPorts = ports(VOTERS);
        List<String> initial = new ArrayList<>();
        for (int i = 0; i < VOTERS; i++) {
            initial.add("n" + i + "=http://127.0.0.1:" + peerPorts.get(i));
        }
        for (int i = 0; i < VOTERS; i++) {
            String client = "http://127.0.0.1:" + clientPorts.get(i);
            String peer = "http://127.0.0.1:" + peerPorts.get(i);
            agents.add(new AgentProcess(
                    "n" + i,
                    directory,
                    List.of(
                            "--name=n" + i,
                            "--data-dir=" + directory.resolve("n" + i),
                            "--listen-client-urls=" + client,
                            "--advertise-client-urls=" + client,
                            "--listen-peer-urls=" + peer,
                            "--initial-advertise-peer-urls=" + peer,
                            "--initial-cluster=" + String.join(",", initial),
                            "--initial-cluster-state=new",
                            "--initial-cluster-token=" + directory.getFileName())));
        }
        String join = clientPorts.subList(0, VOTERS).stream()
                .map(port -> "127.0.0.1:" + port)
                .reduce((a, b) -> a + "," + b)
                .orElseThrow();
        agents.add(new AgentProcess(
                "client",
                directory,
                List.of(
                        "--role=client",
                        "--join=" + join,
                        "--listen-client-urls=http://127.0.0.1:" + clientPorts.get(VOTERS))));
    }

    /**
     * Ports that nobody listened on a moment ago, each given once. Not those that the system gives to connections: one of
     * these may take the place of a member that is down.
     */
    static List<Integer> ports(int count) {
        List<Integer> ports = new ArrayList<>();
        while (ports.size() < count) {
            int port = FIRST_PORT + NEXT_PORT.getAndIncrement() % PORTS;
            try (ServerSocket free = new ServerSocket(port)) {
                ports.add(free.getLocalPort());
            } catch (BindException e) {
                // Somebody has it.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return ports;
    }

    /** Starts all and waits until each serves linearizable reads. */
    void start() {
        agents.forEach(AgentProcess::start);
        for (int i = 0; i < agents.size(); i++) {
            awaitReady(i);
        }
    }

    /** Agent {@code i}: 0 to 2 are voters, 3 is the client agent. */
    AgentProcess agent(int i) {
        return agents.get(i);
    }

    int size() {
        return agents.size();
    }

    void awaitReady(int i) {
        Eventually.holds(agents.get(i) + " is ready; its log:\n" + agents.get(i).log(), () -> {
            if (!agents.get(i).alive()) {
                throw new IllegalStateException(
                        agents.get(i) + " ended: " + agents.get(i).log());
            }
            return get(i, "/readyz").statusCode() == 200;
        });
    }

    HttpResponse<String> get(int i, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url(i) + path))
                .timeout(Duration.ofSeconds(5))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    String url(int i) {
        return "http://127.0.0.1:" + clientPorts.get(i);
    }

    /** A third party's client that talks to this agent alone. */
    Client client(int i) {
        return Client.builder()
                .endpoints(url(i))
                .connectTimeout(Duration.ofSeconds(2))
                .retryMaxAttempts(1)
                .build();
    }

    @Override
    public void close() {
        agents.forEach(AgentProcess::close);
    }
}
