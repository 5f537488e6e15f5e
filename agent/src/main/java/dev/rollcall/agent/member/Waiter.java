package dev.rollcall.agent.member;

import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.Outcome;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;

/** A caller that waits for its command to be applied here. */
final class Waiter {
    final long requestId;
    final CommandKind kind;
    final byte[] body;
    final long deadlineNanos;
    final @Nullable Context loop;
    final Promise<Outcome> promise = Promise.promise();
    /** Term of the leader that was given the command, 0 while none was. Raft thread only. */
    long term;
    /** Whether a leader that had it is gone. Raft thread only. */
    boolean leaderLost;
    /**
     * Whether a snapshot was installed since a leader was given the command: it may hold it, so nothing that is applied later
     * can tell that the command failed. Raft thread only.
     */
    boolean maybeInSnapshot;

    Waiter(long requestId, CommandKind kind, byte[] body, long deadlineNanos, @Nullable Context loop) {
        this.requestId = requestId;
        this.kind = kind;
        this.body = body;
        this.deadlineNanos = deadlineNanos;
        this.loop = loop;
    }
}
