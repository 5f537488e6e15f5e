package dev.rollcall.registry.resolver;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientBuilder;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.AddressResolver;
import io.vertx.core.spi.endpoint.EndpointResolver;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Lets a Vert.x HTTP client reach services by name.
 *
 * <pre>{@code
 * RollcallResolver resolver = RollcallResolver.create(vertx, RollcallOptions.of("127.0.0.1:2379"));
 * HttpClient client = resolver.httpClientBuilder().build();
 * client.request(new RequestOptions().setServer(ServiceAddress.of("orders")).setURI("/"))
 * }</pre>
 *
 * <p>The first request for a service opens an event stream to an agent and waits for the service's first list. From then on
 * every list the agent pushes takes effect with the next request. All streams share one HTTP/2 connection; when an agent
 * fails, the next one of the options takes over, and the last lists serve until it has spoken. A list is replaced only by
 * another list, never by an error.
 *
 * <p>Requests to a service without endpoints fail at once with {@link NoEndpointsException}.
 */
public final class RollcallResolver implements AddressResolver<ServiceAddress> {

    private static final int CONNECT_TIMEOUT_MS = 2_000;
    private static final int POOL_SIZE_PER_SERVER = 1_000;
    private static final int WAIT_QUEUE_PER_SERVER = 100;

    private final Vertx vertx;
    private final Context context;
    private final RollcallOptions options;
    private final AgentLink link;
    private final Map<String, ServiceFeed> feeds = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private RollcallResolver(Vertx vertx, RollcallOptions options) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.options = options;
        this.link = new AgentLink(vertx, options, new AgentLink.User() {
            @Override
            public void connected(HttpClientConnection connection) {
                feeds.values().forEach(feed -> feed.open(connection));
            }

            @Override
            public void disconnected() {
                feeds.values().forEach(ServiceFeed::disconnected);
            }
        });
    }

    /**
     * A resolver that lives until {@link #close()}; created in a verticle, until that is undeployed. It connects at once and
     * never gives up.
     */
    public static RollcallResolver create(Vertx vertx, RollcallOptions options) {
        RollcallResolver resolver = new RollcallResolver(vertx, options);
        resolver.context.runOnContext(v -> resolver.start());
        return resolver;
    }

    @Override
    public EndpointResolver<ServiceAddress, ?, ?, ?> endpointResolver(Vertx clientVertx) {
        return new ServiceEndpointResolver<>(this::feed);
    }

    /**
     * A client builder for gateways: this resolver, a load balancer that skips unreachable servers, 1,000 connections and
     * 100 waiting requests per server (beyond that a request fails at once), 2 s to connect.
     */
    public HttpClientBuilder httpClientBuilder() {
        return vertx.httpClientBuilder()
                .with(new HttpClientOptions().setConnectTimeout(CONNECT_TIMEOUT_MS))
                .with(new PoolOptions()
                        .setHttp1MaxSize(POOL_SIZE_PER_SERVER)
                        .setMaxWaitQueueSize(WAIT_QUEUE_PER_SERVER))
                .withAddressResolver(this)
                .withLoadBalancer(SkipFailedServers.roundRobin());
    }

    /**
     * Follows {@code service} from now on and completes with its endpoints, possibly none. A gateway calls it for the
     * services it knows before it says it is ready.
     */
    public Future<List<ServiceEndpoint>> endpoints(String service) {
        try {
            return feed(ServiceAddress.of(service).name()).firstList();
        } catch (NoEndpointsException refused) {
            return Future.failedFuture(refused);
        }
    }

    /** Ends all streams; requests that need a new list fail from now on. */
    public Future<Void> close() {
        Promise<Void> done = Promise.promise();
        closed = true;
        context.runOnContext(v -> {
            feeds.values().forEach(ServiceFeed::close);
            feeds.clear();
            link.close().onComplete(done);
        });
        return done.future();
    }

    private void start() {
        link.connect();
        long shortestMs = Math.min(
                options.silenceTimeout().toMillis(), options.firstListTimeout().toMillis());
        long periodMs = Math.max(1, shortestMs / 4);
        vertx.setPeriodic(periodMs, timer -> {
            if (closed) {
                vertx.cancelTimer(timer);
            } else {
                dropSilentConnection();
            }
        });
    }

    private void dropSilentConnection() {
        HttpClientConnection connection = link.connection();
        long now = System.nanoTime();
        if (connection != null && feeds.values().stream().anyMatch(feed -> feed.isSilent(now))) {
            link.drop(connection, "it has fallen silent");
        }
    }

    private ServiceFeed feed(String service) {
        ServiceFeed known = feeds.get(service);
        return known != null ? known : follow(service);
    }

    private synchronized ServiceFeed follow(String service) {
        if (closed) {
            throw new NoEndpointsException(service, "the resolver is closed");
        }
        ServiceFeed known = feeds.get(service);
        if (known != null) {
            return known;
        }
        if (feeds.size() >= options.maxServices()) {
            giveUpOneWithoutEndpoints(service);
        }
        ServiceFeed feed = new ServiceFeed(service, vertx, options, link);
        feeds.put(service, feed);
        context.runOnContext(v -> {
            HttpClientConnection connection = link.connection();
            if (connection != null) {
                feed.open(connection);
            }
        });
        return feed;
    }

    /** Makes room by the name nobody has asked for the longest, so that made-up names cannot shut out real ones. */
    private void giveUpOneWithoutEndpoints(String wanted) {
        ServiceFeed idle = feeds.values().stream()
                .filter(ServiceFeed::isEmpty)
                .min(Comparator.comparingLong(ServiceFeed::lastAskedNanos))
                .orElseThrow(() -> new NoEndpointsException(
                        wanted,
                        "cannot follow " + wanted + ": already following " + options.maxServices() + " services"));
        feeds.remove(idle.service());
        context.runOnContext(v -> idle.close());
    }
}
