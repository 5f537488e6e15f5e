package dev.rollcall.agent.client;

import dev.rollcall.agent.grpc.MessageEncoding;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcMessage;
import org.jspecify.annotations.Nullable;

/** One unary call on its way: ends exactly once, at the latest with its deadline. */
final class UnaryCall {
    private static final int INTERNAL = 13;
    private static final int UNKNOWN = 2;

    private final Vertx vertx;
    private final EtcdClient client;
    private final long maxBytes;
    private final Promise<Buffer> outcome = Promise.promise();
    private @Nullable GrpcClientRequest<Buffer, Buffer> sent;
    private @Nullable GrpcMessage answer;
    private long timer;
    private boolean over;

    UnaryCall(Vertx vertx, EtcdClient client, long maxBytes) {
        this.vertx = vertx;
        this.client = client;
        this.maxBytes = maxBytes;
    }

    Future<Buffer> begin(Future<GrpcClientRequest<Buffer, Buffer>> request, Buffer message, long timeoutMs) {
        client.waits(1);
        timer = vertx.setTimer(timeoutMs, id -> expire());
        request.onComplete(ready -> send(ready, message), this::fail);
        return outcome.future();
    }

    private void send(GrpcClientRequest<Buffer, Buffer> request, Buffer message) {
        if (over) {
            // Gives back the stream that was waited for too long.
            request.cancel();
            return;
        }
        sent = request;
        request.response().onComplete(response -> receive(request, response), this::lose);
        request.end(message);
    }

    private void receive(GrpcClientRequest<Buffer, Buffer> request, GrpcClientResponse<Buffer, Buffer> response) {
        client.heard();
        response.messageHandler(message -> answer = message);
        response.invalidMessageHandler(invalid -> {
            lose(invalid);
            request.cancel();
        });
        response.errorHandler(error -> fail(EtcdError.TIMEOUT_CONNECTION_LOST.exception()));
        response.exceptionHandler(this::lose);
        response.endHandler(v -> finish(response));
    }

    private void finish(GrpcClientResponse<Buffer, Buffer> response) {
        client.heard();
        EtcdException status = WireFailures.status(response);
        GrpcMessage message = answer;
        if (status != null) {
            fail(status);
        } else if (message == null) {
            fail(new EtcdException(INTERNAL, "grpc: the answer has no message"));
        } else {
            try {
                Buffer plain = MessageEncoding.plain(message, maxBytes);
                if (end()) {
                    outcome.complete(plain);
                }
            } catch (EtcdException e) {
                fail(e);
            }
        }
    }

    private void lose(Throwable cause) {
        EtcdException tooLarge = WireFailures.tooLarge(cause, maxBytes);
        if (tooLarge != null) {
            fail(tooLarge);
        } else if (WireFailures.isRefused(cause)) {
            fail(new UnsentException("stream refused"));
        } else if (WireFailures.isBroken(cause)) {
            fail(EtcdError.TIMEOUT_CONNECTION_LOST.exception());
        } else {
            fail(new EtcdException(
                    UNKNOWN, "rollcall: endpoint " + client.endpoint() + ": " + WireFailures.reason(cause)));
        }
    }

    private void expire() {
        GrpcClientRequest<Buffer, Buffer> request = sent;
        fail(request == null ? new UnsentException("no connection in time") : EtcdError.TIMEOUT.exception());
        if (request != null) {
            request.cancel();
        }
    }

    private void fail(Throwable cause) {
        if (end()) {
            outcome.fail(cause);
        }
    }

    private boolean end() {
        if (over) {
            return false;
        }
        over = true;
        vertx.cancelTimer(timer);
        client.waits(-1);
        return true;
    }
}
