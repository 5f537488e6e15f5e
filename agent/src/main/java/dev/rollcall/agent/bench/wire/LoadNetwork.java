package dev.rollcall.agent.bench.wire;

import dev.rollcall.agent.client.Endpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The event loops of a load generator, and its connections. */
public final class LoadNetwork implements AutoCloseable {
    private static final int CONNECT_TIMEOUT_MS = 5_000;

    private final EventLoopGroup loops;

    /** @param threads event loops, at least 1 */
    public LoadNetwork(int threads) {
        IoHandlerFactory handlers = Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        loops = new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory("bench", true), handlers);
    }

    /** Connects; completes when the server has said that it speaks HTTP/2. */
    public CompletableFuture<GrpcConnection> connect(Endpoint endpoint) {
        Class<? extends SocketChannel> type = Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
        GrpcConnection connection = new GrpcConnection(endpoint.toString());
        var unused = new Bootstrap()
                .group(loops)
                .channel(type)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
                .handler(connection)
                .connect(endpoint.host(), endpoint.port())
                .addListener(done -> {
                    if (!done.isSuccess()) {
                        connection
                                .ready()
                                .completeExceptionally(new IOException("cannot connect to " + endpoint, done.cause()));
                    }
                });
        return connection.ready().orTimeout(CONNECT_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
