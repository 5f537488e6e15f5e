package dev.rollcall.agent.client;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.agent.grpc.CallMetadata;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientOptions;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The API of one endpoint, over one HTTP/2 connection that is made when it is first needed and made anew when it was lost.
 * Nothing is ever sent twice; a call fails as soon as its fate is known, or with its deadline. May be used from any number of
 * event loops; each call stays on its caller's.
 */
public final class EtcdClient implements Backend {
    private static final int WINDOW_BYTES = 1 << 20;
    private static final int CONNECTION_WINDOW_BYTES = 1 << 24;
    private static final int UNIMPLEMENTED = 12;

    private static final Map<EtcdMethod, ServiceMethod<Buffer, Buffer>> METHODS = new EnumMap<>(EtcdMethod.class);
    private static final ServiceMethod<Buffer, Buffer> HEALTH = method("grpc.health.v1", "Health", "Check");
    private static final Buffer NOBODY_IN_PARTICULAR = Buffer.buffer();
    private static final Buffer SERVING = Buffer.buffer(new byte[] {0x08, 1});

    static {
        for (EtcdMethod method : EtcdMethod.values()) {
            METHODS.put(method, method(EtcdMethod.PACKAGE, method.service(), method.method()));
        }
    }

    private final Vertx vertx;
    private final Endpoint endpoint;
    private final ClientOptions options;
    private final GrpcClient client;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger streams = new AtomicInteger();
    private volatile long heardNanos = System.nanoTime();
    private volatile boolean streamWaits;
    private volatile @Nullable HttpConnection connection;

    /** A client of one endpoint; it connects with its first call. */
    public EtcdClient(Vertx vertx, Endpoint endpoint, ClientOptions options) {
        this.vertx = vertx;
        this.endpoint = endpoint;
        this.options = options;
        HttpClientOptions http = new HttpClientOptions()
                .setDefaultHost(endpoint.host())
                .setDefaultPort(endpoint.port())
                .setConnectTimeout(options.connectTimeoutMs())
                .setHttp2ClearTextUpgrade(false)
                .setHttp2ConnectionWindowSize(CONNECTION_WINDOW_BYTES)
                .setInitialSettings(new Http2Settings().setInitialWindowSize(WINDOW_BYTES));
        this.client =
                GrpcClient.client(vertx, new GrpcClientOptions().setMaxMessageSize(options.maxMessageBytes()), http);
    }

    private static ServiceMethod<Buffer, Buffer> method(String packageName, String service, String method) {
        return ServiceMethod.client(
                ServiceName.create(packageName, service),
                method,
                GrpcMessageEncoder.IDENTITY,
                GrpcMessageDecoder.IDENTITY);
    }

    /** The endpoint it speaks to. */
    public Endpoint endpoint() {
        return endpoint;
    }

    /** The local IP address of its connection; null while there is none. */
    public @Nullable String localAddress() {
        HttpConnection open = connection;
        SocketAddress address = open == null ? null : open.localAddress();
        return address == null ? null : address.hostAddress();
    }

    @Override
    public Future<Buffer> unary(EtcdMethod method, Buffer request, CallContext context) {
        long timeoutMs = context.timeoutMs() > 0 ? context.timeoutMs() : options.callTimeoutMs();
        return attempt(method, request, context, timeoutMs)
                .recover(cause -> Future.failedFuture(cause instanceof UnsentException unsent ? named(unsent) : cause));
    }

    @Override
    public StreamCall open(EtcdMethod method, CallContext context, StreamSink sink) {
        ClientStream stream = new ClientStream(options.maxMessageBytes(), sink, client -> {});
        stream.begin(request(method, context)
                .map(request -> new ClientStream.Opened(this, request))
                .recover(
                        cause -> Future.failedFuture(cause instanceof UnsentException unsent ? named(unsent) : cause)));
        return stream;
    }

    /** Asks the endpoint whether it is alive, if need be after connecting. Fails if it is not, or says so too late. */
    public Future<Void> probe() {
        return new UnaryCall(vertx, this, options.maxMessageBytes())
                .begin(request(HEALTH), NOBODY_IN_PARTICULAR, options.probeTimeoutMs())
                .transform((status, cause) -> {
                    if (cause == null) {
                        return SERVING.equals(status)
                                ? Future.succeededFuture()
                                : Future.failedFuture(new UnsentException("not serving"));
                    }
                    // Whoever says that it has no health service is alive.
                    return cause instanceof EtcdException answer && answer.code() == UNIMPLEMENTED
                            ? Future.succeededFuture()
                            : Future.failedFuture(cause);
                });
    }

    /** Drops the connection and with it every call and stream on it; the next call connects again. */
    public void disconnect() {
        HttpConnection open = connection;
        if (open != null) {
            open.close();
        }
    }

    /** Closes it for good. */
    public Future<Void> close() {
        return client.close();
    }

    /** One try of a unary call: fails with {@link UnsentException} if it certainly had no effect. */
    Future<Buffer> attempt(EtcdMethod method, Buffer message, CallContext context, long timeoutMs) {
        return new UnaryCall(vertx, this, options.maxMessageBytes())
                .begin(request(method, context), message, timeoutMs);
    }

    /** A request with its metadata; fails with {@link UnsentException}. */
    Future<GrpcClientRequest<Buffer, Buffer>> request(EtcdMethod method, CallContext context) {
        ServiceMethod<Buffer, Buffer> target = METHODS.get(method);
        if (target == null) {
            throw new IllegalStateException("no method " + method);
        }
        return request(target).map(request -> {
            if (context.requireLeader()) {
                request.headers().set(CallMetadata.REQUIRE_LEADER, "true");
            }
            String token = context.token();
            if (token != null) {
                request.headers().set(CallMetadata.TOKEN, token);
            }
            if (context.timeoutMs() > 0) {
                request.timeout(context.timeoutMs(), TimeUnit.MILLISECONDS);
            }
            return request;
        });
    }

    private Future<GrpcClientRequest<Buffer, Buffer>> request(ServiceMethod<Buffer, Buffer> method) {
        if (waiting.get() + streams.get() >= options.maxCalls()) {
            return Future.failedFuture(new UnsentException(
                    "more than " + options.maxCalls() + " calls", EtcdError.TOO_MANY_REQUESTS.exception()));
        }
        // Composed, as a closed client throws instead of failing the future.
        return inTime(Future.succeededFuture()
                .compose(v -> client.request(method))
                .map(request -> {
                    connection = request.connection();
                    return request;
                })
                .recover(cause -> Future.failedFuture(new UnsentException(WireFailures.reason(cause)))));
    }

    /** Bounds the wait for a connection, which may be accepted and then fall silent, and for a free stream on it. */
    private Future<GrpcClientRequest<Buffer, Buffer>> inTime(Future<GrpcClientRequest<Buffer, Buffer>> request) {
        if (request.isComplete()) {
            return request;
        }
        Promise<GrpcClientRequest<Buffer, Buffer>> outcome = Promise.promise();
        long timer = vertx.setTimer(
                options.connectTimeoutMs(), id -> outcome.tryFail(new UnsentException("no connection in time")));
        request.onComplete(
                ready -> {
                    vertx.cancelTimer(timer);
                    if (!outcome.tryComplete(ready)) {
                        ready.cancel();
                    }
                },
                cause -> {
                    vertx.cancelTimer(timer);
                    outcome.tryFail(cause);
                });
        return outcome.future();
    }

    EtcdException named(UnsentException unsent) {
        EtcdException answer = unsent.answer();
        return answer.code() == UnsentException.UNAVAILABLE
                ? new EtcdException(answer.code(), "rollcall: endpoint " + endpoint + ": " + unsent.reason())
                : answer;
    }

    /** The connection or a stream on it broke after something was sent. */
    EtcdException lost() {
        return new EtcdException(UnsentException.UNAVAILABLE, "rollcall: connection to " + endpoint + " lost");
    }

    void heard() {
        heardNanos = System.nanoTime();
        streamWaits = false;
    }

    /** Something was said on a stream, which mostly has an answer: a renewal that gets none may cost a lease. */
    void asked() {
        streamWaits = true;
    }

    void waits(int change) {
        waiting.addAndGet(change);
    }

    void streams(int change) {
        streams.addAndGet(change);
    }

    boolean isBusy() {
        return waiting.get() + streams.get() > 0;
    }

    /** Whether it has been silent for so long that it should be asked. */
    boolean isSilent() {
        long silentMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - heardNanos);
        boolean awaited = waiting.get() > 0 || streamWaits;
        return silentMs >= (awaited ? options.probeAfterMs() : options.idleProbeAfterMs());
    }
}
