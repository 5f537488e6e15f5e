package dev.rollcall.agent.local;

import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.buffer.Buffer;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The client's end of a stream: keeps what it is sent, and reads or does not read. */
final class TestSink implements StreamSink {
    private final BlockingQueue<Buffer> messages = new LinkedBlockingQueue<>();

    /** Completes with the error the stream ended with, or null if it ended well. */
    final CompletableFuture<@Nullable EtcdException> ended = new CompletableFuture<>();

    private @Nullable Runnable onWritable;
    private boolean writable = true;

    /** Messages the client takes before it stops reading. */
    private int room = Integer.MAX_VALUE;

    @Override
    public void send(Buffer message) {
        if (ended.isDone()) {
            throw new IllegalStateException("sent after the end");
        }
        messages.add(message);
        if (--room <= 0) {
            writable = false;
        }
    }

    @Override
    public boolean writable() {
        return writable;
    }

    @Override
    public void onWritable(Runnable handler) {
        if (onWritable != null) {
            throw new IllegalStateException("asked twice to be called when writable");
        }
        onWritable = handler;
    }

    @Override
    public void end(@Nullable EtcdException error) {
        if (!ended.complete(error)) {
            throw new IllegalStateException("ended twice");
        }
    }

    /** The client reads this many more messages; on the event loop. */
    void read(int count) {
        room = count;
        writable = count > 0;
        Runnable handler = onWritable;
        if (writable && handler != null) {
            onWritable = null;
            handler.run();
        }
    }

    /** The error the stream ends with. */
    EtcdException error() {
        return Objects.requireNonNull(LocalFixture.join(ended), "ended well");
    }

    int received() {
        return messages.size();
    }

    Buffer next() {
        try {
            Buffer message = messages.poll(10, TimeUnit.SECONDS);
            if (message == null) {
                throw new AssertionError("no message came; ended: " + ended);
            }
            return message;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
