package dev.rollcall.agent.bench.wire;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;

/** Messages of one connection on their way out, as far as the peer's flow-control windows let them (RFC 9113, section 5.2). */
final class SendQueue {
    /** A message that did not leave at once. */
    private static final class Waiting {
        final GrpcCall call;
        final byte[] message;
        final boolean last;
        int sent = -GrpcCall.PREFIX_BYTES;

        Waiting(GrpcCall call, byte[] message, boolean last) {
            this.call = call;
            this.message = message;
            this.last = last;
        }
    }

    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private long window = Http2.DEFAULT_WINDOW_BYTES;

    /** The peer takes so many bytes more on the connection. */
    void extend(int bytes) {
        window += bytes;
    }

    /** Sends a message or keeps a copy for later. */
    void send(GrpcCall call, byte[] message, boolean last, ByteBuf out) {
        int bytes = GrpcCall.PREFIX_BYTES + message.length;
        if (!waiting.isEmpty() || bytes > Math.min(window, Math.min(call.sendWindow, Http2.MAX_FRAME_BYTES))) {
            waiting.add(new Waiting(call, message.clone(), last));
            resume(out);
            return;
        }
        Http2.frame(out, bytes, Http2.DATA, last ? Http2.END_STREAM : 0, call.stream);
        out.writeByte(0).writeInt(message.length).writeBytes(message);
        window -= bytes;
        call.sendWindow -= bytes;
    }

    /** Sends what the windows now let through, in order. */
    void resume(ByteBuf out) {
        while (!waiting.isEmpty()) {
            Waiting next = waiting.element();
            if (!next.call.over && !sendPart(next, out)) {
                return;
            }
            if (next.call.over || next.sent == next.message.length) {
                waiting.remove();
            }
        }
    }

    private boolean sendPart(Waiting next, ByteBuf out) {
        int left = next.message.length - next.sent;
        int part = (int) Math.min(Math.min(left, Http2.MAX_FRAME_BYTES), Math.min(window, next.call.sendWindow));
        // The prefix is not worth splitting.
        if (part <= 0 || (next.sent < 0 && part < GrpcCall.PREFIX_BYTES)) {
            return false;
        }
        boolean last = next.last && part == left;
        Http2.frame(out, part, Http2.DATA, last ? Http2.END_STREAM : 0, next.call.stream);
        int from = next.sent;
        int to = next.sent + part;
        if (from < 0) {
            out.writeByte(0).writeInt(next.message.length);
            from = 0;
        }
        out.writeBytes(next.message, from, to - from);
        next.sent = to;
        window -= part;
        next.call.sendWindow -= part;
        return true;
    }
}
