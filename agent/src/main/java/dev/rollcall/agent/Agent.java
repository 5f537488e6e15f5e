package dev.rollcall.agent;

import dev.rollcall.agent.client.EtcdKeyValue;
import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.HeapShares;
import dev.rollcall.agent.config.HttpUrl;
import dev.rollcall.agent.config.Role;
import dev.rollcall.agent.grpc.CallLedgers;
import dev.rollcall.agent.grpc.ClientConnections;
import dev.rollcall.agent.grpc.ClientPort;
import dev.rollcall.agent.grpc.GrpcFace;
import dev.rollcall.agent.grpc.Opening;
import dev.rollcall.agent.http.BackendHealth;
import dev.rollcall.agent.http.OperatorRoutes;
import dev.rollcall.agent.http.StartingFace;
import dev.rollcall.agent.http.discovery.AgentView;
import dev.rollcall.agent.http.discovery.DiscoveryRoutes;
import dev.rollcall.agent.http.metrics.Metrics;
import dev.rollcall.agent.member.Recovery;
import dev.rollcall.agent.member.StartException;
import dev.rollcall.registry.Registry;
import dev.rollcall.registry.model.AgentIdentity;
import dev.rollcall.registry.model.ServiceDefinition;
import dev.rollcall.storage.error.EtcdError;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The agent's process: made from its configuration, run until it is told to stop. */
public final class Agent {
    private static final Logger log = LoggerFactory.getLogger(Agent.class);
    private static final int MAX_EVENT_LOOPS = 4;
    private static final long START_TIMEOUT_S = 30;
    private static final long LEAVE_TIMEOUT_S = 3;
    private static final Duration HEALTH_TIMEOUT = Duration.ofSeconds(5);
    private static final long READY_RETRY_MS = 100;
    private static final long PROGRESS_MS = 1_000;

    private final AgentConfig config;
    private final int loops =
            Math.max(1, Math.min(MAX_EVENT_LOOPS, Runtime.getRuntime().availableProcessors()));
    private final Vertx vertx;
    private final Metrics metrics = new Metrics();
    private final Recovery recovery = new Recovery();
    private final CallLedgers calls;
    private final ClientConnections connections;
    private final Opening opening = new Opening();
    private final CountDownLatch left = new CountDownLatch(1);
    private volatile Handler<HttpServerRequest> face;
    private @Nullable ClientPort port;
    private @Nullable Inside inside;

    /** What stands behind the client port, once it has recovered what is on disk. */
    private record Inside(
            AgentRole role, BackendHealth health, StatusProbes probes, Registry registry, DiscoveryRoutes discovery) {}

    private Agent(AgentConfig config) {
        this.config = config;
        this.vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(loops)
                .setPreferNativeTransport(true)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        HeapShares heap = HeapShares.ofThisProcess();
        this.calls = new CallLedgers(vertx, new CallLedgers.Limits(heap.openCalls(), heap.heldBytes()), loops);
        this.connections = new ClientConnections(heap.connections(), calls);
        new LimitMetrics(metrics).clients(connections, calls);
        this.face = new StartingFace(vertx, config, metrics, this::progress);
    }

    private String progress() {
        String text = recovery.text();
        return text == null ? "joining the cluster" : text;
    }

    /** Takes as long as the store is large. */
    private Inside recover() {
        boolean voter = config.role() == Role.VOTER;
        AgentRole role =
                voter ? new VoterRole(vertx, config, metrics, this::leave, recovery) : new ClientRole(vertx, config);
        if (!voter) {
            recovery.done();
        }
        Registry registry = Registry.create(
                vertx,
                new EtcdKeyValue(vertx, role.backend(), new Random()),
                new AgentIdentity(config.agentId(), System.currentTimeMillis()),
                services(role),
                config.drainDelay());
        DiscoveryRoutes discovery = new DiscoveryRoutes(registry, view(role));
        new LimitMetrics(metrics).discovery(discovery);
        return new Inside(
                role,
                new BackendHealth(role.backend(), voter, HEALTH_TIMEOUT, recovery::text, role::arriving),
                new StatusProbes(vertx),
                registry,
                discovery);
    }

    private List<ServiceDefinition> services(AgentRole role) {
        boolean addressMissing = config.services().stream().anyMatch(service -> service.address() == null);
        String address = addressMissing ? role.serviceAddress() : "";
        return config.services().stream()
                .map(service -> service.address() == null ? service.at(address) : service)
                .toList();
    }

    /**
     * Runs an agent until it is stopped, and answers its exit code: 1 if it could not start, or has no place in its cluster any
     * more.
     */
    public static int run(AgentConfig config) {
        config.warnings().forEach(log::warn);
        Agent agent;
        try {
            agent = new Agent(config);
            agent.start();
        } catch (RuntimeException e) {
            log.error("cannot start: {}", e.getMessage());
            log.debug("cannot start", e);
            return 1;
        }
        // Exit code 0 after SIGTERM and SIGINT: the JVM's own would be 143, an unclean end to those who supervise.
        Thread stop = new Thread(
                () -> {
                    agent.stop();
                    Runtime.getRuntime().halt(agent.leaving() ? 1 : 0);
                },
                "stop");
        Runtime.getRuntime().addShutdownHook(stop);
        agent.awaitLeaving();
        return 1;
    }

    private void awaitLeaving() {
        try {
            left.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean leaving() {
        return left.getCount() == 0;
    }

    /** The member in this process has no place in its cluster any more. Any thread. */
    private void leave(String why) {
        log.error("{}", why);
        left.countDown();
    }

    private void start() {
        listen();
        long reports = vertx.setPeriodic(PROGRESS_MS, id -> reportProgress());
        Inside made = recover();
        inside = made;
        await(made.role().start());
        // Routers keep state of their own, so each event loop has one.
        ThreadLocal<Router> routers = ThreadLocal.withInitial(() -> router(made));
        face = request -> routers.get().handle(request);
        opening.open(new GrpcFace(vertx, made.role().backend(), config.limits().maxRequestBytes()));
        made.registry().start();
        vertx.runOnContext(v -> announceReady(made, reports));
    }

    private void listen() {
        port = await(ClientPort.open(
                        vertx,
                        config.listenClientUrls().stream()
                                .map(url -> SocketAddress.inetSocketAddress(url.port(), url.host()))
                                .toList(),
                        loops,
                        new ClientPort.Limits(
                                config.limits().maxConcurrentStreams(),
                                ClientPort.Limits.DEFAULT.maxResetsPerSecond(),
                                ClientPort.Limits.DEFAULT.silenceMs()),
                        connections,
                        opening,
                        request -> face.handle(request))
                .recover(e -> Future.failedFuture(new StartException(
                        "cannot listen for clients at " + config.listenClientUrls() + ": " + e.getMessage()
                                + "; choose another --listen-client-urls",
                        e))));
        log.info(
                "listening for clients at {}",
                config.listenClientUrls().stream().map(HttpUrl::toString).toList());
    }

    private void reportProgress() {
        String text = recovery.text();
        if (text != null) {
            log.info("starting: {}", text);
        }
    }

    /** Supervisors wait for this line; it is true once a linearizable read has succeeded here, or this is a learner. */
    private void announceReady(Inside made, long reports) {
        made.health().read(true).onComplete(read -> {
            boolean learner = read.failed()
                    && EtcdError.NOT_SUPPORTED_FOR_LEARNER
                            .text()
                            .equals(read.cause().getMessage());
            if (read.failed() && !learner) {
                vertx.setTimer(READY_RETRY_MS, id -> announceReady(made, reports));
                return;
            }
            recovery.done();
            vertx.cancelTimer(reports);
            log.info(
                    learner
                            ? "ready to serve client requests, as a learner: status and serializable reads"
                            : "ready to serve client requests");
        });
    }

    private Router router(Inside made) {
        Router router = Router.router(vertx);
        OperatorRoutes.mount(
                vertx,
                router,
                new OperatorRoutes.Parts(
                        config, made.health(), metrics, made.role().backend(), made.probes()));
        made.discovery().mountOn(router);
        return router;
    }

    private AgentView view(AgentRole role) {
        return new AgentView() {
            @Override
            public String id() {
                return config.agentId();
            }

            @Override
            public String role() {
                return config.role().name().toLowerCase(Locale.ROOT);
            }

            @Override
            public @Nullable String upstream() {
                return role.upstream();
            }
        };
    }

    /** Drains and deregisters what runs beside it, hands leadership over, closes. */
    private void stop() {
        log.info("stopping");
        Inside made = inside;
        if (made == null) {
            return;
        }
        try {
            // Who is shut out of the cluster can change nothing in it; the leases of its services run out.
            long limit = leaving() ? LEAVE_TIMEOUT_S : START_TIMEOUT_S;
            made.registry().stop().toCompletionStage().toCompletableFuture().get(limit, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            log.warn("services could not be deregistered, their leases will run out: {}", e.getMessage());
        }
        if (port != null) {
            port.close();
        }
        made.role().stop();
        vertx.close();
        log.info("stopped");
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(START_TIMEOUT_S, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new StartException(String.valueOf(cause.getMessage()), cause);
        } catch (TimeoutException e) {
            throw new StartException("the start took longer than " + START_TIMEOUT_S + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted", e);
        }
    }
}
