package dev.rollcall.agent.member;

import io.vertx.core.Future;

/** Makes a local read linearizable. */
public interface ReadIndex {
    /**
     * Completes on the caller's event loop when this member has applied every write acknowledged before the call. Calls that
     * wait together share one round. Fails with {@code TIMEOUT}, {@code LEADER_CHANGED} or {@code NO_LEADER}.
     */
    Future<Void> await(long timeoutMs);
}
