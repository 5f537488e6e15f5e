package dev.rollcall.agent.bench.wire;

import dev.rollcall.agent.call.EtcdMethod;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection to a server, without TLS. Everything on it happens on its event loop. What is written while a read is
 * handled leaves in one system call at its end; what is written at other times, at the end of the tasks already queued.
 */
public final class GrpcConnection extends ChannelInboundHandlerAdapter {
    private static final int WINDOW_BYTES = 4 << 20;
    private static final int CONNECTION_WINDOW_BYTES = 64 << 20;
    private static final int OUT_BYTES = 16 << 10;
    private static final int RESOURCE_EXHAUSTED = 8;

    private final RequestHeaders requestHeaders;
    private final FrameReader frames = new FrameReader(this);
    private final SendQueue sending = new SendQueue();
    private final IntObjectMap<GrpcCall> calls = new IntObjectHashMap<>();
    private final CompletableFuture<GrpcConnection> ready = new CompletableFuture<>();
    private @Nullable ChannelHandlerContext context;
    private @Nullable ByteBuf out;
    private long peerWindow = Http2.DEFAULT_WINDOW_BYTES;
    private long peerStreams = Long.MAX_VALUE;
    private int unacknowledged;
    private int nextStream = 1;
    private boolean reading;
    private boolean flushQueued;
    private boolean lost;

    GrpcConnection(String authority) {
        this.requestHeaders = new RequestHeaders(authority);
    }

    /** Completes when the server has sent its settings; fails if there is no HTTP/2 server. */
    CompletableFuture<GrpcConnection> ready() {
        return ready;
    }

    /** Where its calls belong. */
    public EventLoop loop() {
        return context().channel().eventLoop();
    }

    /** Whether calls on it can still succeed. */
    public boolean isOpen() {
        return !lost;
    }

    /** One request, one answer. The message may be reused once this returns. */
    public void unary(EtcdMethod method, byte[] message, CallEvents events) {
        GrpcCall call = begin(method, events);
        if (call != null) {
            sending.send(call, message, true, out());
        }
    }

    /** Opens a stream; null if that failed, which the events are told then. */
    public @Nullable GrpcCall open(EtcdMethod method, CallEvents events) {
        return begin(method, events);
    }

    /** One more message on a stream. It may be reused once this returns. */
    public void send(GrpcCall call, byte[] message) {
        if (!call.over) {
            sending.send(call, message, false, out());
        }
    }

    /** Gives a call up; its events hear nothing more. */
    public void cancel(GrpcCall call) {
        if (!call.over) {
            call.over = true;
            calls.remove(call.stream);
            Http2.frame(out(), Integer.BYTES, Http2.RST_STREAM, 0, call.stream);
            out().writeInt(Http2.CANCEL);
        }
    }

    /** Ends the connection; calls on it end with {@link CallEvents#UNAVAILABLE}. */
    public void close() {
        ChannelHandlerContext open = context;
        if (open != null) {
            open.channel().eventLoop().execute(() -> {
                var unused = open.close();
            });
        }
    }

    private @Nullable GrpcCall begin(EtcdMethod method, CallEvents events) {
        if (lost) {
            refuse(events, CallEvents.UNAVAILABLE, "connection lost");
            return null;
        }
        if (calls.size() >= peerStreams) {
            refuse(events, RESOURCE_EXHAUSTED, "the server takes " + peerStreams + " calls on a connection at a time");
            return null;
        }
        GrpcCall call = new GrpcCall(nextStream, events, peerWindow);
        nextStream += 2;
        calls.put(call.stream, call);
        ByteBuf to = out();
        int header = to.writerIndex();
        Http2.frame(to, 0, Http2.HEADERS, Http2.END_HEADERS, call.stream);
        try {
            requestHeaders.write(method, call.stream, to);
        } catch (Http2Exception e) {
            throw new IllegalStateException(e);
        }
        to.setMedium(header, to.writerIndex() - header - Http2.FRAME_HEADER_BYTES);
        return call;
    }

    /** Later, as the events may well lead to the next call. */
    private void refuse(CallEvents events, int status, String detail) {
        loop().execute(() -> events.end(status, detail));
    }

    // What the frames say.

    void settings(ByteBuf in, int flags, int length) throws Http2Exception {
        if ((flags & Http2.ACK) != 0) {
            return;
        }
        for (int at = 0; at + 6 <= length; at += 6) {
            int id = in.readUnsignedShort();
            long value = in.readUnsignedInt();
            switch (id) {
                case Http2.HEADER_TABLE_SIZE -> requestHeaders.tableSize(value);
                case Http2.MAX_CONCURRENT_STREAMS -> peerStreams = value;
                case Http2.INITIAL_WINDOW_SIZE -> {
                    for (GrpcCall call : calls.values()) {
                        call.sendWindow += value - peerWindow;
                    }
                    peerWindow = value;
                }
                default -> {
                    // Of no concern to requests as small as ours.
                }
            }
        }
        Http2.frame(out(), 0, Http2.SETTINGS, Http2.ACK, 0);
        sending.resume(out());
        ready.complete(this);
    }

    void ping(ByteBuf in, int flags) {
        if ((flags & Http2.ACK) == 0) {
            Http2.frame(out(), Long.BYTES, Http2.PING, Http2.ACK, 0);
            out().writeLong(in.readLong());
        }
    }

    void windowUpdate(ByteBuf in, int stream) {
        int bytes = in.readInt();
        GrpcCall call = calls.get(stream);
        if (stream == 0) {
            sending.extend(bytes);
        } else if (call != null) {
            call.sendWindow += bytes;
        }
        sending.resume(out());
    }

    void data(ByteBuf in, int stream, int flags, int length, int frameLength) {
        unacknowledged += frameLength;
        if (unacknowledged >= CONNECTION_WINDOW_BYTES / 2) {
            Http2.windowUpdate(out(), 0, unacknowledged);
            unacknowledged = 0;
        }
        GrpcCall call = calls.get(stream);
        if (call == null) {
            return;
        }
        call.unacknowledged += frameLength;
        if (call.unacknowledged >= WINDOW_BYTES / 2) {
            Http2.windowUpdate(out(), stream, call.unacknowledged);
            call.unacknowledged = 0;
        }
        call.receive(in, length);
        if ((flags & Http2.END_STREAM) != 0) {
            end(stream, CallEvents.UNAVAILABLE, "stream ended without a status");
        }
    }

    void headers(int stream, ResponseHeaders.Outcome outcome, boolean last) {
        if (outcome.status() != ResponseHeaders.NO_STATUS) {
            end(stream, outcome.status(), outcome.detail());
        } else if (last) {
            end(stream, CallEvents.UNAVAILABLE, "stream ended without a status");
        }
    }

    void reset(ByteBuf in, int stream) {
        end(stream, CallEvents.UNAVAILABLE, "stream reset with code " + in.readUnsignedInt());
    }

    private void end(int stream, int status, String detail) {
        GrpcCall call = calls.remove(stream);
        if (call != null && !call.over) {
            call.over = true;
            call.events.end(status, detail);
        }
    }

    // The channel.

    @Override
    public void channelActive(ChannelHandlerContext active) {
        context = active;
        out().writeBytes(Http2.PREFACE);
        Http2.frame(out(), 12, Http2.SETTINGS, 0, 0);
        Http2.setting(out(), Http2.ENABLE_PUSH, 0);
        Http2.setting(out(), Http2.INITIAL_WINDOW_SIZE, WINDOW_BYTES);
        Http2.windowUpdate(out(), 0, CONNECTION_WINDOW_BYTES - Http2.DEFAULT_WINDOW_BYTES);
    }

    @Override
    public void channelRead(ChannelHandlerContext active, Object message) throws Http2Exception {
        reading = true;
        frames.read((ByteBuf) message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext active) {
        reading = false;
        flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) {
        lose("connection lost");
        frames.release();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext broken, Throwable cause) {
        lose(String.valueOf(cause.getMessage()));
        var unused = broken.close();
    }

    void lose(String why) {
        if (lost) {
            return;
        }
        lost = true;
        ready.completeExceptionally(new java.io.IOException(why));
        List<GrpcCall> open = new ArrayList<>(calls.values());
        calls.clear();
        for (GrpcCall call : open) {
            call.over = true;
            call.events.end(CallEvents.UNAVAILABLE, why);
        }
    }

    private ChannelHandlerContext context() {
        ChannelHandlerContext open = context;
        if (open == null) {
            throw new IllegalStateException("not connected");
        }
        return open;
    }

    private ByteBuf out() {
        ByteBuf open = out;
        if (open == null) {
            open = context().alloc().buffer(OUT_BYTES);
            out = open;
        }
        if (!reading && !flushQueued) {
            flushQueued = true;
            loop().execute(this::flush);
        }
        return open;
    }

    private void flush() {
        flushQueued = false;
        ByteBuf full = out;
        if (full != null) {
            out = null;
            var unused = context().writeAndFlush(full);
        }
    }
}
