package dev.rollcall.agent.call;

import io.vertx.core.buffer.Buffer;

/** The caller's half of a stream. All on the event loop that opened it. */
public interface StreamCall {
    /** One more message from the caller. */
    void message(Buffer message);

    /** The caller sends no more; it may still be waiting for answers. */
    void halfClose();

    /** The caller is gone: release everything; the sink is not to be used any more. */
    void cancel();
}
