package dev.rollcall.agent.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/*
 * Answers that waited for a commit come by the dozen, in one task of the event loop. What they write to one connection is
 * gathered here and leaves with one system call: at the end of the read that is under way, or after the tasks that the loop
 * has queued already. A lone answer waits for nothing, for the flush is then the next task.
 */

/** Writes frames to one connection, joining those of one turn of its event loop. */
final class FrameWriter {
    /** What gathers leaves early when there is this much of it. */
    private static final int FLUSH_BYTES = 64 << 10;

    private static final int FIRST_BYTES = 1 << 10;

    private final ChannelHandlerContext context;
    private final IntConsumer unsent;
    private final Runnable flushTask = this::flush;
    private @Nullable ByteBuf gathered;
    private boolean reading;
    private boolean flushQueued;

    /** @param unsent told of bytes that the socket does not take at once, and, as a negative number, that it has taken them */
    FrameWriter(ChannelHandlerContext context, IntConsumer unsent) {
        this.context = context;
        this.unsent = unsent;
    }

    /** Everything until {@link #readDone} is written in answer to one read. */
    void readBegins() {
        reading = true;
    }

    void readDone() {
        reading = false;
        flush();
    }

    /** Begins a frame; its payload must be written to what is returned, at once and all of it. */
    ByteBuf frame(int type, int flags, int stream, int payloadBytes) {
        assert context.executor().inEventLoop();
        ByteBuf out = gathered;
        if (out != null && out.readableBytes() >= FLUSH_BYTES) {
            flush();
            out = null;
        }
        if (out == null) {
            out = context.alloc().buffer(Math.max(FIRST_BYTES, Http2.FRAME_HEADER_BYTES + payloadBytes));
            gathered = out;
        }
        if (!reading && !flushQueued) {
            flushQueued = true;
            context.executor().execute(flushTask);
        }
        return out.writeMedium(payloadBytes).writeByte(type).writeByte(flags).writeInt(stream);
    }

    void windowUpdate(int stream, int bytes) {
        frame(Http2.WINDOW_UPDATE, 0, stream, Integer.BYTES).writeInt(bytes);
    }

    void reset(int stream, int code) {
        frame(Http2.RST_STREAM, 0, stream, Integer.BYTES).writeInt(code);
    }

    void goAway(int lastStream, int code) {
        frame(Http2.GOAWAY, 0, 0, 2 * Integer.BYTES).writeInt(lastStream).writeInt(code);
    }

    /** Sends what was gathered. */
    void flush() {
        flushQueued = false;
        ByteBuf out = gathered;
        if (out != null) {
            gathered = null;
            int bytes = out.readableBytes();
            ChannelFuture sent = context.writeAndFlush(out);
            if (!sent.isDone()) {
                unsent.accept(bytes);
                sent.addListener(done -> unsent.accept(-bytes));
            }
        }
    }

    /** Drops what was gathered: nobody is there to read it. */
    void discard() {
        ByteBuf out = gathered;
        gathered = null;
        if (out != null) {
            out.release();
        }
    }
}
