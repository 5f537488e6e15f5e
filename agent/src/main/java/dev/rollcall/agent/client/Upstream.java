package dev.rollcall.agent.client;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API of a cluster, members or a real etcd, through whichever of its endpoints serves. It keeps to one endpoint and leaves
 * it when it fails, refuses or hangs. A read is tried at another endpoint; a write only if it certainly never took effect, and
 * so is never done twice. A stream lives and dies with its stream at the endpoint. What an endpoint answers is passed on byte
 * for byte.
 */
public final class Upstream implements Backend {
    private static final Logger LOG = LoggerFactory.getLogger(Upstream.class);
    private static final long TICK_MS = 500;
    private static final long LONGEST_WAIT_MS = 400;

    private final Vertx vertx;
    private final ClientOptions options;
    private final Map<Endpoint, EtcdClient> clients = new LinkedHashMap<>();
    private final EndpointSet set;
    private final Set<EtcdClient> probing = ConcurrentHashMap.newKeySet();
    private final long ticker;
    private volatile boolean closed;

    /**
     * @param endpoints the cluster's; a first one is chosen by chance, so that many clients spread over all
     * @param random that chance, and the spread of retries
     */
    public Upstream(Vertx vertx, List<Endpoint> endpoints, ClientOptions options, Random random) {
        this.vertx = vertx;
        this.options = options;
        List<Endpoint> order = new ArrayList<>(new HashSet<>(endpoints));
        order.sort((a, b) -> a.toString().compareTo(b.toString()));
        Collections.shuffle(order, random);
        for (Endpoint endpoint : order) {
            clients.put(endpoint, new EtcdClient(vertx, endpoint, options));
        }
        this.set = new EndpointSet(List.copyOf(clients.values()), random, System::nanoTime);
        this.ticker = vertx.setPeriodic(TICK_MS, id -> watchOver());
    }

    /** The endpoint in use, or the next to be tried. */
    public Endpoint currentEndpoint() {
        return set.current().endpoint();
    }

    /** The local IP address of the connection in use, null while there is none: where others reach this host. */
    public @Nullable String localAddress() {
        return set.current().localAddress();
    }

    /** All endpoints. */
    public List<Endpoint> endpoints() {
        return List.copyOf(clients.keySet());
    }

    /**
     * Calls to one endpoint and no other, as for the status of each member.
     *
     * @throws IllegalArgumentException if it is none of {@link #endpoints}
     */
    public Backend to(Endpoint endpoint) {
        EtcdClient client = clients.get(endpoint);
        if (client == null) {
            throw new IllegalArgumentException("no endpoint of this upstream: " + endpoint);
        }
        return client;
    }

    /** Closes every connection. */
    public Future<Void> close() {
        closed = true;
        vertx.cancelTimer(ticker);
        List<Future<Void>> closing = new ArrayList<>();
        clients.values().forEach(client -> closing.add(client.close()));
        return Future.join(closing).mapEmpty();
    }

    @Override
    public Future<Buffer> unary(EtcdMethod method, Buffer request, CallContext context) {
        long timeoutMs = context.timeoutMs() > 0 ? context.timeoutMs() : options.callTimeoutMs();
        return new Attempts(method, request, context, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs))
                .begin();
    }

    @Override
    public StreamCall open(EtcdMethod method, CallContext context, StreamSink sink) {
        ClientStream stream = new ClientStream(options.maxMessageBytes(), sink, set::leave);
        EndpointSet.Round round = set.new Round();
        afterPause(round, () -> stream.begin(open(method, context, round)));
        return stream;
    }

    /** A call does not fail for a pause of all endpoints that is about to end. */
    private void afterPause(EndpointSet.Round round, Runnable call) {
        long waitMs = round.waitMs();
        if (waitMs > 0 && waitMs <= LONGEST_WAIT_MS) {
            vertx.setTimer(waitMs, id -> call.run());
        } else {
            call.run();
        }
    }

    private Future<ClientStream.Opened> open(EtcdMethod method, CallContext context, EndpointSet.Round round) {
        EtcdClient client = round.next();
        if (client == null) {
            return Future.failedFuture(unreachable());
        }
        return client.request(method, context).transform((request, cause) -> {
            if (cause == null) {
                set.worked(client);
                return Future.succeededFuture(new ClientStream.Opened(client, request));
            }
            if (cause instanceof UnsentException unsent) {
                set.failed(client, unsent.reason());
                return open(method, context, round);
            }
            return Future.failedFuture(cause);
        });
    }

    private EtcdException unreachable() {
        return new EtcdException(UnsentException.UNAVAILABLE, "rollcall: no endpoint can be reached: " + set.report());
    }

    /** Asks those that have been silent for too long, and hangs up on those that do not answer. */
    private void watchOver() {
        EtcdClient current = set.current();
        for (EtcdClient client : clients.values()) {
            if ((client == current || client.isBusy()) && client.isSilent() && probing.add(client)) {
                client.probe().onComplete(alive -> {
                    probing.remove(client);
                    if (closed) {
                        return;
                    }
                    if (alive.succeeded()) {
                        set.worked(client);
                    } else {
                        LOG.warn("endpoint {} does not answer: {}", client.endpoint(), reason(alive.cause()));
                        set.failed(client, reason(alive.cause()));
                        client.disconnect();
                    }
                });
            }
        }
    }

    private static String reason(Throwable cause) {
        return cause instanceof UnsentException unsent ? unsent.reason() : WireFailures.reason(cause);
    }

    /** One unary call over as many endpoints as it takes. */
    private final class Attempts {
        private final EtcdMethod method;
        private final Buffer message;
        private final CallContext context;
        private final long deadlineNanos;
        private final EndpointSet.Round round = set.new Round();
        private final Promise<Buffer> outcome = Promise.promise();
        private @Nullable EtcdException lastAnswer;

        Attempts(EtcdMethod method, Buffer message, CallContext context, long deadlineNanos) {
            this.method = method;
            this.message = message;
            this.context = context;
            this.deadlineNanos = deadlineNanos;
        }

        Future<Buffer> begin() {
            afterPause(round, this::next);
            return outcome.future();
        }

        private void next() {
            long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
            EtcdClient client = leftMs > 0 ? round.next() : null;
            if (client == null) {
                EtcdException answer = lastAnswer;
                outcome.fail(answer == null ? unreachable() : answer);
                return;
            }
            client.attempt(method, message, context, leftMs)
                    .onComplete(
                            answer -> {
                                set.worked(client);
                                outcome.complete(answer);
                            },
                            cause -> judge(client, cause));
        }

        private void judge(EtcdClient client, Throwable cause) {
            if (cause instanceof UnsentException unsent) {
                if (unsent.answer().code() == UnsentException.UNAVAILABLE) {
                    set.failed(client, unsent.reason());
                } else {
                    lastAnswer = unsent.answer();
                }
                next();
            } else if (cause instanceof EtcdException answer && canServeElsewhere(answer)) {
                set.leave(client);
                lastAnswer = answer;
                if (method.kind() == EtcdMethod.Kind.READ || isRefusal(answer)) {
                    next();
                } else {
                    outcome.fail(answer);
                }
            } else {
                if (cause instanceof EtcdException) {
                    set.worked(client);
                }
                outcome.fail(cause);
            }
        }

        private boolean canServeElsewhere(EtcdException answer) {
            return answer.code() == UnsentException.UNAVAILABLE || isRefusal(answer);
        }

        /** A learner refuses before it does anything, so that even a write may go on. */
        private boolean isRefusal(EtcdException answer) {
            return answer.code() == EtcdError.NOT_SUPPORTED_FOR_LEARNER.code()
                    && answer.text().equals(EtcdError.NOT_SUPPORTED_FOR_LEARNER.text());
        }
    }
}
