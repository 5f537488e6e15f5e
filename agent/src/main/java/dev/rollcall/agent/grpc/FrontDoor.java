package dev.rollcall.agent.grpc;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.HttpServerImpl;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.core.net.impl.NetServerImpl;
import io.vertx.core.net.impl.NetServerInternal;

/**
 * An HTTP server whose gRPC connections are taken out before its own protocols see them. The only class that reaches for
 * what is internal to Vert.x: a server has no public way to look at a connection's first bytes.
 */
final class FrontDoor extends VertxWrapper {
    private final ClientPort.Limits limits;
    private final ClientConnections connections;
    private final Opening opening;

    FrontDoor(VertxInternal vertx, ClientPort.Limits limits, ClientConnections connections, Opening opening) {
        super(vertx);
        this.limits = limits;
        this.connections = connections;
        this.opening = opening;
    }

    /** A server behind this door; on an event loop. */
    HttpServer server(HttpServerOptions options) {
        return new HttpServerImpl(this, new HttpServerOptions(options));
    }

    @Override
    public NetServerInternal createNetServer(NetServerOptions options) {
        return new NetServerImpl(delegate, options) {
            @Override
            public synchronized NetServerInternal connectHandler(Handler<NetSocket> handler) {
                return super.connectHandler(socket -> {
                    handler.handle(socket);
                    guard((NetSocketInternal) socket);
                });
            }
        };
    }

    private void guard(NetSocketInternal socket) {
        Channel channel = socket.channelHandlerContext().channel();
        if (!connections.admit()) {
            GrpcConnection.closeNow(channel);
            return;
        }
        channel.closeFuture().addListener(closed -> connections.closed());
        ContextInternal loop = ((ConnectionBase) socket).context();
        String remote = String.valueOf(socket.remoteAddress());
        FirstRequest first = new FirstRequest(
                limits,
                opening,
                acknowledged ->
                        new GrpcConnection(loop, remote, this::begin, limits, connections.ledger(), acknowledged));
        // Before the handlers of HTTP, behind the one of TLS if there is one.
        if (socket.isSsl()) {
            channel.pipeline().addAfter("ssl", "first-request", first);
        } else {
            channel.pipeline().addFirst("first-request", first);
        }
    }

    private void begin(CallStream call, Http2Headers headers) {
        GrpcFace face = opening.face();
        if (face == null) {
            call.refuse();
        } else {
            face.begin(call, headers);
        }
    }
}
