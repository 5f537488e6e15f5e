package dev.rollcall.agent.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a new connection up to the headers of its first request, which decide who serves it: gRPC's own HTTP/2, or, handed
 * on untouched, whatever HTTP stands behind. A connection then stays with one of them.
 */
final class FirstRequest extends ChannelInboundHandlerAdapter {
    /** What is read and not decided by then is left to plain HTTP. */
    private static final int BYTES_MAX = 64 << 10;

    private final ClientPort.Limits limits;
    private final Opening opening;
    private final Function<Boolean, GrpcConnection> grpc;
    private @Nullable ByteBuf held;
    private boolean greeted;
    private boolean acknowledged;
    private @Nullable Future<?> silence;
    private @Nullable Runnable opened;

    /**
     * @param opening whom it waits for with a caller who waits for settings
     * @param grpc makes what serves a connection; told whether the caller's settings have been acknowledged
     */
    FirstRequest(ClientPort.Limits limits, Opening opening, Function<Boolean, GrpcConnection> grpc) {
        this.limits = limits;
        this.opening = opening;
        this.grpc = grpc;
    }

    private enum Protocol {
        GRPC,
        HTTP,
        UNKNOWN_YET
    }

    /** A connection is kept for somebody who speaks; of HTTP/2 the preface is enough. */
    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        silence = context.executor()
                .schedule(() -> GrpcConnection.closeNow(context.channel()), limits.silenceMs(), TimeUnit.MILLISECONDS);
    }

    private void spoken() {
        Future<?> timer = silence;
        silence = null;
        if (timer != null) {
            timer.cancel(false);
        }
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
            greetOnceOpen(context, all);
            return;
        }
        if (protocol == Protocol.GRPC) {
            greet(context, all);
            context.pipeline().addAfter(context.name(), "grpc", grpc.apply(acknowledged));
        } else {
            readPieceByPiece(context.channel());
            if (acknowledged) {
                context.pipeline().addAfter(context.name(), "acknowledged", new AcknowledgedSettings());
            }
        }
        context.fireChannelRead(all);
        context.pipeline().remove(this);
    }

    /**
     * Who has been greeted counts this port among those that serve, and sends it a share of its calls. A refused one is made
     * again by some clients, once, and by others not at all.
     */
    private void greetOnceOpen(ChannelHandlerContext context, ByteBuf in) {
        if (opening.face() != null) {
            greet(context, in);
        } else if (opened == null && in.readableBytes() >= Http2.PREFACE.length()) {
            spoken();
            Runnable greeting = () -> context.executor().execute(() -> {
                ByteBuf now = held;
                if (now != null) {
                    greet(context, now);
                }
            });
            opened = greeting;
            opening.await(greeting);
        }
    }

    /**
     * Some clients send no request before they have seen settings, or end a connection on which theirs are never
     * acknowledged. Plain HTTP sends its own settings again, which are the same.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // a write that fails is an exception of the channel
    private void greet(ChannelHandlerContext context, ByteBuf in) {
        int preface = Http2.PREFACE.length();
        if (!greeted && in.readableBytes() >= preface) {
            greeted = true;
            spoken();
            context.writeAndFlush(FirstFrames.settings(limits), context.voidPromise());
        }
        if (!acknowledged && wholeFrame(in, in.readerIndex() + preface)) {
            acknowledged = true;
            context.writeAndFlush(FirstFrames.settingsAcknowledged(), context.voidPromise());
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
        spoken();
        Runnable greeting = opened;
        if (greeting != null) {
            opening.forget(greeting);
        }
        ByteBuf rest = held;
        held = null;
        if (rest != null) {
            rest.release();
        }
    }

    /** Netty's decoder keeps all that was read in one go until it is done with it. */
    private static void readPieceByPiece(Channel channel) {
        if (channel.config().getRecvByteBufAllocator() instanceof MaxMessagesRecvByteBufAllocator reads) {
            reads.maxMessagesPerRead(1);
        }
    }

    /** Headers tell by their content type. What else may not come before them is left to gRPC: pings, and mistakes. */
    private static Protocol protocol(ByteBuf in) {
        int preface = Http2.PREFACE.length();
        int start = in.readerIndex();
        for (int i = 0; i < Math.min(preface, in.readableBytes()); i++) {
            if (in.getByte(start + i) != Http2.PREFACE.charAt(i)) {
                return Protocol.HTTP;
            }
        }
        int at = start + preface;
        boolean first = true;
        while (at + Http2.FRAME_HEADER_BYTES <= in.writerIndex()) {
            int length = in.getUnsignedMedium(at);
            boolean headers = in.getByte(at + 3) == Http2.HEADERS;
            boolean allowed = first ? begins(in, at, length) : headers || mayPrecede(in, at, length);
            if (!allowed || length > Http2.FRAME_BYTES_MAX) {
                return Protocol.GRPC;
            }
            if (!wholeFrame(in, at)) {
                break;
            }
            if (headers) {
                return isGrpc(in.getByte(at + 4), in.slice(at + Http2.FRAME_HEADER_BYTES, length))
                        ? Protocol.GRPC
                        : Protocol.HTTP;
            }
            at += Http2.FRAME_HEADER_BYTES + length;
            first = false;
        }
        return in.readableBytes() > BYTES_MAX ? Protocol.HTTP : Protocol.UNKNOWN_YET;
    }

    private static boolean wholeFrame(ByteBuf in, int at) {
        return at + Http2.FRAME_HEADER_BYTES <= in.writerIndex()
                && at + Http2.FRAME_HEADER_BYTES + in.getUnsignedMedium(at) <= in.writerIndex();
    }

    /** Whether a client's first frame is what it has to be: settings. */
    private static boolean begins(ByteBuf in, int at, int length) {
        return in.getByte(at + 3) == Http2.SETTINGS
                && in.getByte(at + 4) == 0
                && in.getInt(at + 5) == 0
                && length % (Short.BYTES + Integer.BYTES) == 0;
    }

    /** Whether a frame is one that clients send between their settings and their first request. */
    private static boolean mayPrecede(ByteBuf in, int at, int length) {
        return switch (in.getByte(at + 3)) {
            case Http2.SETTINGS -> in.getByte(at + 4) == Http2.ACK && length == 0;
            case Http2.WINDOW_UPDATE -> in.getInt(at + 5) == 0 && length == Integer.BYTES;
            case Http2.PRIORITY -> length == Http2.PRIORITY_BYTES;
            default -> false;
        };
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
