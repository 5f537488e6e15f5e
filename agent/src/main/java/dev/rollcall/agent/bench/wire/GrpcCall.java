package dev.rollcall.agent.bench.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** One open call: its windows, and the part of a message that has come so far. */
public final class GrpcCall {
    /** Before each message: whether it is compressed, and its length. */
    static final int PREFIX_BYTES = 5;

    final int stream;
    final CallEvents events;
    long sendWindow;
    int unacknowledged;
    boolean over;
    private @Nullable ByteBuf partial;

    GrpcCall(int stream, CallEvents events, long sendWindow) {
        this.stream = stream;
        this.events = events;
        this.sendWindow = sendWindow;
    }

    /** Takes the payload of a DATA frame: {@code length} bytes from the reader index on, which it moves behind them. */
    void receive(ByteBuf in, int length) {
        ByteBuf earlier = partial;
        if (earlier == null) {
            int end = in.readerIndex() + length;
            deliver(in, end);
            if (in.readerIndex() < end) {
                partial = Unpooled.buffer(length * 2).writeBytes(in, end - in.readerIndex());
            }
            return;
        }
        earlier.writeBytes(in, length);
        deliver(earlier, earlier.writerIndex());
        if (earlier.isReadable()) {
            earlier.discardSomeReadBytes();
        } else {
            partial = null;
        }
    }

    private void deliver(ByteBuf in, int end) {
        while (!over && end - in.readerIndex() >= PREFIX_BYTES) {
            int length = in.getInt(in.readerIndex() + 1);
            int next = in.readerIndex() + PREFIX_BYTES + length;
            if (next > end) {
                return;
            }
            in.skipBytes(PREFIX_BYTES);
            events.message(in, length);
            in.readerIndex(next);
        }
        if (over) {
            in.readerIndex(end);
        }
    }
}
