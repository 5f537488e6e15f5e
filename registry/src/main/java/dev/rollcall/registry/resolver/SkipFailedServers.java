package dev.rollcall.registry.resolver;

import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.net.endpoint.InteractionMetrics;
import io.vertx.core.net.endpoint.LoadBalancer;
import io.vertx.core.net.endpoint.ServerEndpoint;
import io.vertx.core.net.endpoint.ServerSelector;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A load balancer that lets another one choose, but passes over a server that could not be connected to a moment ago while
 * there is another. A crashed instance stays in the list until its lease ends; this keeps most requests away from it.
 *
 * <p>What it knows of a server is forgotten when the list changes.
 */
public final class SkipFailedServers implements LoadBalancer {

    /** How long a server is passed over after a failed connect. */
    public static final Duration DEFAULT_SKIP_TIME = Duration.ofSeconds(1);

    private final LoadBalancer base;
    private final long skipNanos;
    private final RequestObserver observer;
    private final LongSupplier nanoClock;

    private SkipFailedServers(LoadBalancer base, Duration skipTime, RequestObserver observer, LongSupplier nanoClock) {
        this.base = base;
        this.skipNanos = skipTime.toNanos();
        this.observer = observer;
        this.nanoClock = nanoClock;
    }

    /** Round robin over the servers that can be connected to. */
    public static SkipFailedServers roundRobin() {
        return over(SkipFailedServers::rotate);
    }

    /** Lets {@code base} choose. */
    public static SkipFailedServers over(LoadBalancer base) {
        return new SkipFailedServers(base, DEFAULT_SKIP_TIME, RequestObserver.NONE, System::nanoTime);
    }

    /** The same, telling {@code observer} what becomes of each request to a {@link ServiceEndpoint}. */
    public SkipFailedServers observedBy(RequestObserver observer) {
        return new SkipFailedServers(base, Duration.ofNanos(skipNanos), observer, nanoClock);
    }

    /** The same on another clock, in nanoseconds. */
    SkipFailedServers withClock(LongSupplier clock) {
        return new SkipFailedServers(base, Duration.ofNanos(skipNanos), observer, clock);
    }

    @Override
    public InteractionMetrics<?> newMetrics() {
        return new Server<>(base.newMetrics());
    }

    @Override
    public ServerSelector selector(List<? extends ServerEndpoint> servers) {
        List<Server<?>> states = servers.stream()
                .<Server<?>>map(server -> (Server<?>) server.metrics())
                .toList();
        for (int i = 0; i < states.size(); i++) {
            if (servers.get(i).unwrap() instanceof ServiceEndpoint endpoint) {
                states.get(i).endpoint = endpoint;
            }
        }
        ServerSelector chosen =
                base.selector(servers.stream().map(SkipFailedServers::baseView).toList());
        return new ServerSelector() {
            @Override
            public int select() {
                return firstConnectable(states, chosen::select);
            }

            @Override
            public int select(String routingKey) {
                return firstConnectable(states, () -> chosen.select(routingKey));
            }
        };
    }

    /**
     * Asks the base until it names a server that is not to be skipped, so that the others share what the skipped one would
     * have got. A base that insists (it hashes a key) is overruled by the next server in the list. If all are to be skipped,
     * the base's last choice stands.
     */
    private int firstConnectable(List<Server<?>> states, IntSupplier base) {
        int size = states.size();
        long now = nanoClock.getAsLong();
        int chosen = base.getAsInt();
        for (int tries = 1; tries < size && isSkipped(states, chosen, now); tries++) {
            chosen = base.getAsInt();
        }
        for (int step = 0; step < size; step++) {
            int candidate = (chosen + step) % size;
            if (!isSkipped(states, candidate, now)) {
                return candidate;
            }
        }
        return chosen;
    }

    private static boolean isSkipped(List<Server<?>> states, int index, long nowNanos) {
        return index >= 0 && index < states.size() && states.get(index).isSkipped(nowNanos);
    }

    // LoadBalancer.ROUND_ROBIN of Vert.x 5.0.7 selects negative indexes once its counter has wrapped.
    private static ServerSelector rotate(List<? extends ServerEndpoint> servers) {
        AtomicInteger next = new AtomicInteger();
        return () -> servers.isEmpty() ? -1 : Math.floorMod(next.getAndIncrement(), servers.size());
    }

    /** What is known of one server, and the base's own metrics of it. */
    private final class Server<M> implements InteractionMetrics<Attempt<M>> {

        private final InteractionMetrics<M> base;
        private volatile @Nullable ServiceEndpoint endpoint;
        private volatile boolean failed;
        private volatile long failedAtNanos;

        Server(InteractionMetrics<M> base) {
            this.base = base;
        }

        boolean isSkipped(long nowNanos) {
            return failed && nowNanos - failedAtNanos < skipNanos;
        }

        @Override
        public Attempt<M> initiateRequest() {
            return new Attempt<>(base.initiateRequest());
        }

        @Override
        public void reportFailure(Attempt<M> attempt, Throwable failure) {
            base.reportFailure(attempt.metric, failure);
            boolean first = !attempt.over;
            attempt.over = true;
            // A full pool means a busy server, not an unreachable one.
            if (!attempt.begun && !(failure instanceof ConnectionPoolTooBusyException)) {
                failedAtNanos = nanoClock.getAsLong();
                failed = true;
            }
            ServiceEndpoint server = endpoint;
            if (first && server != null) {
                observer.failed(server, attempt.begun, failure);
            }
        }

        @Override
        public void reportRequestBegin(Attempt<M> attempt) {
            attempt.begun = true;
            failed = false;
            base.reportRequestBegin(attempt.metric);
        }

        @Override
        public void reportRequestEnd(Attempt<M> attempt) {
            base.reportRequestEnd(attempt.metric);
        }

        @Override
        public void reportResponseBegin(Attempt<M> attempt) {
            base.reportResponseBegin(attempt.metric);
        }

        @Override
        public void reportResponseEnd(Attempt<M> attempt) {
            base.reportResponseEnd(attempt.metric);
            boolean first = !attempt.over;
            attempt.over = true;
            ServiceEndpoint server = endpoint;
            if (first && server != null) {
                observer.answered(server);
            }
        }
    }

    /** One request to one server; touched by one event loop at a time. */
    private static final class Attempt<M> {

        private final M metric;
        private boolean begun;
        private boolean over;

        Attempt(M metric) {
            this.metric = metric;
        }
    }

    /**
     * A server as the base expects it, with the base's own metrics. A proxy, because minor versions of Vert.x add methods to
     * the interface, which a class of ours would lack.
     */
    private static ServerEndpoint baseView(ServerEndpoint server) {
        InteractionMetrics<?> metrics = ((Server<?>) server.metrics()).base;
        return (ServerEndpoint) Proxy.newProxyInstance(
                SkipFailedServers.class.getClassLoader(),
                new Class<?>[] {ServerEndpoint.class},
                (proxy, method, arguments) ->
                        method.getName().equals("metrics") ? metrics : method.invoke(server, arguments));
    }
}
