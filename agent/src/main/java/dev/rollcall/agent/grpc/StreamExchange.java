package dev.rollcall.agent.grpc;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * One bidirectional stream. The backend's half is told exactly once that it is over unless it ended the stream itself:
 * when the caller resets it, its connection is lost, its deadline passes, or a message cannot be read.
 */
final class StreamExchange implements Exchange, StreamSink {
    private static final String UNREADABLE = "grpc: failed to unmarshal the received message: ";
    private static final int DEADLINE_EXCEEDED = 4;
    private static final long NO_TIMER = -1;

    private final Vertx vertx;
    private final @Nullable String encoding;
    private final long maxBytes;
    private final CallStream stream;
    private long deadlineTimer = NO_TIMER;
    private @Nullable StreamCall call;
    private boolean over;

    StreamExchange(Vertx vertx, @Nullable String encoding, long maxBytes, CallStream stream) {
        this.vertx = vertx;
        this.encoding = encoding;
        this.maxBytes = maxBytes;
        this.stream = stream;
    }

    void open(Backend backend, EtcdMethod method, CallContext context) {
        if (context.timeoutMs() > 0) {
            deadlineTimer = vertx.setTimer(
                    context.timeoutMs(),
                    id -> abort(new EtcdException(DEADLINE_EXCEEDED, "context deadline exceeded")));
        }
        try {
            StreamCall opened = backend.open(method, context, this);
            if (!over) {
                call = opened;
            }
        } catch (RuntimeException e) {
            over = true;
            cancelTimer();
            Reply.fail(stream, e, UNREADABLE);
        }
    }

    @Override
    public void message(Buffer message, boolean compressed) {
        StreamCall target = call;
        if (target == null) {
            return;
        }
        try {
            target.message(MessageEncoding.plain(message, compressed, encoding, maxBytes));
        } catch (RuntimeException e) {
            Reply.fail(stream, e, UNREADABLE);
            release();
        }
    }

    @Override
    public void unreadable(EtcdException why) {
        abort(why);
    }

    @Override
    public void halfClosed() {
        StreamCall target = call;
        if (target != null) {
            target.halfClose();
        }
    }

    @Override
    public void gone() {
        release();
    }

    private void abort(EtcdException error) {
        Reply.fail(stream, error);
        release();
    }

    private void release() {
        over = true;
        cancelTimer();
        StreamCall target = call;
        if (target != null) {
            call = null;
            target.cancel();
        }
    }

    private void cancelTimer() {
        if (deadlineTimer != NO_TIMER) {
            vertx.cancelTimer(deadlineTimer);
            deadlineTimer = NO_TIMER;
        }
    }

    @Override
    public void send(Buffer message) {
        stream.send(message);
    }

    /** Over, it takes whatever comes, and drops it. */
    @Override
    public boolean writable() {
        return over || stream.writable();
    }

    @Override
    public void onWritable(Runnable handler) {
        if (over) {
            handler.run();
        } else {
            stream.onWritable(handler);
        }
    }

    @Override
    public void end(@Nullable EtcdException error) {
        call = null;
        over = true;
        cancelTimer();
        if (error == null) {
            stream.end();
        } else {
            Reply.fail(stream, error);
        }
    }
}
