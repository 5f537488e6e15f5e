package dev.rollcall.agent.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a new connection up to the headers of its first request, which decide who serves it: gRPC's own HTTP/2, or, handed
 * on untouched, whatever HTTP stands behind. A connection then stays with one of them.
 */
final class FirstRequest extends ChannelInboundHandlerAdapter {
    /** What is read and not decided by then is left to plain HTTP. */
    private static final int BYTES_MAX = 64 << 10;

    private final ClientPort.Limits limits;
    private final Supplier<GrpcConnection> grpc;
    private @Nullable ByteBuf held;
    private boolean greeted;

    FirstRequest(ClientPort.Limits limits, Supplier<GrpcConnection> grpc) {
        this.limits = limits;
        this.grpc = grpc;
    }

    private enum Protocol {
        GRPC,
        HTTP,
        UNKNOWN_YET
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf more = (ByteBuf) message;
        ByteBuf before = held;
        ByteBuf all = more;
        if (before != null) {
            all = Unpooled.buffer(before.readableBytes() + more.readableBytes());
            all.writeBytes(before).writeBytes(more);
            before.release();
            more.release();
        }
        held = null;
        Protocol protocol = protocol(all);
        if (protocol == Protocol.UNKNOWN_YET) {
            held = all;
            greet(context, all);
            return;
        }
        if (protocol == Protocol.GRPC) {
            greet(context, all);
            context.pipeline().addAfter(context.name(), "grpc", grpc.get());
        }
        context.fireChannelRead(all);
        context.pipeline().remove(this);
    }

    /** Some clients send no request before they have seen settings. Plain HTTP sends its own again, which are the same. */
    @SuppressWarnings("FutureReturnValueIgnored") // a write that fails is an exception of the channel
    private void greet(ChannelHandlerContext context, ByteBuf in) {
        if (!greeted && in.readableBytes() >= Http2.PREFACE.length()) {
            greeted = true;
            context.writeAndFlush(GrpcConnection.settings(limits), context.voidPromise());
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (held == null) {
            context.fireChannelReadComplete();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        ByteBuf rest = held;
        held = null;
        if (rest != null) {
            rest.release();
        }
    }

    /** The first frame that is no setting or window tells: headers by their content type; pings come from gRPC alone. */
    private static Protocol protocol(ByteBuf in) {
        int preface = Http2.PREFACE.length();
        int start = in.readerIndex();
        for (int i = 0; i < Math.min(preface, in.readableBytes()); i++) {
            if (in.getByte(start + i) != Http2.PREFACE.charAt(i)) {
                return Protocol.HTTP;
            }
        }
        int at = start + preface;
        while (at + Http2.FRAME_HEADER_BYTES <= in.writerIndex()) {
            int length = in.getUnsignedMedium(at);
            int type = in.getByte(at + 3);
            int flags = in.getByte(at + 4);
            boolean whole = at + Http2.FRAME_HEADER_BYTES + length <= in.writerIndex();
            if (type == Http2.PING) {
                return Protocol.GRPC;
            }
            if (type == Http2.HEADERS && (whole || length > Http2.FRAME_BYTES_MAX)) {
                return whole && isGrpc(flags, in.slice(at + Http2.FRAME_HEADER_BYTES, length))
                        ? Protocol.GRPC
                        : Protocol.HTTP;
            }
            if (!whole) {
                break;
            }
            at += Http2.FRAME_HEADER_BYTES + length;
        }
        return in.readableBytes() > BYTES_MAX ? Protocol.HTTP : Protocol.UNKNOWN_YET;
    }

    /** Headers that go on in further frames are decoded by whoever serves them; here they count as gRPC's. */
    private static boolean isGrpc(int flags, ByteBuf payload) {
        if ((flags & Http2.END_HEADERS) == 0) {
            return true;
        }
        RequestHeaders headers = new RequestHeaders();
        try {
            headers.begin(1, flags, FrameReader.unpadded(flags, payload));
            Http2Headers decoded = headers.complete();
            return decoded != null && GrpcFace.isGrpc(decoded);
        } catch (ConnectionError e) {
            return false;
        }
    }
}
