package dev.rollcall.agent.member;

import com.google.protobuf.UnsafeByteOperations;
import dev.rollcall.agent.peer.Forward;
import dev.rollcall.agent.peer.ForwardRefusal;
import dev.rollcall.agent.peer.FrameType;
import dev.rollcall.agent.peer.PeerCalls;
import dev.rollcall.raft.core.ProposeResult;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.Command;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.Outcome;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Commands on their way into the log, and those who wait for them.
 *
 * <p>A command is given to one leader, of one term, once. Its caller is answered when this member applies it. When this
 * member applies an entry of a later term first, that leader's command is certainly lost, for terms only grow along a log;
 * then, and after a refusal, it is given to the next leader. Otherwise silence ends in a timeout, whose outcome is unknown.
 *
 * <p>{@link #propose} may be called from any thread, {@link #completed} on the apply thread; all else on the raft thread.
 */
final class Proposals implements Proposer, RaftPart {
    /** Callers that may wait at once; more are refused. */
    static final int MAX_WAITING = 100_000;
    /** Committed entries that may wait to be applied before new commands are refused (etcd's apply gap). */
    static final int MAX_APPLY_GAP = 5_000;

    private final long self;
    private final long maxWaitingBytes;
    private final AtomicLong waitingBytes = new AtomicLong();
    private final long requestTimeoutMs;
    private final RaftPort raft;
    private final PeerCalls peers;
    private final MemberInfo info;
    private final AnswerBudget answers;
    private final Map<Long, Waiter> waiting = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong(new SecureRandom().nextLong());
    private final AtomicLong failures = new AtomicLong();
    private final Queue<Waiter> parked = new ArrayDeque<>();
    private final Replies replies = new Replies();
    private volatile boolean stopped;

    /**
     * @param maxWaitingBytes of commands whose callers wait
     * @param answers what the answers of outcomes have taken
     */
    Proposals(
            long self,
            long requestTimeoutMs,
            long maxWaitingBytes,
            RaftPort raft,
            PeerCalls peers,
            MemberInfo info,
            AnswerBudget answers) {
        this.self = self;
        this.maxWaitingBytes = maxWaitingBytes;
        this.requestTimeoutMs = requestTimeoutMs;
        this.raft = raft;
        this.peers = peers;
        this.info = info;
        this.answers = answers;
    }

    @Override
    public Future<Outcome> propose(CommandKind kind, byte[] body, long timeoutMs) {
        if (stopped) {
            return Future.failedFuture(EtcdError.STOPPED.exception());
        }
        if (waiting.size() >= MAX_WAITING
                || waitingBytes.get() >= maxWaitingBytes
                || info.commitIndex() - info.appliedIndex() > MAX_APPLY_GAP) {
            failures.incrementAndGet();
            return Future.failedFuture(EtcdError.TOO_MANY_REQUESTS.exception());
        }
        long wait = timeoutMs <= 0 ? requestTimeoutMs : Math.min(timeoutMs, requestTimeoutMs);
        Waiter waiter = new Waiter(
                ids.incrementAndGet(),
                kind,
                body,
                System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(wait),
                Replies.callersLoop());
        waiting.put(waiter.requestId, waiter);
        waitingBytes.addAndGet(body.length);
        raft.post(() -> route(waiter));
        return waiter.promise.future();
    }

    /** Callers that wait now. */
    int pending() {
        return waiting.size();
    }

    /** Bytes of the commands they wait for. */
    long pendingBytes() {
        return waitingBytes.get();
    }

    private @Nullable Waiter taken(long requestId) {
        Waiter waiter = waiting.remove(requestId);
        if (waiter != null) {
            waitingBytes.addAndGet(-waiter.body.length);
        }
        return waiter;
    }

    /** Commands that ended without an outcome. */
    long failures() {
        return failures.get();
    }

    /** A command was applied here; answers its caller with the batch that {@code out} collects. */
    void completed(Outcome outcome, Replies out) {
        Waiter waiter = outcome.origin() == self ? taken(outcome.requestId()) : null;
        if (waiter == null) {
            answers.giveBack(outcome.answerBytes());
        } else {
            out.add(waiter.loop, () -> {
                waiter.promise.tryComplete(outcome);
                answers.giveBack(outcome.answerBytes()); // whoever waited has encoded it by now
            });
        }
    }

    /** The first entry of this term was applied here: what was given to earlier leaders and has not come will not come. */
    void termApplied(long term) {
        for (Waiter waiter : waiting.values()) {
            if (waiter.term != 0 && waiter.term < term && !waiter.maybeInSnapshot) {
                waiter.term = 0;
                route(waiter);
            }
        }
    }

    /** A peer's command: proposed if this member leads the term it is meant for, else refused. */
    void forwarded(long from, Forward forward) {
        SoftState now = raft.softState();
        boolean leads = now.role() == Role.LEADER && now.term() == forward.term();
        Verdict verdict = leads ? offer(forward.command().proposedIn(now.term())) : Verdict.LATER;
        if (verdict.kind() != Verdict.Kind.TAKEN) {
            ForwardRefusal refusal = ForwardRefusal.of(forward.command().requestId(), forward.term(), verdict.answer());
            peers.call(from, FrameType.FORWARD_REFUSED, refusal.encode());
        }
    }

    /** Gives a command to the leader in this process. */
    private Verdict offer(Command command) {
        if (command.kind().reconfigures()) {
            return raft.proposeChange(command);
        }
        return switch (raft.propose(command.encode())) {
            case ACCEPTED -> Verdict.TAKEN;
            case OVERLOADED -> Verdict.refused(EtcdError.TOO_MANY_REQUESTS.exception());
            case NOT_LEADER, TRANSFERRING -> Verdict.LATER;
        };
    }

    /** A leader did not take this member's command. */
    void refused(ForwardRefusal refusal) {
        Waiter waiter = waiting.get(refusal.requestId());
        if (waiter == null || waiter.term != refusal.term()) {
            return; // answered meanwhile, or given to a later leader: taking it up again could do it twice
        }
        waiter.term = 0;
        waiter.maybeInSnapshot = false; // a command goes to one leader at a time, and this one did not take it
        EtcdException answer = refusal.answer();
        if (answer != null) {
            fail(waiter, answer);
        } else {
            parked.add(waiter);
        }
    }

    /**
     * Proposes a command that only the leader of {@code term} may make and that nobody waits for.
     *
     * @return false if it was not taken
     */
    boolean proposeAsLeader(CommandKind kind, byte[] body, long term) {
        SoftState now = raft.softState();
        if (now.role() != Role.LEADER || now.term() != term) {
            return false;
        }
        Command command =
                new Command(kind, ids.incrementAndGet(), self, 0, term, "", UnsafeByteOperations.unsafeWrap(body));
        return raft.propose(command.encode()) == ProposeResult.ACCEPTED;
    }

    private void route(Waiter waiter) {
        if (!waiting.containsKey(waiter.requestId)) {
            return;
        }
        SoftState now = raft.softState();
        Command command = new Command(
                waiter.kind, waiter.requestId, self, 0, now.term(), "", UnsafeByteOperations.unsafeWrap(waiter.body));
        if (now.role() == Role.LEADER) {
            proposeHere(waiter, now, command);
        } else if (now.leader() != 0
                && peers.call(now.leader(), FrameType.FORWARD, new Forward(now.term(), command).encode())) {
            waiter.term = now.term();
        } else {
            parked.add(waiter);
        }
    }

    private void proposeHere(Waiter waiter, SoftState now, Command command) {
        Verdict verdict = offer(command);
        EtcdException answer = verdict.answer();
        if (answer != null) {
            fail(waiter, answer);
        } else if (verdict.kind() == Verdict.Kind.TAKEN) {
            waiter.term = now.term();
        } else {
            parked.add(waiter);
        }
    }

    @Override
    public void leadership(SoftState now) {
        for (Waiter waiter : waiting.values()) {
            waiter.leaderLost |= waiter.term != 0 && waiter.term < now.term();
        }
        retryParked();
    }

    @Override
    public void restored() {
        waiting.values().forEach(waiter -> waiter.maybeInSnapshot |= waiter.term != 0);
    }

    @Override
    public void beforeFlush() {
        replies.flush();
    }

    @Override
    public void beat(long nowNanos) {
        retryParked();
        for (Iterator<Waiter> all = waiting.values().iterator(); all.hasNext(); ) {
            Waiter waiter = all.next();
            if (waiter.deadlineNanos - nowNanos <= 0) {
                fail(waiter, (waiter.leaderLost ? EtcdError.TIMEOUT_LEADER_FAIL : EtcdError.TIMEOUT).exception());
            }
        }
    }

    private void retryParked() {
        for (int n = parked.size(); n > 0; n--) {
            route(parked.remove());
        }
    }

    private void fail(Waiter waiter, EtcdException why) {
        if (taken(waiter.requestId) != null) {
            failures.incrementAndGet();
            replies.add(waiter.loop, () -> waiter.promise.tryFail(why));
        }
    }

    /** Answers everyone that still waits; takes nothing more. Any thread, once the raft thread has stopped. */
    void stop() {
        stopped = true;
        for (Waiter waiter : waiting.values()) {
            fail(waiter, (waiter.term == 0 ? EtcdError.STOPPED : EtcdError.TIMEOUT).exception());
        }
        replies.flush();
    }
}
