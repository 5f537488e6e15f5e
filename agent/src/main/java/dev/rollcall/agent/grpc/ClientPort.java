package dev.rollcall.agent.grpc;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Supplier;

/**
 * The port that clients talk to: gRPC beside plain HTTP, over HTTP/2 and HTTP/1.1, on every address at once. Each event loop
 * gets a verticle of its own that listens on all of them, for a server listened on from one context would use one loop only.
 */
public final class ClientPort {
    /** What a caller may send on a stream, and on all streams of a connection, before more is asked for. */
    static final int WINDOW_BYTES = 1 << 20;

    static final int CONNECTION_WINDOW_BYTES = 1 << 24;
    private static final AtomicInteger FREE_PORTS = new AtomicInteger(-1);

    /**
     * What one connection may do. Neither may be without a limit: that would switch off the guard against rapid resets.
     *
     * @param maxStreams open at once; more are refused by HTTP/2 itself, which a client may try again
     * @param maxResetsPerSecond before the connection is closed; every {@code KeepAliveOnce} of etcd's clients costs one
     * @param silenceMs before a connection is closed that has not begun to speak any protocol
     */
    public record Limits(int maxStreams, int maxResetsPerSecond, long silenceMs) {
        public static final Limits DEFAULT = new Limits(20_000, 10_000, 30_000);

        public Limits {
            if (maxStreams < 1 || maxResetsPerSecond < 1 || silenceMs < 1) {
                throw new IllegalArgumentException("limits of a connection must be positive");
            }
        }
    }

    private final Vertx vertx;
    private final String deployment;
    private final List<SocketAddress> addresses;

    private ClientPort(Vertx vertx, String deployment, List<SocketAddress> addresses) {
        this.vertx = vertx;
        this.deployment = deployment;
        this.addresses = List.copyOf(addresses);
    }

    /** Of plain HTTP, where bodies are short: the window that a connection has anyway suffices for all its streams. */
    private static HttpServerOptions options(Limits limits) {
        return new HttpServerOptions()
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(limits.maxStreams())
                        .setInitialWindowSize(WINDOW_BYTES)
                        .setMaxHeaderListSize(RequestHeaders.LIST_BYTES_MAX))
                .setHttp2RstFloodMaxRstFramePerWindow(limits.maxResetsPerSecond())
                .setHttp2RstFloodWindowDuration(1)
                .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS);
    }

    /**
     * Listens.
     *
     * @param addresses where; port 0 takes a free one
     * @param loops event loops to spread connections over
     * @param connections counts and bounds them
     * @param opening from when on gRPC calls are served, and by what. Until then gRPC clients find a port that accepts them and
     *     says nothing, as at an etcd that starts, so that they take their calls to other members or wait; calls of those who
     *     do not wait for settings are refused as not begun
     * @param http takes every other request, on the loop of its connection
     */
    public static Future<ClientPort> open(
            Vertx vertx,
            List<SocketAddress> addresses,
            int loops,
            Limits limits,
            ClientConnections connections,
            Opening opening,
            Handler<HttpServerRequest> http) {
        FrontDoor door = new FrontDoor((VertxInternal) vertx, limits, connections, opening);
        HttpServerOptions options = options(limits);
        Handler<HttpServerRequest> handler = new PlainRequests(connections, GrpcFace.refusing(http));
        AtomicIntegerArray ports = new AtomicIntegerArray(addresses.size());
        // A negative port is a free one too, but the same one wherever the same number is given.
        int freePort = FREE_PORTS.getAndAdd(-addresses.size());
        return vertx.deployVerticle(
                        () -> new Listener(addresses, freePort, () -> door.server(options), handler, ports),
                        new DeploymentOptions().setInstances(loops))
                .map(deployment -> new ClientPort(vertx, deployment, bound(addresses, ports)));
    }

    /** Where it listens, with the ports it really got. */
    public List<SocketAddress> addresses() {
        return addresses;
    }

    /** Closes the port and every connection on it; once is enough. */
    public Future<Void> close() {
        return vertx.deploymentIDs().contains(deployment) ? vertx.undeploy(deployment) : Future.succeededFuture();
    }

    private static List<SocketAddress> bound(List<SocketAddress> addresses, AtomicIntegerArray ports) {
        List<SocketAddress> bound = new ArrayList<>();
        for (int i = 0; i < addresses.size(); i++) {
            bound.add(SocketAddress.inetSocketAddress(
                    ports.get(i), addresses.get(i).host()));
        }
        return bound;
    }

    private static final class Listener extends VerticleBase {
        private final List<SocketAddress> addresses;
        private final int freePort;
        private final Supplier<HttpServer> server;
        private final Handler<HttpServerRequest> handler;
        private final AtomicIntegerArray ports;

        Listener(
                List<SocketAddress> addresses,
                int freePort,
                Supplier<HttpServer> server,
                Handler<HttpServerRequest> handler,
                AtomicIntegerArray ports) {
            this.addresses = addresses;
            this.freePort = freePort;
            this.server = server;
            this.handler = handler;
            this.ports = ports;
        }

        @Override
        public Future<?> start() {
            List<Future<HttpServer>> servers = new ArrayList<>();
            for (int i = 0; i < addresses.size(); i++) {
                int index = i;
                SocketAddress address = addresses.get(i);
                int port = address.port() == 0 ? freePort - i : address.port();
                servers.add(server.get()
                        .requestHandler(handler)
                        .listen(port, address.host())
                        .onSuccess(bound -> ports.set(index, bound.actualPort())));
            }
            return Future.all(servers);
        }
    }
}
