package dev.rollcall.agent.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServerRequest;
import io.vertx.grpc.server.GrpcServerResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answering side of one call, which ends exactly once: by us, or because the caller went away. What comes after that is
 * dropped, so that nobody above has to ask first.
 */
final class Reply {
    private static final Logger LOG = LoggerFactory.getLogger(Reply.class);
    private static final int INTERNAL = 13;
    /** Unread bytes at which a stream is told to wait; Vert.x itself counts messages. */
    private static final int STREAM_UNREAD_BYTES = 64 << 10;

    private final GrpcServerRequest<Buffer, Buffer> request;
    private final GrpcServerResponse<Buffer, Buffer> response;
    private final CallLedger ledger;
    private boolean over;
    private int unread;
    private @Nullable Runnable reader;

    /**
     * @param ledger where this call is entered until it is over
     * @param gone run once if the caller resets the stream or its connection is lost before the answer is complete
     */
    Reply(GrpcServerRequest<Buffer, Buffer> request, CallLedger ledger, Runnable gone) {
        this.request = request;
        this.ledger = ledger;
        ledger.begin();
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
        if (over) {
            return;
        }
        int bytes = message.length();
        if (bytes <= CallLedger.SMALL_BYTES) {
            response.write(message);
            return;
        }
        waits(bytes);
        response.write(message).onComplete(written -> left(bytes));
    }

    void end(Buffer message) {
        if (over) {
            return;
        }
        over = true;
        int bytes = message.length();
        if (bytes <= CallLedger.SMALL_BYTES) {
            closeWith(response.end(message));
            return;
        }
        waits(bytes);
        closeWith(response.end(message).onComplete(written -> left(bytes)));
    }

    void end() {
        if (!over) {
            over = true;
            closeWith(response.end());
        }
    }

    /** Tells that there is no room for the answer. */
    void refuse(EtcdException error) {
        ledger.refuse();
        fail(error);
    }

    /** Whether an answer of this size may be given now; a small one always may. */
    boolean hasRoom(int bytes) {
        return bytes <= CallLedger.SMALL_BYTES || ledger.hasRoom();
    }

    private void waits(int bytes) {
        unread += bytes;
        ledger.waits(request.connection(), bytes);
    }

    private void left(int bytes) {
        unread -= bytes;
        ledger.left(request.connection(), bytes);
        Runnable waiting = reader;
        if (waiting != null && unread < STREAM_UNREAD_BYTES) {
            reader = null;
            onWritable(waiting);
        }
    }

    private void closeWith(Future<Void> written) {
        written.onComplete(done -> ledger.over());
    }

    void fail(EtcdException error) {
        if (!over) {
            over = true;
            response.status(GrpcStatus.valueOf(error.code()));
            response.trailers().set("grpc-message", StatusMessage.encode(error.text()));
            closeWith(response.end());
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
        return over || (unread < STREAM_UNREAD_BYTES && !response.writeQueueFull() && ledger.hasRoom());
    }

    void onWritable(Runnable handler) {
        if (writable()) {
            handler.run();
        } else if (unread >= STREAM_UNREAD_BYTES) {
            reader = handler;
        } else if (response.writeQueueFull()) {
            response.drainHandler(v -> {
                response.drainHandler(null);
                onWritable(handler);
            });
        } else {
            ledger.whenRoom(() -> onWritable(handler));
        }
    }

    private void abandon(Runnable gone) {
        if (!over) {
            over = true;
            ledger.over();
            gone.run();
        }
    }
}
