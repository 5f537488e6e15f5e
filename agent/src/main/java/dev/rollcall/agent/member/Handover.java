package dev.rollcall.agent.member;

import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.member.MemberTable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Leadership on its way to a chosen member, and those who wait for it. Raft thread, but for {@link #moveLeader}. */
final class Handover implements LeaderMover, RaftPart {
    private record Waiting(
            long target, long deadlineNanos, @Nullable Context loop, Promise<Void> promise) {}

    private final long self;
    private final long requestTimeoutMs;
    private final Consensus consensus;
    private final MemberTable members;
    private final Replies replies = new Replies();
    private List<Waiting> waiting = new ArrayList<>();

    Handover(long self, long requestTimeoutMs, Consensus consensus, MemberTable members) {
        this.self = self;
        this.requestTimeoutMs = requestTimeoutMs;
        this.consensus = consensus;
        this.members = members;
    }

    @Override
    public Future<Void> moveLeader(long target, long timeoutMs) {
        long wait = timeoutMs <= 0 ? requestTimeoutMs : Math.min(timeoutMs, requestTimeoutMs);
        Waiting call = new Waiting(
                target,
                System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(wait),
                Replies.callersLoop(),
                Promise.promise());
        consensus.post(() -> begin(call));
        return call.promise().future();
    }

    private void begin(Waiting call) {
        MemberRow row = members.get(call.target());
        if (consensus.softState().role() != Role.LEADER) {
            fail(call, EtcdError.NOT_LEADER.exception());
        } else if (row == null || !row.role().votes()) {
            fail(call, EtcdError.BAD_LEADER_TRANSFEREE.exception());
        } else if (call.target() == self) {
            succeed(call);
        } else {
            consensus.driver().transferLeadership(call.target());
            waiting.add(call);
        }
    }

    @Override
    public void leadership(SoftState now) {
        settle(System.nanoTime());
    }

    @Override
    public void beat(long nowNanos) {
        settle(nowNanos);
    }

    private void settle(long nowNanos) {
        if (waiting.isEmpty()) {
            return;
        }
        SoftState now = consensus.softState();
        boolean givenUp =
                now.role() == Role.LEADER && consensus.driver().status().transferTarget() == 0;
        List<Waiting> rest = new ArrayList<>();
        for (Waiting call : waiting) {
            if (now.leader() == call.target()) {
                succeed(call);
            } else if (givenUp || call.deadlineNanos() - nowNanos <= 0) {
                fail(call, EtcdError.TIMEOUT_LEADER_TRANSFER.exception());
            } else {
                rest.add(call);
            }
        }
        waiting = rest;
    }

    private void succeed(Waiting call) {
        replies.add(call.loop(), () -> call.promise().tryComplete());
    }

    private void fail(Waiting call, EtcdException why) {
        replies.add(call.loop(), () -> call.promise().tryFail(why));
    }

    @Override
    public void beforeFlush() {
        replies.flush();
    }

    /** Fails everyone that still waits. Once the raft thread has stopped. */
    void stop() {
        waiting.forEach(call -> fail(call, EtcdError.STOPPED.exception()));
        waiting = new ArrayList<>();
        replies.flush();
    }
}
