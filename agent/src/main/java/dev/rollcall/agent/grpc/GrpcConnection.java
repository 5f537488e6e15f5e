package dev.rollcall.agent.grpc;

import dev.rollcall.storage.error.EtcdError;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.vertx.core.internal.ContextInternal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Why not Vert.x's own HTTP/2: of what a small call costs a server, three quarters were its layers and the general codec below
 * them: objects for every stream, frame and write, flow controllers and promises. gRPC needs little of it: short header blocks,
 * frames, two windows.
 *
 * Limits: streams open at once are refused by HTTP/2 itself beyond their number; resets and frames that ask for an answer have
 * a rate. What a caller has begun and not finished, and what was answered and not read, is entered in the ledger of the event
 * loop. A caller that does not read stops being read from.
 */

/**
 * One connection of gRPC over HTTP/2. Source: RFC 9113. Lives on one event loop, first in the channel's pipeline behind TLS;
 * what stands behind it there only learns of the end.
 */
final class GrpcConnection extends ChannelDuplexHandler implements FrameReader.Frames, CallLedger.Holder {
    private static final Logger LOG = LoggerFactory.getLogger(GrpcConnection.class);

    /** Pings and settings in a second: each asks for an answer. */
    static final int QUESTIONS_PER_SECOND_MAX = 10_000;

    private static final WriteBufferWaterMark WATER_MARKS = new WriteBufferWaterMark(256 << 10, 1 << 20);

    /** Answers the calls of a connection. */
    interface Calls {
        void begin(CallStream call, Http2Headers headers);
    }

    private final ContextInternal loop;
    private final String remote;
    private final Calls calls;
    private final ClientPort.Limits limits;
    private final CallLedger ledger;
    private final IntObjectMap<CallStream> streams = new IntObjectHashMap<>();
    private final Outflow outflow;
    private final FrameReader reader = new FrameReader(this);
    private final Rate resets;
    private final Rate questions = new Rate(QUESTIONS_PER_SECOND_MAX);
    private @Nullable ChannelHandlerContext context;
    private @Nullable FrameWriter out;
    private @Nullable ByteBuf unread;
    private int lastStream;
    private int receivedBytes;
    private long receiveWindow = ClientPort.CONNECTION_WINDOW_BYTES;
    private boolean acknowledged;
    private boolean closed;

    /** @param acknowledged whether the first settings that it will read have been acknowledged */
    GrpcConnection(
            ContextInternal loop,
            String remote,
            Calls calls,
            ClientPort.Limits limits,
            CallLedger ledger,
            boolean acknowledged) {
        this.acknowledged = acknowledged;
        this.ledger = ledger;
        this.outflow = new Outflow(this, ledger);
        this.loop = loop;
        this.remote = remote;
        this.calls = calls;
        this.limits = limits;
        this.resets = new Rate(limits.maxResetsPerSecond());
    }

    // The channel.

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        added.channel().config().setWriteBufferWaterMark(WATER_MARKS);
        FrameWriter writer = new FrameWriter(added, this::unsent);
        out = writer;
        writer.windowUpdate(0, ClientPort.CONNECTION_WINDOW_BYTES - Http2.WINDOW_AT_FIRST);
    }

    @Override
    public void channelRead(ChannelHandlerContext channel, Object message) {
        ByteBuf more = (ByteBuf) message;
        if (closed) {
            more.release();
            return;
        }
        ByteBuf in = unread == null ? more : join(channel, unread, more);
        unread = null;
        ContextInternal previous = loop.beginDispatch();
        out().readBegins();
        try {
            reader.read(in);
        } catch (ConnectionError e) {
            fail(e);
        } finally {
            loop.endDispatch(previous);
            if (in.isReadable() && !closed) {
                unread = in;
            } else {
                in.release();
            }
        }
    }

    private static ByteBuf join(ChannelHandlerContext channel, ByteBuf first, ByteBuf second) {
        ByteBuf joined = channel.alloc().buffer(first.readableBytes() + second.readableBytes());
        joined.writeBytes(first).writeBytes(second);
        first.release();
        second.release();
        return joined;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext channel) {
        out().readDone();
        if (!channel.channel().isWritable()) {
            channel.channel().config().setAutoRead(false);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext channel) {
        if (channel.channel().isWritable()) {
            channel.channel().config().setAutoRead(true);
            loop.dispatch(outflow::tellWritable);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext channel) {
        over();
        channel.fireChannelInactive();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the promise is the caller's
    public void close(ChannelHandlerContext channel, ChannelPromise promise) {
        if (!closed) {
            out().goAway(lastStream, Http2.NO_ERROR);
            out().flush();
        }
        channel.close(promise);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // closing cannot fail in a way that matters
    public void exceptionCaught(ChannelHandlerContext channel, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("connection of {}: {}", remote, cause.toString());
        } else {
            LOG.error("connection of {} failed", remote, cause);
        }
        channel.close();
    }

    /** What stands behind speaks another protocol, and not to this caller. */
    @Override
    public void write(ChannelHandlerContext channel, Object message, ChannelPromise promise) {
        ReferenceCountUtil.release(message);
        promise.trySuccess();
    }

    private void over() {
        if (!closed) {
            closed = true;
            ByteBuf rest = unread;
            unread = null;
            if (rest != null) {
                rest.release();
            }
            out().discard();
            reader.discard();
            List<CallStream> left = new ArrayList<>(streams.values());
            streams.clear();
            outflow.discard();
            loop.dispatch(() -> left.forEach(stream -> {
                ledger.over();
                stream.gone();
            }));
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // closing cannot fail in a way that matters
    private void fail(ConnectionError error) {
        LOG.debug("connection of {} ends: {}", remote, error.getMessage());
        out().goAway(lastStream, error.code());
        out().flush();
        ChannelHandlerContext channel = channel();
        over();
        channel.close();
    }

    // What its streams ask of it.

    FrameWriter out() {
        FrameWriter writer = out;
        if (writer == null) {
            throw new IllegalStateException("not in a pipeline yet");
        }
        return writer;
    }

    private ChannelHandlerContext channel() {
        ChannelHandlerContext channel = context;
        if (channel == null) {
            throw new IllegalStateException("not in a pipeline yet");
        }
        return channel;
    }

    String remote() {
        return remote;
    }

    CallLedger ledger() {
        return ledger;
    }

    Outflow outflow() {
        return outflow;
    }

    /** Whether the socket takes more. */
    boolean takesMore() {
        return !closed && channel().channel().isWritable();
    }

    /** Runs this as what the connection's own frames lead to. */
    void dispatch(Runnable task) {
        loop.dispatch(task);
    }

    @Override
    public void closeNow() {
        closeNow(channel().channel());
    }

    static void closeNow(Channel channel) {
        channel.unsafe().close(channel.voidPromise());
    }

    void refuse(CallStream stream) {
        forget(stream);
        out().reset(stream.id(), Http2.REFUSED_STREAM);
    }

    /** A stream keeps so many bytes more, or fewer: of an answer that its windows hold up, of a message not yet whole. */
    void keeps(int change) {
        if (change > 0) {
            ledger.waits(this, change);
        } else if (change < 0) {
            ledger.left(this, -change);
        }
    }

    private void unsent(int change) {
        if (Math.abs(change) > CallLedger.SMALL_BYTES) {
            keeps(change);
        }
    }

    /** A stream is over; it is told so elsewhere. */
    void forget(CallStream stream) {
        if (streams.remove(stream.id()) != null) {
            ledger.over();
            stream.release();
            outflow.forget(stream);
        }
    }

    // What the caller's frames say.

    @Override
    public boolean closed() {
        return closed;
    }

    @Override
    public void data(int id, int flags, ByteBuf payload) throws ConnectionError {
        FrameReader.checkStream(id, id <= lastStream);
        int bytes = payload.readableBytes();
        count(bytes);
        CallStream stream = streams.get(id);
        if (stream == null) {
            // Over already. The caller may not know yet, or may have to say all it has before it listens.
            if (bytes > 0 && (flags & Http2.END_STREAM) == 0) {
                out().windowUpdate(id, bytes);
            }
            return;
        }
        if (stream.halfClosed()) {
            throw new ConnectionError(Http2.STREAM_CLOSED, "data after the end of stream " + id);
        }
        stream.received(FrameReader.unpadded(flags, payload), (flags & Http2.END_STREAM) != 0);
        if (stream.keepsMessage() && !ledger.hasRoomForMessage()) {
            ledger.refuse();
            stream.refuseRest();
            out().windowUpdate(id, ClientPort.WINDOW_BYTES);
            return;
        }
        int credit = stream.credit(bytes, ClientPort.WINDOW_BYTES);
        if (credit > 0 && streams.containsKey(id)) {
            out().windowUpdate(id, credit);
        }
    }

    private void count(int bytes) throws ConnectionError {
        receiveWindow -= bytes;
        if (receiveWindow < 0) {
            throw new ConnectionError(Http2.FLOW_CONTROL_ERROR, "more data than the window allows");
        }
        receivedBytes += bytes;
        if (receivedBytes >= ClientPort.CONNECTION_WINDOW_BYTES / 2) {
            out().windowUpdate(0, receivedBytes);
            receiveWindow += receivedBytes;
            receivedBytes = 0;
        }
    }

    @Override
    public void headers(int id, boolean last, @Nullable Http2Headers headers) throws ConnectionError {
        CallStream known = streams.get(id);
        if (id > lastStream) {
            lastStream = id;
            begin(id, last, headers);
        } else if (known == null || known.halfClosed()) {
            throw new ConnectionError(Http2.STREAM_CLOSED, "headers after the end of stream " + id);
        } else if (last) {
            // Trailers, of which gRPC has none from a client: only their end counts.
            known.receivedEnd();
        } else {
            throw new ConnectionError(Http2.PROTOCOL_ERROR, "headers in the middle of stream " + id);
        }
    }

    private void begin(int id, boolean last, @Nullable Http2Headers headers) throws ConnectionError {
        if (headers == null) {
            countReset();
            out().reset(id, Http2.PROTOCOL_ERROR);
        } else if (streams.size() >= limits.maxStreams()) {
            out().reset(id, Http2.REFUSED_STREAM);
        } else {
            boolean mayBegin = ledger.mayBegin();
            CallStream stream = new CallStream(this, id, outflow.firstStreamWindow());
            streams.put(id, stream);
            ledger.begin();
            if (mayBegin) {
                calls.begin(stream, headers);
            } else {
                // Not a reset: clients take some hundreds of those for an attack, and close the connection.
                stream.passOver();
                Reply.fail(stream, EtcdError.TOO_MANY_REQUESTS.exception());
            }
            if (last) {
                stream.receivedEnd();
            }
        }
    }

    @Override
    public void reset(int id) throws ConnectionError {
        FrameReader.checkStream(id, id <= lastStream);
        countReset();
        CallStream stream = streams.get(id);
        if (stream != null) {
            forget(stream);
            stream.gone();
        }
    }

    private void countReset() throws ConnectionError {
        if (!resets.allows()) {
            throw new ConnectionError(Http2.ENHANCE_YOUR_CALM, "too many resets");
        }
    }

    @Override
    public void asked() throws ConnectionError {
        if (!questions.allows()) {
            throw new ConnectionError(Http2.ENHANCE_YOUR_CALM, "too many pings or settings");
        }
    }

    @Override
    public void streamWindow(long bytes) throws ConnectionError {
        outflow.firstStreamWindow(bytes, streams.values());
    }

    @Override
    public void settingsRead() {
        if (acknowledged) {
            acknowledged = false;
        } else {
            out().frame(Http2.SETTINGS, Http2.ACK, 0, 0);
        }
        outflow.pumpBlocked();
    }

    @Override
    public void ping(ByteBuf payload) {
        out().frame(Http2.PING, Http2.ACK, 0, Long.BYTES).writeBytes(payload);
    }

    @Override
    public void windowUpdate(int id, int bytes) throws ConnectionError {
        if (id == 0) {
            outflow.widen(bytes);
            return;
        }
        FrameReader.checkStream(id, id <= lastStream);
        CallStream stream = streams.get(id);
        if (stream != null) {
            outflow.widen(stream, bytes);
        }
    }
}
