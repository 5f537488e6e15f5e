package dev.rollcall.agent.grpc;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.MessageSizeOverflowException;
import io.vertx.grpc.server.GrpcServerRequest;
import org.jspecify.annotations.Nullable;

/**
 * One bidirectional stream. The backend's half is told exactly once that it is over unless it ended the stream itself:
 * when the caller resets it, its connection is lost, its deadline passes, or a message cannot be read.
 */
final class StreamExchange implements StreamSink {
    private static final String UNREADABLE = "grpc: failed to unmarshal the received message: ";
    private static final int DEADLINE_EXCEEDED = 4;
    private static final int INTERNAL = 13;
    private static final long NO_TIMER = -1;

    private final Vertx vertx;
    private final long maxBytes;
    private final Reply reply;
    private long deadlineTimer = NO_TIMER;
    private @Nullable StreamCall call;

    private StreamExchange(Vertx vertx, long maxBytes, CallLedger ledger, GrpcServerRequest<Buffer, Buffer> request) {
        this.vertx = vertx;
        this.maxBytes = maxBytes;
        this.reply = new Reply(request, ledger, this::release);
    }

    static void begin(
            Vertx vertx,
            Backend backend,
            EtcdMethod method,
            CallContext context,
            long maxBytes,
            CallLedger ledger,
            GrpcServerRequest<Buffer, Buffer> request) {
        StreamExchange exchange = new StreamExchange(vertx, maxBytes, ledger, request);
        request.invalidMessageHandler(invalid -> exchange.abort(
                invalid instanceof MessageSizeOverflowException overflow
                        ? MessageEncoding.tooLarge(overflow.messageSize(), maxBytes)
                        : new EtcdException(INTERNAL, UNREADABLE + invalid.getMessage())));
        request.messageHandler(exchange::message);
        request.endHandler(v -> exchange.halfClosed());
        exchange.open(backend, method, context);
    }

    private void open(Backend backend, EtcdMethod method, CallContext context) {
        if (context.timeoutMs() > 0) {
            deadlineTimer = vertx.setTimer(
                    context.timeoutMs(),
                    id -> abort(new EtcdException(DEADLINE_EXCEEDED, "context deadline exceeded")));
        }
        try {
            StreamCall opened = backend.open(method, context, this);
            if (!reply.isOver()) {
                call = opened;
            }
        } catch (RuntimeException e) {
            reply.fail(e, UNREADABLE);
            cancelTimer();
        }
    }

    private void message(GrpcMessage message) {
        StreamCall target = call;
        if (target == null) {
            return;
        }
        try {
            target.message(MessageEncoding.plain(message, maxBytes));
        } catch (RuntimeException e) {
            reply.fail(e, UNREADABLE);
            release();
        }
    }

    private void halfClosed() {
        StreamCall target = call;
        if (target != null) {
            target.halfClose();
        }
    }

    private void abort(EtcdException error) {
        reply.fail(error);
        release();
    }

    private void release() {
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
        reply.send(message);
    }

    @Override
    public boolean writable() {
        return reply.writable();
    }

    @Override
    public void onWritable(Runnable handler) {
        reply.onWritable(handler);
    }

    @Override
    public void end(@Nullable EtcdException error) {
        call = null;
        cancelTimer();
        if (error == null) {
            reply.end();
        } else {
            reply.fail(error);
        }
    }
}
