package dev.rollcall.examples;

import dev.rollcall.registry.resolver.RollcallOptions;
import dev.rollcall.registry.resolver.RollcallResolver;
import dev.rollcall.registry.resolver.SkipFailedServers;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.httpproxy.HttpProxy;
import io.vertx.httpproxy.ProxyOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * An API gateway in a page: {@code /orders/x} goes to {@code /x} of an instance of {@code orders}, found through any of the
 * agents. {@code /_stats} counts, {@code /_ready} says whether the services of {@code --services} are known.
 *
 * <pre>{@code
 * java -cp rollcall-sidecar-examples.jar dev.rollcall.examples.Gateway --agents 127.0.0.1:2379 --port 8000 --retries on
 * }</pre>
 */
public final class Gateway {

    private static final int STOP_TIMEOUT_SECONDS = 30;

    private final RollcallResolver resolver;
    private final List<String> services;
    private final GatewayStats stats = new GatewayStats();
    private final HttpProxy proxy;
    private final HttpClient client;

    private Gateway(Vertx vertx, RollcallOptions agents, List<String> services, boolean retries) {
        this.resolver = RollcallResolver.create(vertx, agents);
        this.services = services;
        this.client = resolver.httpClientBuilder()
                .withLoadBalancer(SkipFailedServers.roundRobin().observedBy(stats))
                .build();
        Forwarding forwarding = new Forwarding(vertx, retries, stats);
        this.proxy = HttpProxy.reverseProxy(new ProxyOptions().setSupportWebSocket(false), client)
                .origin(forwarding::connect)
                .addInterceptor(forwarding);
    }

    public static void main(String[] args) throws TimeoutException {
        Flags flags = Flags.parse(List.of(args), Set.of("agents", "port", "services", "retries"), Set.of());
        Vertx vertx = Vertx.vertx();
        HttpServer server = start(
                vertx,
                RollcallOptions.of(flags.text("agents").split(",")),
                Arrays.stream(flags.text("services", "").split(","))
                        .filter(name -> !name.isBlank())
                        .toList(),
                flags.number("port", 8000),
                flags.text("retries", "on").equals("on"));
        ShutdownHook.run(() -> server.shutdown(STOP_TIMEOUT_SECONDS, TimeUnit.SECONDS));
        System.out.println("gateway listens on port " + server.actualPort());
    }

    /** Starts a gateway; port 0 takes a free one. */
    static HttpServer start(Vertx vertx, RollcallOptions agents, List<String> services, int port, boolean retries)
            throws TimeoutException {
        Gateway gateway = new Gateway(vertx, agents, services, retries);
        return vertx.createHttpServer()
                .requestHandler(gateway::handle)
                .listen(port, "127.0.0.1")
                .await(10, TimeUnit.SECONDS);
    }

    private void handle(HttpServerRequest request) {
        switch (request.path()) {
            case "/_stats" ->
                request.response()
                        .putHeader("content-type", "application/json")
                        .end(stats.toJson().toBuffer());
            case "/_ready" -> ready(request);
            default -> proxy.handle(request);
        }
    }

    private void ready(HttpServerRequest request) {
        Future.all(services.stream().map(resolver::endpoints).toList())
                .onSuccess(known -> request.response().end("ready\n"))
                .onFailure(unknown -> {
                    Problem problem = new Problem(503, "Not ready", "" + unknown.getMessage());
                    request.response()
                            .setStatusCode(problem.status())
                            .putHeader("content-type", Problem.MEDIA_TYPE)
                            .end(problem.body());
                });
    }
}
