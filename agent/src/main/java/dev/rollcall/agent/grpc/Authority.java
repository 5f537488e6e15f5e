package dev.rollcall.agent.grpc;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;

/*
 * etcdctl 3.4 and other clients of clientv3 before 3.5 that ask one endpoint by its URL send that URL, scheme and all, as the
 * :authority of their requests. Vert.x takes it for no authority and resets the stream; etcd does not look at it.
 */

/** Cuts the scheme off an {@code :authority} before Vert.x sees it. */
final class Authority extends Http2FrameListenerDecorator {
    private Authority(Http2FrameListener listener) {
        super(listener);
    }

    /** Puts it before what reads the frames of this connection, if that speaks HTTP/2. */
    static void install(ChannelHandlerContext context) {
        Http2ConnectionHandler handler = context.pipeline().get(Http2ConnectionHandler.class);
        if (handler != null) {
            Http2ConnectionDecoder decoder = handler.decoder();
            decoder.frameListener(new Authority(decoder.frameListener()));
        }
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context, int streamId, Http2Headers headers, int padding, boolean endOfStream)
            throws Http2Exception {
        super.onHeadersRead(context, streamId, clean(headers), padding, endOfStream);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context,
            int streamId,
            Http2Headers headers,
            int dependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean endOfStream)
            throws Http2Exception {
        super.onHeadersRead(context, streamId, clean(headers), dependency, weight, exclusive, padding, endOfStream);
    }

    private static Http2Headers clean(Http2Headers headers) {
        CharSequence authority = headers.authority();
        if (authority != null) {
            String text = authority.toString();
            int scheme = text.indexOf("://");
            if (scheme >= 0) {
                int path = text.indexOf('/', scheme + 3);
                headers.authority(text.substring(scheme + 3, path < 0 ? text.length() : path));
            }
        }
        return headers;
    }
}
