package dev.rollcall.agent.member;

import dev.rollcall.agent.peer.FrameType;
import dev.rollcall.agent.peer.LeaseAnswers;
import dev.rollcall.agent.peer.LeaseQuestions;
import dev.rollcall.agent.peer.LeaseQuestions.Question;
import dev.rollcall.agent.peer.PeerCalls;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.error.EtcdError;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Questions about the time of leases, batched to wherever the leader is. Asking twice does no harm, so a batch that gets no
 * answer is asked again, of the leader of the moment, until its questions' deadlines.
 *
 * <p>The {@link LeaseClock} may be called from any thread, all else on the raft thread.
 */
final class LeaseRouter implements LeaseClock, RaftPart {
    /** Questions that may wait at once; more are refused. */
    static final int MAX_WAITING = 200_000;
    /** How long a batch waits for its answers before it is asked again. */
    private static final long BATCH_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private record Asked(
            Question question, long deadlineNanos, @Nullable Context loop, Promise<Long> promise) {}

    private record Batch(List<Asked> asked, long askedAtNanos) {
        LeaseQuestions questions(long id) {
            return new LeaseQuestions(id, asked.stream().map(Asked::question).toList());
        }
    }

    private final long requestTimeoutMs;
    private final RaftPort raft;
    private final PeerCalls peers;
    private final Reads reads;
    private final LeaderLeases leader;
    private final Queue<Asked> arrived = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Map<Long, Batch> batches = new HashMap<>();
    private final List<Asked> again = new ArrayList<>();
    private final Replies replies = new Replies();
    private long lastBatch;
    private volatile boolean stopped;

    LeaseRouter(long requestTimeoutMs, RaftPort raft, PeerCalls peers, Reads reads, LeaderLeases leader) {
        this.requestTimeoutMs = requestTimeoutMs;
        this.raft = raft;
        this.peers = peers;
        this.reads = reads;
        this.leader = leader;
    }

    /** Questions that wait now. */
    int pending() {
        return waiting.get();
    }

    @Override
    public Future<Long> renew(long leaseId) {
        return ask(new Question(true, leaseId));
    }

    @Override
    public Future<Long> remaining(long leaseId) {
        return ask(new Question(false, leaseId));
    }

    private Future<Long> ask(Question question) {
        if (stopped) {
            return Future.failedFuture(EtcdError.STOPPED.exception());
        }
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            return Future.failedFuture(EtcdError.TOO_MANY_REQUESTS.exception());
        }
        Asked asked = new Asked(
                question,
                System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(requestTimeoutMs),
                Replies.callersLoop(),
                Promise.promise());
        arrived.add(asked);
        raft.post(() -> {});
        return asked.promise().future();
    }

    @Override
    public void beforeFlush() {
        while (!arrived.isEmpty()) {
            List<Asked> batch = new ArrayList<>();
            Asked next;
            while (batch.size() < LeaseQuestions.MAX && (next = arrived.poll()) != null) {
                batch.add(next);
            }
            route(batch);
        }
        replies.flush();
    }

    private void route(List<Asked> asked) {
        SoftState now = raft.softState();
        long id = ++lastBatch;
        Batch batch = new Batch(asked, System.nanoTime());
        if (now.role() == Role.LEADER) {
            batches.put(id, batch);
            answerAsLeader(now.term(), batch.questions(id), answers -> raft.post(() -> answered(answers)));
        } else if (now.leader() != 0
                && peers.call(
                        now.leader(),
                        FrameType.LEASE_QUESTIONS,
                        batch.questions(id).encode())) {
            batches.put(id, batch);
        } else {
            again.addAll(asked);
        }
    }

    /** A peer asks this member as leader. */
    void asked(long from, LeaseQuestions questions) {
        SoftState now = raft.softState();
        if (now.role() == Role.LEADER) {
            answerAsLeader(
                    now.term(), questions, answers -> peers.call(from, FrameType.LEASE_ANSWERS, answers.encode()));
        } else {
            peers.call(from, FrameType.LEASE_ANSWERS, notLeading(questions).encode());
        }
    }

    /** The proof that this member still leads begins now; the answers are made once it is there. */
    private void answerAsLeader(long term, LeaseQuestions questions, LeaderLeases.Answer answer) {
        reads.ask(
                System.nanoTime() + BATCH_TIMEOUT_NANOS,
                out -> leader.answer(term, questions, answer),
                () -> answer.send(notLeading(questions)));
    }

    private static LeaseAnswers notLeading(LeaseQuestions questions) {
        return new LeaseAnswers(questions.batchId(), false, new long[0]);
    }

    /** Answers to one of this member's batches. */
    void answered(LeaseAnswers answers) {
        Batch batch = batches.remove(answers.batchId());
        if (batch == null) {
            return;
        }
        if (!answers.led() || answers.seconds().length != batch.asked().size()) {
            again.addAll(batch.asked());
            return;
        }
        waiting.addAndGet(-batch.asked().size());
        for (int i = 0; i < answers.seconds().length; i++) {
            Asked asked = batch.asked().get(i);
            long seconds = answers.seconds()[i];
            replies.add(asked.loop(), () -> asked.promise().tryComplete(seconds));
        }
    }

    @Override
    public void leadership(SoftState now) {
        for (Batch batch : batches.values()) {
            again.addAll(batch.asked());
        }
        batches.clear();
        retry();
    }

    @Override
    public void beat(long nowNanos) {
        for (Iterator<Batch> all = batches.values().iterator(); all.hasNext(); ) {
            Batch batch = all.next();
            if (nowNanos - batch.askedAtNanos() > BATCH_TIMEOUT_NANOS) {
                all.remove();
                again.addAll(batch.asked());
            }
        }
        again.removeIf(asked -> {
            boolean late = asked.deadlineNanos() - nowNanos <= 0;
            if (late) {
                waiting.decrementAndGet();
                fail(asked);
            }
            return late;
        });
        retry();
    }

    private void fail(Asked asked) {
        EtcdError why = stopped ? EtcdError.STOPPED : EtcdError.TIMEOUT;
        replies.add(asked.loop(), () -> asked.promise().tryFail(why.exception()));
    }

    private void retry() {
        arrived.addAll(again);
        again.clear();
    }

    /** Fails everyone that still waits. Once the raft thread has stopped. */
    void stop() {
        stopped = true;
        Collection<Asked> left = new ArrayList<>(arrived);
        left.addAll(again);
        batches.values().forEach(batch -> left.addAll(batch.asked()));
        left.forEach(this::fail);
        replies.flush();
    }
}
