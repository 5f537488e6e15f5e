package dev.rollcall.agent.bench.wire;

import dev.rollcall.agent.call.EtcdMethod;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.EnumMap;
import java.util.Map;

/**
 * Header blocks of the requests of one connection. Once HPACK's table holds all headers of a method, its block is a row of
 * indexes, the same each time until something else enters the table: it is then copied instead of encoded.
 */
final class RequestHeaders {
    /** A block and the state of the table that it is valid for. */
    private record Block(byte[] bytes, int tableState) {}

    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final String authority;
    private final Map<EtcdMethod, Http2Headers> headers = new EnumMap<>(EtcdMethod.class);
    private final Map<EtcdMethod, Block> blocks = new EnumMap<>(EtcdMethod.class);
    private int tableState;

    RequestHeaders(String authority) {
        this.authority = authority;
    }

    /** The peer's table for our headers holds at most so many bytes. */
    void tableSize(long bytes) throws Http2Exception {
        encoder.maxHeaderTableSize(Math.min(bytes, encoder.maxHeaderTableSize()));
        tableState++;
    }

    void write(EtcdMethod method, int stream, ByteBuf out) throws Http2Exception {
        Block known = blocks.get(method);
        if (known != null && known.tableState == tableState) {
            out.writeBytes(known.bytes);
            return;
        }
        int begin = out.writerIndex();
        encoder.encodeHeaders(stream, headers.computeIfAbsent(method, this::describe), out);
        byte[] bytes = new byte[out.writerIndex() - begin];
        out.getBytes(begin, bytes);
        if (!ResponseHeaders.isAllIndexed(bytes)) {
            tableState++;
        }
        blocks.put(method, new Block(bytes, ResponseHeaders.isAllIndexed(bytes) ? tableState : -1));
    }

    private Http2Headers describe(EtcdMethod method) {
        return new DefaultHttp2Headers(false)
                .method("POST")
                .scheme("http")
                .path("/" + EtcdMethod.PACKAGE + "." + method.service() + "/" + method.method())
                .authority(authority)
                .add("content-type", "application/grpc")
                .add("user-agent", "rollcall-bench")
                .add("te", "trailers");
    }
}
