package dev.rollcall.agent.local;

import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.member.MemberInfo;
import dev.rollcall.agent.member.Proposer;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.Outcome;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;

/** The last part of the way of every write before the log: backlog, size, proposal, and the answer from its outcome. */
final class Writes {
    /** Answers about the cluster carry no store revision. */
    static final long NO_REVISION = 0;

    private final Proposer proposer;
    private final MemberInfo info;
    private final Headers headers;
    private final LocalLimits limits;

    Writes(Proposer proposer, MemberInfo info, Headers headers, LocalLimits limits) {
        this.proposer = proposer;
        this.info = info;
        this.headers = headers;
        this.limits = limits;
    }

    /** Proposes this and answers with what the state machine made of it, at the store's revision. */
    Future<Buffer> write(CommandKind kind, byte[] body, CallContext context) {
        return propose(kind, body, context).map(outcome -> answer(outcome, outcome.revision()));
    }

    /** The same for a change of the cluster. */
    Future<Buffer> change(CommandKind kind, byte[] body, CallContext context) {
        return propose(kind, body, context).map(outcome -> answer(outcome, NO_REVISION));
    }

    private Future<Outcome> propose(CommandKind kind, byte[] body, CallContext context) {
        // Applied first: the other way round a busy moment in between could look like a backlog.
        long applied = info.appliedIndex();
        if (info.commitIndex() - applied > limits.applyBacklogEntries()) {
            return Future.failedFuture(EtcdError.TOO_MANY_REQUESTS.exception());
        }
        if (body.length > limits.maxRequestBytes()) {
            return Future.failedFuture(EtcdError.REQUEST_TOO_LARGE.exception());
        }
        return proposer.propose(kind, body, limits.timeoutMs(context.timeoutMs()));
    }

    private Buffer answer(Outcome outcome, long revision) {
        EtcdException error = outcome.error();
        if (error != null) {
            throw error;
        }
        if (outcome.response() == null) {
            throw new IllegalStateException("entry " + outcome.index() + " has neither an answer nor an error");
        }
        return headers.answer(revision, outcome.response());
    }
}
