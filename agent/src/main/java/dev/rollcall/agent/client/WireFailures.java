package dev.rollcall.agent.client;

import dev.rollcall.agent.grpc.MessageEncoding;
import dev.rollcall.agent.grpc.StatusMessage;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.StreamResetException;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcErrorException;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.MessageSizeOverflowException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What the wire says went wrong, read as an answer of the API. */
final class WireFailures {
    private static final int UNKNOWN = 2;
    private static final int REFUSED_STREAM = 7;

    private WireFailures() {}

    /** The status of a response that has ended; null if it is OK. The text is the server's, byte for byte. */
    static @Nullable EtcdException status(GrpcClientResponse<Buffer, Buffer> response) {
        GrpcStatus status = response.status();
        if (status == GrpcStatus.OK) {
            return null;
        }
        String message = response.headers().get("grpc-message");
        if (message == null) {
            message = response.trailers().get("grpc-message");
        }
        return new EtcdException(
                status == null ? UNKNOWN : status.code, message == null ? "" : StatusMessage.decode(message));
    }

    /** Whether the server said that it has not begun the call. Source: RFC 9113, section 8.7. */
    static boolean isRefused(Throwable cause) {
        return (cause instanceof StreamResetException reset && reset.getCode() == REFUSED_STREAM)
                || (cause instanceof GrpcErrorException error && error.status() == GrpcStatus.UNAVAILABLE);
    }

    /** Whether the connection or the stream broke; otherwise an answer came that is none. */
    static boolean isBroken(Throwable cause) {
        return cause instanceof HttpClosedException
                || cause instanceof StreamResetException
                || cause instanceof GrpcErrorException
                || cause instanceof IOException;
    }

    /** An answer that was longer than allowed, or null if {@code cause} is something else. */
    static @Nullable EtcdException tooLarge(Throwable cause, long maxBytes) {
        return cause instanceof MessageSizeOverflowException overflow
                ? MessageEncoding.tooLarge(overflow.messageSize(), maxBytes)
                : null;
    }

    /** A short reason for people. */
    static String reason(Throwable cause) {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
