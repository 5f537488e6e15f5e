package dev.rollcall.agent.call;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;

/**
 * Whatever answers etcd calls: the member in this process, or an upstream that they are forwarded to. Messages are the
 * protobuf bytes, neither compressed nor framed. Called on an event loop; futures and sinks are completed on that same one.
 * Failures are {@link dev.rollcall.storage.error.EtcdException}s, which the wire shows as they are.
 */
public interface Backend {
    /** Answers a unary call. */
    Future<Buffer> unary(EtcdMethod method, Buffer request, CallContext context);

    /** Opens a bidirectional stream. */
    StreamCall open(EtcdMethod method, CallContext context, StreamSink sink);
}
