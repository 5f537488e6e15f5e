package dev.rollcall.agent.call;

import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** The answering half of a stream. All on the event loop that opened it. */
public interface StreamSink {
    /** Sends a message. Queues without limit: who sends much looks at {@link #writable} first. */
    void send(Buffer message);

    /** False while what was sent waits for a slow reader. */
    boolean writable();

    /** Called, once per time it was not writable, when it is again. */
    void onWritable(Runnable handler);

    /** Ends the stream: well, or with this error. Nothing is sent after it. */
    void end(@Nullable EtcdException error);
}
