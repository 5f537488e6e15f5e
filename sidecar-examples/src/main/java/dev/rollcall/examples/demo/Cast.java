package dev.rollcall.examples.demo;

import dev.rollcall.examples.Gateway;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Who plays: voters beside orders-1, orders-2 and payments-1, client agents beside orders-3 and payments-2, orders-4 with
 * its client agent waiting for its entry, and two gateways, one that never retries and one that does.
 */
final class Cast {

    static final List<String> SERVICES = List.of("orders", "payments");

    private final Children children;
    private final Demo.Settings settings;
    private final List<Sidecar> voters;
    private final List<Sidecar> clients;
    private final Sidecar newcomer;
    private final int gatewayWithoutRetries;
    private final int gatewayWithRetries;

    Cast(Children children, Demo.Settings settings) {
        this.children = children;
        this.settings = settings;
        Ports ports = new Ports(settings.firstPort());
        gatewayWithoutRetries = ports.take();
        gatewayWithRetries = ports.take();
        voters = List.of(
                new Sidecar("n1", true, "orders", "orders-1", ports),
                new Sidecar("n2", true, "orders", "orders-2", ports),
                new Sidecar("n3", true, "payments", "payments-1", ports));
        clients = List.of(
                new Sidecar("c1", false, "orders", "orders-3", ports),
                new Sidecar("c2", false, "payments", "payments-2", ports));
        newcomer = new Sidecar("c3", false, "orders", "orders-4", ports);
    }

    List<Sidecar> voters() {
        return voters;
    }

    /** The five that are there from the start. */
    List<Sidecar> first() {
        return Stream.concat(voters.stream(), clients.stream()).toList();
    }

    /** Everybody, the newcomer included. */
    List<Sidecar> all() {
        return Stream.concat(first().stream(), Stream.of(newcomer)).toList();
    }

    Sidecar newcomer() {
        return newcomer;
    }

    Sidecar beside(String instance) {
        return all().stream()
                .filter(sidecar -> sidecar.instance().equals(instance))
                .findFirst()
                .orElseThrow();
    }

    int gatewayWithoutRetries() {
        return gatewayWithoutRetries;
    }

    int gatewayWithRetries() {
        return gatewayWithRetries;
    }

    /** Starts an instance and its agent. */
    void start(Sidecar sidecar) {
        sidecar.startApp(children);
        startAgent(sidecar);
    }

    /** Starts an agent alone: the one it replaces was killed and its service lives. */
    void startAgent(Sidecar sidecar) {
        sidecar.startAgent(children, membership(), settings);
    }

    void startGateways() {
        startGateway("gateway-retries-off", gatewayWithoutRetries, "off");
        startGateway("gateway-retries-on", gatewayWithRetries, "on");
    }

    private void startGateway(String name, int port, String retries) {
        children.example(
                name,
                Gateway.class,
                List.of(
                        "--agents",
                        membership().clientAddresses(),
                        "--services",
                        String.join(",", SERVICES),
                        "--port",
                        "" + port,
                        "--retries",
                        retries));
    }

    private Sidecar.Membership membership() {
        return new Sidecar.Membership(
                voters.stream()
                        .map(voter -> voter.agentName() + "=" + voter.peerUrl())
                        .collect(Collectors.joining(",")),
                voters.stream().map(Sidecar::clientAddress).collect(Collectors.joining(",")));
    }
}
