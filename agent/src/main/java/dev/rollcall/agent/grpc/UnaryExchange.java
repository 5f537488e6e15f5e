package dev.rollcall.agent.grpc;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.MessageSizeOverflowException;
import io.vertx.grpc.server.GrpcServerRequest;

/** One unary call: its message goes to the backend as soon as it is complete, and the outcome back. */
final class UnaryExchange {
    private static final String UNREADABLE = "grpc: error unmarshalling request: ";
    private static final int INTERNAL = 13;

    private final Backend backend;
    private final EtcdMethod method;
    private final CallContext context;
    private final long maxBytes;
    private final Reply reply;
    private boolean called;

    private UnaryExchange(
            Backend backend,
            EtcdMethod method,
            CallContext context,
            long maxBytes,
            CallLedger ledger,
            GrpcServerRequest<Buffer, Buffer> request) {
        this.backend = backend;
        this.method = method;
        this.context = context;
        this.maxBytes = maxBytes;
        // What the backend has begun it finishes; its answer is dropped.
        this.reply = new Reply(request, ledger, () -> {});
    }

    static void begin(
            Backend backend,
            EtcdMethod method,
            CallContext context,
            long maxBytes,
            CallLedger ledger,
            GrpcServerRequest<Buffer, Buffer> request) {
        UnaryExchange exchange = new UnaryExchange(backend, method, context, maxBytes, ledger, request);
        request.invalidMessageHandler(invalid -> exchange.reply.fail(
                invalid instanceof MessageSizeOverflowException overflow
                        ? MessageEncoding.tooLarge(overflow.messageSize(), maxBytes)
                        : new EtcdException(INTERNAL, UNREADABLE + invalid.getMessage())));
        request.messageHandler(exchange::message);
        request.endHandler(v -> exchange.halfClosed());
    }

    private void message(GrpcMessage message) {
        if (called || reply.isOver()) {
            return;
        }
        called = true;
        try {
            backend.unary(method, MessageEncoding.plain(message, maxBytes), context)
                    .onComplete(this::answer, cause -> reply.fail(cause, UNREADABLE));
        } catch (RuntimeException e) {
            reply.fail(e, UNREADABLE);
        }
    }

    private void answer(Buffer message) {
        if (reply.hasRoom(message.length())) {
            reply.end(message);
            return;
        }
        // What has been done must not be told as refused.
        reply.refuse(
                (method.kind() == EtcdMethod.Kind.READ ? EtcdError.TOO_MANY_REQUESTS : EtcdError.TIMEOUT).exception());
    }

    private void halfClosed() {
        if (!called) {
            reply.fail(new EtcdException(INTERNAL, "grpc: the call ended without a request message"));
        }
    }
}
