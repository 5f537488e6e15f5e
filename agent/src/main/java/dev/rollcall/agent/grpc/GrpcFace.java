package dev.rollcall.agent.grpc;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcProtocol;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import io.vertx.grpc.server.GrpcServerRequest;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * etcd's gRPC services over HTTP/2, carried out by a {@link Backend}. Messages stay bytes: this class knows methods,
 * metadata, statuses and limits, and no message. One instance serves any number of servers and event loops; a call stays on
 * the loop of its connection.
 */
public final class GrpcFace implements Handler<HttpServerRequest> {
    /** What etcd allows a message beyond the request in it. */
    static final long OVERHEAD_BYTES = 512 * 1024;

    private static final String GRPC = "application/grpc";
    private static final int UNIMPLEMENTED = 12;
    /** Source: RFC 9113, section 8.7. */
    private static final long REFUSED_STREAM = 7;

    private final Vertx vertx;
    private final Backend backend;
    private final long maxMessageBytes;
    private final CallLedgers ledgers;
    private final GrpcServer server;
    private final Set<String> services = new LinkedHashSet<>();

    /**
     * @param maxRequestBytes largest request, as {@code --max-request-bytes} gives it; a message may be 512 KiB longer
     * @param ledgers of the event loops it serves
     */
    public GrpcFace(Vertx vertx, Backend backend, long maxRequestBytes, CallLedgers ledgers) {
        this.vertx = vertx;
        this.backend = backend;
        this.ledgers = ledgers;
        ledgers.refusesBeyond(maxRequestBytes + OVERHEAD_BYTES);
        this.maxMessageBytes = maxRequestBytes + OVERHEAD_BYTES;
        this.server = GrpcServer.server(
                vertx,
                new GrpcServerOptions()
                        .removeEnabledProtocol(GrpcProtocol.TRANSCODING)
                        .removeEnabledProtocol(GrpcProtocol.WEB)
                        .removeEnabledProtocol(GrpcProtocol.WEB_TEXT)
                        .setMaxMessageSize(maxMessageBytes));
        for (EtcdMethod method : EtcdMethod.values()) {
            serve(EtcdMethod.PACKAGE, method.service(), method.method(), request -> call(method, request));
        }
        serve(
                HealthService.PACKAGE,
                HealthService.NAME,
                "Check",
                request -> HealthService.check(ledgers.own(), request));
        serve(
                HealthService.PACKAGE,
                HealthService.NAME,
                "Watch",
                request -> HealthService.watch(ledgers.own(), request));
        server.callHandler(this::unimplemented);
    }

    /** Whether a request is meant for gRPC. */
    public static boolean isGrpc(HttpServerRequest request) {
        String contentType = request.getHeader("content-type");
        return contentType != null && contentType.startsWith(GRPC);
    }

    @Override
    public void handle(HttpServerRequest request) {
        @Nullable String path = request.path();
        if (path == null || path.lastIndexOf('/') <= 0) {
            request.response().setStatusCode(404).end();
            return;
        }
        if (!ledgers.own().mayBegin()) {
            notBegun(request);
            return;
        }
        if (request.getHeader("grpc-encoding") == null) {
            request.headers().set("grpc-encoding", MessageEncoding.NONE_NAMED);
        }
        server.handle(request);
    }

    /** Refuses a call so that its client knows that nothing of it was done, and may take it elsewhere. */
    public static void notBegun(HttpServerRequest request) {
        request.response().reset(REFUSED_STREAM);
    }

    private void serve(
            String packageName, String service, String method, Handler<GrpcServerRequest<Buffer, Buffer>> handler) {
        ServiceName name = ServiceName.create(packageName, service);
        services.add(name.fullyQualifiedName());
        server.callHandler(
                ServiceMethod.server(name, method, GrpcMessageEncoder.IDENTITY, GrpcMessageDecoder.IDENTITY), handler);
    }

    private void call(EtcdMethod method, GrpcServerRequest<Buffer, Buffer> request) {
        String encoding = request.encoding();
        if (!encoding.equals(MessageEncoding.NONE_NAMED) && !MessageEncoding.isKnown(encoding)) {
            refuse(request, "grpc: Decompressor is not installed for grpc-encoding \"" + encoding + "\"");
            return;
        }
        CallContext context;
        try {
            context = CallMetadata.context(request);
        } catch (EtcdException e) {
            new Reply(request, ledgers.own(), () -> {}).fail(e);
            return;
        }
        if (method.kind() == EtcdMethod.Kind.STREAM) {
            StreamExchange.begin(vertx, backend, method, context, maxMessageBytes, ledgers.own(), request);
        } else {
            UnaryExchange.begin(backend, method, context, maxMessageBytes, ledgers.own(), request);
        }
    }

    private void unimplemented(GrpcServerRequest<Buffer, Buffer> request) {
        String path = request.fullMethodName();
        int slash = path.lastIndexOf('/');
        String service = path.substring(0, slash);
        refuse(
                request,
                services.contains(service)
                        ? "unknown method " + path.substring(slash + 1) + " for service " + service
                        : "unknown service " + service);
    }

    private void refuse(GrpcServerRequest<Buffer, Buffer> request, String text) {
        new Reply(request, ledgers.own(), () -> {}).fail(new EtcdException(UNIMPLEMENTED, text));
    }
}
