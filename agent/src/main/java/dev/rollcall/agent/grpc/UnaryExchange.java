package dev.rollcall.agent.grpc;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** One unary call: its message goes to the backend as soon as it is complete, and the outcome back. */
final class UnaryExchange implements Exchange {
    private static final String UNREADABLE = "grpc: error unmarshalling request: ";
    private static final int INTERNAL = 13;

    private final Backend backend;
    private final EtcdMethod method;
    private final CallContext context;
    private final @Nullable String encoding;
    private final long maxBytes;
    private final CallStream call;
    private boolean called;

    UnaryExchange(
            Backend backend,
            EtcdMethod method,
            CallContext context,
            @Nullable String encoding,
            long maxBytes,
            CallStream call) {
        this.backend = backend;
        this.method = method;
        this.context = context;
        this.encoding = encoding;
        this.maxBytes = maxBytes;
        this.call = call;
    }

    @Override
    public void message(Buffer message, boolean compressed) {
        if (called) {
            return;
        }
        called = true;
        // Some clients send their end in a frame of its own, and take resets for an attack once there are hundreds.
        call.passOver();
        try {
            backend.unary(method, MessageEncoding.plain(message, compressed, encoding, maxBytes), context)
                    .onComplete(this::answer, cause -> Reply.fail(call, cause, UNREADABLE));
        } catch (RuntimeException e) {
            Reply.fail(call, e, UNREADABLE);
        }
    }

    private void answer(Buffer answer) {
        if (call.hasRoom(answer.length())) {
            call.send(answer);
            call.end();
            return;
        }
        // What has been done must not be told as refused.
        EtcdError error = method.kind() == EtcdMethod.Kind.READ ? EtcdError.TOO_MANY_REQUESTS : EtcdError.TIMEOUT;
        call.noRoom(error.exception());
    }

    @Override
    public void unreadable(EtcdException why) {
        Reply.fail(call, why);
    }

    @Override
    public void halfClosed() {
        if (!called) {
            call.fail(INTERNAL, "grpc: the call ended without a request message");
        }
    }

    /** What the backend has begun it finishes; its answer is dropped. */
    @Override
    public void gone() {
        called = true;
    }
}
