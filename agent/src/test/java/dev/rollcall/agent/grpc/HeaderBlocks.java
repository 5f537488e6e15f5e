package dev.rollcall.agent.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;

/** Header blocks of one connection's requests, by Netty's codec, which knows nothing of ours. */
final class HeaderBlocks {
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();

    byte[] call(String path) throws Http2Exception {
        return of(new DefaultHttp2Headers()
                .method("POST")
                .scheme("http")
                .path(path)
                .authority("http://127.0.0.1:2379")
                .add("content-type", "application/grpc")
                .add("te", "trailers"));
    }

    byte[] of(Http2Headers headers) throws Http2Exception {
        ByteBuf block = Unpooled.buffer();
        encoder.encodeHeaders(1, headers, block);
        byte[] bytes = new byte[block.readableBytes()];
        block.readBytes(bytes);
        return bytes;
    }
}
