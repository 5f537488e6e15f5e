package dev.rollcall.agent.member;

import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.Outcome;
import io.vertx.core.Future;

/**
 * Puts a command into the replicated log, through the leader wherever that is, at most once.
 *
 * <p>The future completes on the caller's event loop when this member has applied the command; a refusal by the state
 * machine is inside the {@link Outcome}. It fails with an {@link dev.rollcall.storage.error.EtcdException}: {@code TIMEOUT*}
 * for an unknown outcome, {@code TOO_MANY_REQUESTS}, {@code NO_LEADER} or {@code STOPPED} only if the command certainly was
 * not and will not be applied.
 */
public interface Proposer {
    /**
     * @param kind what to do
     * @param body the request's bytes, no longer changed by the caller
     * @param timeoutMs how long to wait at most; 0 for the server's own request timeout
     */
    Future<Outcome> propose(CommandKind kind, byte[] body, long timeoutMs);
}
