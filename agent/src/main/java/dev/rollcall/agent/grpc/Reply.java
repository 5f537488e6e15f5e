package dev.rollcall.agent.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServerRequest;
import io.vertx.grpc.server.GrpcServerResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answering side of one call, which ends exactly once: by us, or because the caller went away. What comes after that is
 * dropped, so that nobody above has to ask first.
 */
final class Reply {
    private static final Logger LOG = LoggerFactory.getLogger(Reply.class);
    private static final int INTERNAL = 13;

    private final GrpcServerRequest<Buffer, Buffer> request;
    private final GrpcServerResponse<Buffer, Buffer> response;
    private boolean over;

    /**
     * @param gone run once if the caller resets the stream or its connection is lost before the answer is complete
     */
    Reply(GrpcServerRequest<Buffer, Buffer> request, Runnable gone) {
        this.request = request;
        this.response = request.response();
        // A reset arrives on the first; a lost connection on either of the others, depending on who was still to send.
        request.errorHandler(error -> abandon(gone));
        request.exceptionHandler(cause -> abandon(gone));
        response.exceptionHandler(cause -> abandon(gone));
    }

    boolean isOver() {
        return over;
    }

    void send(Buffer message) {
        if (!over) {
            response.write(message);
        }
    }

    void end(Buffer message) {
        if (!over) {
            over = true;
            response.end(message);
        }
    }

    void end() {
        if (!over) {
            over = true;
            response.end();
        }
    }

    void fail(EtcdException error) {
        if (!over) {
            over = true;
            response.status(GrpcStatus.valueOf(error.code()));
            response.trailers().set("grpc-message", StatusMessage.encode(error.text()));
            response.end();
        }
    }

    /** Answers with whatever a backend failed with. */
    void fail(Throwable cause, String unreadable) {
        if (cause instanceof EtcdException error) {
            fail(error);
        } else if (cause instanceof InvalidProtocolBufferException) {
            fail(new EtcdException(INTERNAL, unreadable + cause.getMessage()));
        } else {
            LOG.error("{} failed", request.fullMethodName(), cause);
            fail(new EtcdException(
                    INTERNAL, "internal error: " + cause.getClass().getSimpleName()));
        }
    }

    boolean writable() {
        return over || !response.writeQueueFull();
    }

    void onWritable(Runnable handler) {
        if (writable()) {
            handler.run();
        } else {
            response.drainHandler(v -> {
                response.drainHandler(null);
                handler.run();
            });
        }
    }

    private void abandon(Runnable gone) {
        if (!over) {
            over = true;
            gone.run();
        }
    }
}
