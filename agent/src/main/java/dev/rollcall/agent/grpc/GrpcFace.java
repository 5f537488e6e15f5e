package dev.rollcall.agent.grpc;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.error.EtcdException;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * etcd's gRPC services over HTTP/2, carried out by a {@link Backend}. Messages stay bytes: this class knows methods,
 * metadata, statuses and limits, and no message. One instance serves any number of servers and event loops; a call stays on
 * the loop of its connection.
 */
public final class GrpcFace {
    /** What etcd allows a message beyond the request in it. */
    static final long OVERHEAD_BYTES = 512 * 1024;

    private static final String GRPC = "application/grpc";
    private static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");
    private static final AsciiString ENCODING = AsciiString.cached("grpc-encoding");
    private static final int UNIMPLEMENTED = 12;
    private static final int UNSUPPORTED_MEDIA_TYPE = 415;
    private static final int MISDIRECTED_REQUEST = 421;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;

    /** What serves a method. */
    private interface Service {
        void serve(CallStream call, Http2Headers headers);
    }

    private final Vertx vertx;
    private final Backend backend;
    private final long maxMessageBytes;
    private final Map<String, Service> methods = new HashMap<>();
    private final Set<String> services = new HashSet<>();

    /**
     * @param maxRequestBytes largest request, as {@code --max-request-bytes} gives it; a message may be 512 KiB longer
     */
    public GrpcFace(Vertx vertx, Backend backend, long maxRequestBytes) {
        this.vertx = vertx;
        this.backend = backend;
        this.maxMessageBytes = maxRequestBytes + OVERHEAD_BYTES;
        for (EtcdMethod method : EtcdMethod.values()) {
            add(
                    EtcdMethod.PACKAGE + "." + method.service(),
                    method.method(),
                    (call, headers) -> call(method, call, headers));
        }
        String health = HealthService.PACKAGE + "." + HealthService.NAME;
        add(health, "Check", (call, headers) -> call.serve(HealthService.check(call), maxMessageBytes));
        add(health, "Watch", (call, headers) -> call.serve(HealthService.watch(call), maxMessageBytes));
    }

    private void add(String service, String method, Service by) {
        services.add(service);
        methods.put("/" + service + "/" + method, by);
    }

    /** Whether a request is meant for gRPC. */
    static boolean isGrpc(Http2Headers headers) {
        CharSequence type = headers.get(CONTENT_TYPE);
        return type != null && AsciiString.regionMatches(type, false, 0, GRPC, 0, GRPC.length());
    }

    /**
     * Plain HTTP's handler, but for gRPC calls among its requests: those over HTTP/1.1 cannot be, and those of a connection
     * that began with other requests belong on one of their own.
     */
    static Handler<HttpServerRequest> refusing(Handler<HttpServerRequest> http) {
        return request -> {
            String type = request.getHeader(CONTENT_TYPE);
            if (type == null || !type.startsWith(GRPC)) {
                http.handle(request);
            } else {
                request.response()
                        .setStatusCode(
                                request.version() == HttpVersion.HTTP_2 ? MISDIRECTED_REQUEST : UNSUPPORTED_MEDIA_TYPE)
                        .end();
            }
        };
    }

    /** A call has come. */
    void begin(CallStream call, Http2Headers headers) {
        // The text is kept with the header, and the header in the connection's table.
        @Nullable String path = headers.path() == null ? null : headers.path().toString();
        if (!isGrpc(headers)) {
            call.refuse(UNSUPPORTED_MEDIA_TYPE);
        } else if (headers.method() == null || !AsciiString.contentEquals(headers.method(), "POST")) {
            call.refuse(METHOD_NOT_ALLOWED);
        } else if (path == null || path.lastIndexOf('/') <= 0) {
            call.refuse(NOT_FOUND);
        } else {
            Service service = methods.get(path);
            if (service == null) {
                call.fail(UNIMPLEMENTED, unimplemented(path));
            } else {
                service.serve(call, headers);
            }
        }
    }

    private void call(EtcdMethod method, CallStream call, Http2Headers headers) {
        CharSequence given = headers.get(ENCODING);
        @Nullable String encoding = given == null ? null : given.toString();
        if (encoding != null && !MessageEncoding.isKnown(encoding)) {
            call.fail(UNIMPLEMENTED, "grpc: Decompressor is not installed for grpc-encoding \"" + encoding + "\"");
            return;
        }
        CallContext context;
        try {
            context = CallMetadata.context(headers, call.remote());
        } catch (EtcdException e) {
            Reply.fail(call, e);
            return;
        }
        if (method.kind() == EtcdMethod.Kind.STREAM) {
            StreamExchange exchange = new StreamExchange(vertx, encoding, maxMessageBytes, call);
            call.serve(exchange, maxMessageBytes);
            exchange.open(backend, method, context);
        } else {
            call.serve(new UnaryExchange(backend, method, context, encoding, maxMessageBytes, call), maxMessageBytes);
        }
    }

    private String unimplemented(String path) {
        int slash = path.lastIndexOf('/');
        String service = path.substring(1, slash);
        return services.contains(service)
                ? "unknown method " + path.substring(slash + 1) + " for service " + service
                : "unknown service " + service;
    }
}
