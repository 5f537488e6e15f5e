package dev.rollcall.agent.member;

import io.vertx.core.Future;

/** Hands leadership to a chosen member. */
public interface LeaderMover {
    /**
     * Completes on the caller's event loop when {@code target} leads. Fails with {@code NOT_LEADER} if this member does not
     * lead, {@code BAD_LEADER_TRANSFEREE} if the target is no voter, {@code TIMEOUT_LEADER_TRANSFER} if it did not take over
     * in time; then this member, or whoever was elected, leads on.
     *
     * @param timeoutMs how long to wait at most; 0 for the server's own request timeout
     */
    Future<Void> moveLeader(long target, long timeoutMs);
}
