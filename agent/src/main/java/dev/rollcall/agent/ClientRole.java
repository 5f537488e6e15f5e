package dev.rollcall.agent;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.Upstream;
import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.member.StartException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Random;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An agent without a store: every call goes to a member. */
final class ClientRole implements AgentRole {
    private static final Logger log = LoggerFactory.getLogger(ClientRole.class);

    private final AgentConfig config;
    private final Upstream upstream;
    private final List<Endpoint> endpoints;

    ClientRole(Vertx vertx, AgentConfig config) {
        this.config = config;
        this.endpoints = config.join().stream().map(Endpoint::parse).toList();
        this.upstream = new Upstream(vertx, endpoints, ClientOptions.DEFAULT, new Random());
    }

    @Override
    public Backend backend() {
        return upstream;
    }

    @Override
    public Future<Void> start() {
        return Future.succeededFuture();
    }

    @Override
    public void stop() {
        upstream.close();
    }

    /**
     * The local address of the way to the members, as the host's routes have it: known before any member answers, and
     * without a packet sent.
     */
    @Override
    public String serviceAddress() {
        if (!config.advertiseClientUrls().isEmpty()) {
            return config.advertiseClientUrls().get(0).host();
        }
        for (Endpoint endpoint : endpoints) {
            InetSocketAddress remote = new InetSocketAddress(endpoint.host(), endpoint.port());
            try (DatagramSocket route = new DatagramSocket()) {
                if (!remote.isUnresolved()) {
                    route.connect(remote);
                    return route.getLocalAddress().getHostAddress();
                }
            } catch (IOException | UncheckedIOException e) {
                log.debug("no route to {}: {}", endpoint, e.getMessage());
            }
        }
        throw new StartException("no route to any of --join " + endpoints
                + ", so where the service is reached is unknown: give --service-address");
    }

    @Override
    public String upstream() {
        return upstream.currentEndpoint().toString();
    }
}
