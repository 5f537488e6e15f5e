package dev.rollcall.agent.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Enters messages that one connection has begun and not finished in the {@link CallLedger}, for they are collected in memory
 * until they are whole. Follows the frames of gRPC (a flag, four bytes of length, the message) through those of HTTP/2. A
 * message that comes in one piece, as nearly all do, costs a look at its length.
 */
final class HalfRequests extends Http2FrameListenerDecorator {
    private static final int PREFIX_BYTES = 5;

    /** A message on its way in. */
    private static final class Half {
        private int prefixBytes;
        private long length;
        private long received;

        private boolean whole() {
            return prefixBytes == PREFIX_BYTES && received >= length;
        }
    }

    private final HttpConnection connection;
    private final CallLedger ledger;
    private final IntObjectMap<Half> halves = new IntObjectHashMap<>(4);

    private HalfRequests(Http2FrameListener next, HttpConnection connection, CallLedger ledger) {
        super(next);
        this.connection = connection;
        this.ledger = ledger;
    }

    /** Follows a connection if it speaks HTTP/2. */
    static void install(HttpConnection connection, CallLedger ledger) {
        if (connection instanceof ConnectionBase base) {
            Http2ConnectionHandler handler =
                    base.channelHandlerContext().pipeline().get(Http2ConnectionHandler.class);
            if (handler != null) {
                Http2ConnectionDecoder decoder = handler.decoder();
                HalfRequests follower = new HalfRequests(decoder.frameListener(), connection, ledger);
                decoder.frameListener(follower);
                // However it ends: whole, reset by either side, or with its connection.
                handler.connection().addListener(new Http2ConnectionAdapter() {
                    @Override
                    public void onStreamClosed(Http2Stream stream) {
                        follower.forget(stream.id());
                    }
                });
            }
        }
    }

    @Override
    public int onDataRead(ChannelHandlerContext context, int streamId, ByteBuf data, int padding, boolean endOfStream)
            throws Http2Exception {
        if (endOfStream) {
            forget(streamId);
        } else {
            follow(streamId, data);
        }
        return super.onDataRead(context, streamId, data, padding, endOfStream);
    }

    private void follow(int streamId, ByteBuf data) {
        Half half = halves.get(streamId);
        int at = data.readerIndex();
        int end = data.writerIndex();
        if (half == null && end - at >= PREFIX_BYTES && data.getUnsignedInt(at + 1) == end - at - PREFIX_BYTES) {
            return;
        }
        long before = half == null ? 0 : half.received;
        while (at < end) {
            if (half == null || half.whole()) {
                half = new Half();
            }
            at = half.prefixBytes < PREFIX_BYTES ? prefix(half, data, at) : body(half, at, end);
        }
        if (half == null || half.whole() || !ledger.collects(half.length)) {
            halves.remove(streamId);
            if (before > 0) {
                ledger.left(connection, (int) before);
            }
            return;
        }
        halves.put(streamId, half);
        enter(half.received - before);
    }

    private static int prefix(Half half, ByteBuf data, int at) {
        if (half.prefixBytes > 0) {
            half.length = half.length << 8 | data.getUnsignedByte(at);
        }
        half.prefixBytes++;
        return at + 1;
    }

    private static int body(Half half, int at, int end) {
        int taken = (int) Math.min(half.length - half.received, end - at);
        half.received += taken;
        return at + taken;
    }

    /** What was entered for this stream so far has changed by this much. */
    private void enter(long bytes) {
        if (bytes < 0) {
            ledger.left(connection, (int) -bytes);
        } else if (bytes > 0) {
            ledger.waits(connection, (int) bytes);
            if (!ledger.hasRoom()) {
                ledger.cutOff(connection);
            }
        }
    }

    private void forget(int streamId) {
        Half half = halves.remove(streamId);
        if (half != null && half.received > 0) {
            ledger.left(connection, (int) half.received);
        }
    }
}
