package dev.rollcall.agent.grpc;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One stream of HTTP/2, which is one call: what the caller sends becomes messages for an {@link Exchange}; what is answered is
 * sent as far as the caller's windows allow, and waits here beyond that. All on the connection's event loop.
 */
final class CallStream {
    /** Above this much waiting for the caller's windows, an answering stream should pause. */
    private static final int WRITABLE_BYTES = 64 << 10;

    private static final int PREFIX_BYTES = 5;

    private final GrpcConnection connection;
    private final int id;
    private final MessageReader reader = new MessageReader();
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>(0);
    private int firstSent;
    private int waitingBytes;
    private long sendWindow;
    private int receivedBytes;
    private byte @Nullable [] trailers;
    private @Nullable Exchange exchange;
    private long maxMessageBytes;
    private @Nullable Runnable onWritable;
    private boolean headSent;
    private boolean halfClosed;
    private boolean passedOver;
    private boolean ended;

    CallStream(GrpcConnection connection, int id, long sendWindow) {
        this.connection = connection;
        this.id = id;
        this.sendWindow = sendWindow;
    }

    int id() {
        return id;
    }

    /** Address of the caller, for logs. */
    String remote() {
        return connection.remote();
    }

    /** Who answers, and how long its messages may be. */
    void serve(Exchange by, long messageBytesMax) {
        exchange = by;
        maxMessageBytes = messageBytesMax;
    }

    // What the caller does.

    /** @param last whether the caller sends nothing after it; known before it is answered */
    void received(ByteBuf data, boolean last) {
        halfClosed = last;
        int before = reader.keptBytes();
        MessageReader.Found found;
        while (data.isReadable() && !ended && (found = reader.next(data, maxMessageBytes)) != null) {
            Exchange to = exchange;
            Buffer message = found.message();
            if (to == null) {
                break;
            }
            if (message == null) {
                to.unreadable(MessageEncoding.tooLarge(found.lengthBytes(), maxMessageBytes));
            } else {
                to.message(message, found.compressed());
            }
        }
        connection.keeps(reader.keptBytes() - before);
        if (last) {
            tellHalfClosed();
        }
    }

    /** What the caller sends from now on is of no interest, and it need not be told so. */
    void passOver() {
        passedOver = true;
    }

    /** There is no room for the rest of a message that has begun. */
    void refuseRest() {
        passOver();
        Exchange to = exchange;
        if (to != null && !ended) {
            to.unreadable(EtcdError.TOO_MANY_REQUESTS.exception());
        }
    }

    void receivedEnd() {
        if (!halfClosed) {
            halfClosed = true;
            tellHalfClosed();
        }
    }

    private void tellHalfClosed() {
        Exchange to = exchange;
        if (to != null && !ended) {
            to.halfClosed();
        }
    }

    boolean keepsMessage() {
        return reader.keptBytes() > 0;
    }

    boolean halfClosed() {
        return halfClosed;
    }

    /** Counts what came; the bytes to give back to the caller's window now, 0 for none yet. */
    int credit(int bytes, int windowBytes) {
        receivedBytes += bytes;
        if (receivedBytes < windowBytes / 2 || halfClosed) {
            return 0;
        }
        int back = receivedBytes;
        receivedBytes = 0;
        return back;
    }

    /** The caller, or the connection, is gone. */
    void gone() {
        release();
        Exchange to = exchange;
        exchange = null;
        if (to != null && !ended) {
            ended = true;
            to.gone();
        }
        ended = true;
    }

    /** What was kept for it counts no more. */
    void release() {
        connection.keeps(-reader.keptBytes() - waitingBytes);
        reader.discard();
        waiting.clear();
        waitingBytes = 0;
        onWritable = null;
    }

    /** Adds to the window of what may be sent; returns what it is now. */
    long widen(long bytes) {
        sendWindow += bytes;
        return sendWindow;
    }

    // What is answered. After the end all of it is dropped.

    void send(Buffer message) {
        if (ended) {
            return;
        }
        FrameWriter out = connection.out();
        sendHead(out);
        int length = message.length();
        int bytes = PREFIX_BYTES + length;
        if (waiting.isEmpty()
                && bytes <= Http2.FRAME_BYTES_MAX
                && connection.outflow().take(bytes, sendWindow)) {
            sendWindow -= bytes;
            ByteBuf frame = out.frame(Http2.DATA, 0, id, bytes);
            frame.writeByte(0).writeInt(length).writeBytes(((BufferInternal) message).getByteBuf());
            return;
        }
        byte[] framed = new byte[bytes];
        framed[1] = (byte) (length >>> 24);
        framed[2] = (byte) (length >>> 16);
        framed[3] = (byte) (length >>> 8);
        framed[4] = (byte) length;
        message.getBytes(framed, PREFIX_BYTES);
        waiting.add(framed);
        waitingBytes += bytes;
        connection.keeps(bytes);
        connection.outflow().pump(this);
    }

    void end() {
        finish(ResponseHeaders.ok());
    }

    void fail(int status, String message) {
        finish(ResponseHeaders.failed(status, message, !headSent));
    }

    /** Says that the call was not begun and may safely be made again. */
    void refuse() {
        ended = true;
        connection.refuse(this);
    }

    /** Answers something that is no gRPC call. */
    void refuse(int httpStatus) {
        finish(ResponseHeaders.http(httpStatus));
    }

    private void finish(byte[] block) {
        if (!ended) {
            ended = true;
            exchange = null;
            onWritable = null;
            headSent = true;
            trailers = block;
            connection.outflow().pump(this);
        }
    }

    private void sendHead(FrameWriter out) {
        if (!headSent) {
            headSent = true;
            out.frame(Http2.HEADERS, Http2.END_HEADERS, id, ResponseHeaders.HEAD.length)
                    .writeBytes(ResponseHeaders.HEAD);
        }
    }

    boolean writable() {
        return waitingBytes < WRITABLE_BYTES && connection.outflow().writable();
    }

    /** Whether an answer of this size may be given now; a small one always may. */
    boolean hasRoom(int bytes) {
        return bytes <= CallLedger.SMALL_BYTES || connection.ledger().hasRoom();
    }

    /** There was no room for the answer. */
    void noRoom(EtcdException error) {
        connection.ledger().refuse();
        Reply.fail(this, error);
    }

    void onWritable(Runnable handler) {
        if (writable()) {
            handler.run();
        } else {
            onWritable = handler;
            connection.outflow().awaitWritable(this);
        }
    }

    /** Tells whoever waits for it that it is writable again; false if it is not. */
    boolean tellWritable() {
        if (!writable()) {
            return false;
        }
        Runnable handler = onWritable;
        onWritable = null;
        if (handler != null) {
            handler.run();
        }
        return true;
    }

    /** Sends one frame of what waits, if a window allows it; false if nothing was sent. */
    boolean sendOne(FrameWriter out, long connectionWindow) {
        byte[] first = waiting.peek();
        if (first == null) {
            return false;
        }
        int bytes = (int) Math.min(
                Math.min(first.length - firstSent, Http2.FRAME_BYTES_MAX), Math.min(sendWindow, connectionWindow));
        if (bytes <= 0) {
            return false;
        }
        connection.outflow().take(bytes, sendWindow);
        sendWindow -= bytes;
        out.frame(Http2.DATA, 0, id, bytes).writeBytes(first, firstSent, bytes);
        firstSent += bytes;
        waitingBytes -= bytes;
        connection.keeps(-bytes);
        if (firstSent == first.length) {
            waiting.remove();
            firstSent = 0;
        }
        return true;
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /** Sends the end if nothing is left before it; true once the stream is over. */
    boolean sendEnd(FrameWriter out) {
        byte[] block = trailers;
        if (block == null || !waiting.isEmpty()) {
            return false;
        }
        trailers = null;
        int at = 0;
        int type = Http2.HEADERS;
        // A long text of an error may take more than one frame.
        do {
            int bytes = Math.min(block.length - at, Http2.FRAME_BYTES_MAX);
            int flags = (type == Http2.HEADERS ? Http2.END_STREAM : 0)
                    | (at + bytes == block.length ? Http2.END_HEADERS : 0);
            out.frame(type, flags, id, bytes).writeBytes(block, at, bytes);
            at += bytes;
            type = Http2.CONTINUATION;
        } while (at < block.length);
        if (!halfClosed && !passedOver) {
            // The caller need not send the rest.
            out.reset(id, Http2.NO_ERROR);
        }
        return true;
    }
}
