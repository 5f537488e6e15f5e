package dev.rollcall.examples.demo;

import dev.rollcall.examples.ExampleService;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An instance of a service and the agent beside it: two processes that live and die apart. */
final class Sidecar {

    private final String agentName;
    private final boolean voter;
    private final String service;
    private final String instance;
    private final int servicePort;
    private final int clientPort;
    private final int peerPort;

    private volatile @Nullable ChildProcess agent;
    private volatile @Nullable ChildProcess app;

    Sidecar(String agentName, boolean voter, String service, String instance, Ports ports) {
        this.agentName = agentName;
        this.voter = voter;
        this.service = service;
        this.instance = instance;
        this.clientPort = ports.take();
        this.peerPort = voter ? ports.take() : 0;
        this.servicePort = ports.take();
    }

    String agentName() {
        return agentName;
    }

    boolean isVoter() {
        return voter;
    }

    String service() {
        return service;
    }

    String instance() {
        return instance;
    }

    int clientPort() {
        return clientPort;
    }

    String clientAddress() {
        return "127.0.0.1:" + clientPort;
    }

    String peerUrl() {
        return "http://127.0.0.1:" + peerPort;
    }

    /** The agent's process; {@code IllegalStateException} before it was started. */
    ChildProcess agent() {
        return started(agent);
    }

    /** The service's process; {@code IllegalStateException} before it was started. */
    ChildProcess app() {
        return started(app);
    }

    boolean isAgentAlive() {
        ChildProcess process = agent;
        return process != null && process.isAlive();
    }

    void startApp(Children children) {
        app = children.example(
                instance,
                ExampleService.class,
                List.of("--name", service, "--id", instance, "--port", "" + servicePort));
    }

    /** Starts the agent, or starts it again on the data it has. */
    void startAgent(Children children, Membership membership, Demo.Settings settings) {
        List<String> arguments = new ArrayList<>(List.of(
                "--name", agentName,
                "--listen-client-urls", "http://" + clientAddress(),
                "--advertise-client-urls", "http://" + clientAddress(),
                "--service", service,
                "--service-id", instance,
                "--service-address", "127.0.0.1",
                "--service-port", "" + servicePort,
                "--check", "http://127.0.0.1:" + servicePort + "/health",
                "--check-interval", "500ms",
                "--ttl", settings.ttlSeconds() + "s",
                "--drain-delay", settings.drainDelaySeconds() + "s"));
        if (voter) {
            arguments.addAll(List.of(
                    "--data-dir", children.directory().resolve(agentName).toString(),
                    "--listen-peer-urls", peerUrl(),
                    "--initial-advertise-peer-urls", peerUrl(),
                    "--initial-cluster", membership.initialCluster(),
                    "--initial-cluster-state", "new",
                    "--initial-cluster-token", "rollcall-demo"));
        } else {
            arguments.addAll(List.of("--role", "client", "--join", membership.clientAddresses()));
        }
        agent = children.agent(agentName, arguments);
    }

    /**
     * What every agent is told of the cluster.
     *
     * @param initialCluster {@code name=peerUrl} of each voter, separated by commas
     * @param clientAddresses {@code host:port} of each voter, separated by commas
     */
    record Membership(String initialCluster, String clientAddresses) {}

    private ChildProcess started(@Nullable ChildProcess process) {
        if (process == null) {
            throw new IllegalStateException(instance + " and its agent have not been started");
        }
        return process;
    }
}
