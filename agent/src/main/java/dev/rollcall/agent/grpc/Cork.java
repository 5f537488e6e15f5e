package dev.rollcall.agent.grpc;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/*
 * Vert.x flushes after every write that it makes outside a read: twice for a unary reply, a system call each. Replies that
 * wait for a commit are all such writes, and come by the dozen. The flush is therefore put off to the end of the tasks that
 * the event loop has already queued; whatever those write to the same connection leaves with it. A lone reply waits for
 * nothing, as the loop finds the flush as its next task.
 */

/**
 * Joins the flushes of one connection that happen in one round of its event loop. The only class that reaches for Vert.x's
 * own channel.
 */
final class Cork extends ChannelOutboundHandlerAdapter {
    private boolean flushQueued;

    private Cork() {}

    /** To be given to a server as its connection handler. */
    static void install(HttpConnection connection) {
        if (connection instanceof ConnectionBase base) {
            base.channelHandlerContext().pipeline().addFirst("cork", new Cork());
            Authority.install(base.channelHandlerContext());
        }
    }

    /** Drops a connection at once, with all that waits to be sent on it. */
    static void closeNow(HttpConnection connection) {
        if (connection instanceof ConnectionBase base) {
            base.channelHandlerContext()
                    .channel()
                    .unsafe()
                    .close(base.channelHandlerContext().channel().voidPromise());
        }
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        if (!flushQueued) {
            flushQueued = true;
            context.executor().execute(() -> flushNow(context));
        }
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) throws Exception {
        flushNow(context);
        super.close(context, promise);
    }

    @Override
    public void disconnect(ChannelHandlerContext context, ChannelPromise promise) throws Exception {
        flushNow(context);
        super.disconnect(context, promise);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        flushNow(context);
    }

    private void flushNow(ChannelHandlerContext context) {
        if (flushQueued) {
            flushQueued = false;
            context.flush();
        }
    }
}
