package dev.rollcall.agent.client;

import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.agent.grpc.MessageEncoding;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcMessage;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One stream at an endpoint: what the caller says goes there, what comes back goes to the sink, and when one of them ends so
 * does the other. A sink that cannot take more stops the reading; messages that the endpoint does not take are kept up to a
 * limit, and end the stream beyond it.
 */
final class ClientStream implements StreamCall {
    private static final int MAX_UNSENT = 65_536;
    private static final int MAX_UNSENT_BYTES = 16 * 1024 * 1024;

    /** A stream that exists at an endpoint, nothing sent on it yet. */
    record Opened(EtcdClient client, GrpcClientRequest<Buffer, Buffer> request) {}

    private final long maxBytes;
    private final StreamSink sink;
    private final Consumer<EtcdClient> unavailable;
    private final Deque<Buffer> early = new ArrayDeque<>();
    private @Nullable Opened opened;
    private int unsent;
    private long unsentBytes;
    private boolean halfClosed;
    private boolean over;

    /** @param unavailable told if it ends because its endpoint, or the connection to it, does not serve */
    ClientStream(long maxBytes, StreamSink sink, Consumer<EtcdClient> unavailable) {
        this.maxBytes = maxBytes;
        this.sink = sink;
        this.unavailable = unavailable;
    }

    void begin(Future<Opened> opening) {
        opening.onComplete(
                this::start,
                cause -> end(
                        cause instanceof EtcdException answer
                                ? answer
                                : new EtcdException(UnsentException.UNAVAILABLE, WireFailures.reason(cause))));
    }

    private void start(Opened stream) {
        if (over) {
            stream.request().cancel();
            return;
        }
        opened = stream;
        stream.client().streams(1);
        stream.request().response().onComplete(response -> receive(stream, response), this::lose);
        while (!early.isEmpty() && !over) {
            write(stream, early.remove());
        }
        if (halfClosed && !over) {
            stream.request().end();
        }
    }

    @Override
    public void message(Buffer message) {
        if (over || halfClosed) {
            return;
        }
        unsent++;
        unsentBytes += message.length();
        if (unsent > MAX_UNSENT || unsentBytes > MAX_UNSENT_BYTES) {
            release();
            sink.end(EtcdError.TOO_MANY_REQUESTS.exception());
            return;
        }
        Opened stream = opened;
        if (stream == null) {
            early.add(message);
        } else {
            write(stream, message);
        }
    }

    private void write(Opened stream, Buffer message) {
        stream.client().asked();
        stream.request().write(message).onComplete(written -> {
            unsent--;
            unsentBytes -= message.length();
        });
    }

    @Override
    public void halfClose() {
        if (over || halfClosed) {
            return;
        }
        halfClosed = true;
        Opened stream = opened;
        if (stream != null) {
            stream.request().end();
        }
    }

    @Override
    public void cancel() {
        if (!over) {
            release();
        }
    }

    private void receive(Opened stream, GrpcClientResponse<Buffer, Buffer> response) {
        response.messageHandler(message -> deliver(response, message));
        response.invalidMessageHandler(invalid -> {
            lose(invalid);
            stream.request().cancel();
        });
        response.errorHandler(error -> lose());
        response.exceptionHandler(this::lose);
        response.endHandler(v -> end(WireFailures.status(response)));
    }

    private void deliver(GrpcClientResponse<Buffer, Buffer> response, GrpcMessage message) {
        if (over) {
            return;
        }
        heard();
        try {
            sink.send(MessageEncoding.plain(message, maxBytes));
        } catch (EtcdException e) {
            release();
            sink.end(e);
            return;
        }
        if (!sink.writable()) {
            response.pause();
            sink.onWritable(response::resume);
        }
    }

    private void lose(Throwable cause) {
        EtcdException tooLarge = WireFailures.tooLarge(cause, maxBytes);
        if (tooLarge != null) {
            end(tooLarge);
        } else if (WireFailures.isBroken(cause)) {
            lose();
        } else {
            end(new EtcdException(UnsentException.UNAVAILABLE, "rollcall: " + WireFailures.reason(cause)));
        }
    }

    private void lose() {
        Opened stream = opened;
        end(stream == null ? EtcdError.CANCELED.exception() : stream.client().lost());
    }

    /** The endpoint's end of it, or the connection's. */
    private void end(@Nullable EtcdException status) {
        if (over) {
            return;
        }
        Opened stream = opened;
        over = true;
        early.clear();
        if (stream != null) {
            stream.client().streams(-1);
            if (status != null && status.code() == UnsentException.UNAVAILABLE) {
                unavailable.accept(stream.client());
            } else {
                stream.client().heard();
            }
        }
        sink.end(status);
    }

    /** Our own end of it. */
    private void release() {
        over = true;
        early.clear();
        Opened stream = opened;
        if (stream != null) {
            stream.client().streams(-1);
            stream.request().cancel();
        }
    }

    private void heard() {
        Opened stream = opened;
        if (stream != null) {
            stream.client().heard();
        }
    }
}
