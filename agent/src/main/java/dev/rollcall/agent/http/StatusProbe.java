package dev.rollcall.agent.http;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;

/** Asks a member for its status, at one of the client URLs it publishes. */
@FunctionalInterface
public interface StatusProbe {
    /**
     * Answers the bytes of the member's {@code StatusResponse}, or fails within the time given.
     *
     * @param clientUrl as the member published it
     * @param timeoutMs how long to wait at most
     */
    Future<Buffer> status(String clientUrl, long timeoutMs);
}
