package dev.rollcall.agent.member;

import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.error.EtcdError;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Linearizable reads: one round of ReadIndex for all that wait, the next one for those that came meanwhile. A round that
 * fails (no leader, a change of leader) is asked again under a fresh id until the caller's deadline: a read may be repeated.
 *
 * <p>{@link #await} may be called from any thread, all else on the raft thread.
 */
final class Reads implements ReadIndex, RaftPart {
    /** Reads that may wait at once; more are refused. */
    static final int MAX_WAITING = 100_000;

    /** Where proven reads go on. */
    interface Applied {
        /** Runs the actions on the apply thread once this index is applied. */
        void once(long index, List<Consumer<Replies>> actions);
    }

    private record Pending(long deadlineNanos, Consumer<Replies> proven, Runnable failed) {}

    private final long requestTimeoutMs;
    private final RaftPort raft;
    private final Applied applied;
    private final Queue<Pending> arrived = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Replies replies = new Replies();
    private List<Pending> asking = List.of();
    /** Id of the round under way, 0 if none is. */
    private long round;

    private long lastRound;
    private volatile boolean stopped;

    Reads(long requestTimeoutMs, RaftPort raft, Applied applied) {
        this.requestTimeoutMs = requestTimeoutMs;
        this.raft = raft;
        this.applied = applied;
    }

    /** Reads that wait now. */
    int pending() {
        return waiting.get();
    }

    @Override
    public Future<Void> await(long timeoutMs) {
        if (stopped) {
            return Future.failedFuture(EtcdError.STOPPED.exception());
        }
        if (waiting.get() >= MAX_WAITING) {
            return Future.failedFuture(EtcdError.TOO_MANY_REQUESTS.exception());
        }
        Context loop = Replies.callersLoop();
        Promise<Void> promise = Promise.promise();
        long wait = timeoutMs <= 0 ? requestTimeoutMs : Math.min(timeoutMs, requestTimeoutMs);
        ask(
                System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(wait),
                out -> out.add(loop, promise::tryComplete),
                () -> replies.add(loop, () -> promise.tryFail(EtcdError.TIMEOUT.exception())));
        raft.post(() -> {});
        return promise.future();
    }

    /**
     * Asks for a proof begun after this call that this member's view, once applied far enough, is the newest; on a leader
     * also that it leads. Any thread.
     *
     * @param proven runs on the apply thread
     * @param failed runs on the raft thread if the deadline passes first
     */
    void ask(long deadlineNanos, Consumer<Replies> proven, Runnable failed) {
        waiting.incrementAndGet();
        arrived.add(new Pending(deadlineNanos, proven, failed));
    }

    @Override
    public void beforeFlush() {
        if (round == 0 && !arrived.isEmpty()) {
            List<Pending> now = new ArrayList<>(asking);
            Pending next;
            while ((next = arrived.poll()) != null) {
                now.add(next);
            }
            asking = now;
            begin();
        }
        replies.flush();
    }

    private void begin() {
        round = ++lastRound;
        raft.readIndex(round);
    }

    void ready(long id, long index) {
        if (id == round) {
            List<Consumer<Replies>> actions = new ArrayList<>(asking.size());
            asking.forEach(read -> actions.add(read.proven()));
            waiting.addAndGet(-asking.size());
            asking = List.of();
            round = 0;
            applied.once(index, actions);
            if (!arrived.isEmpty()) {
                raft.post(() -> {});
            }
        }
    }

    void failed(long id) {
        if (id == round) {
            round = 0; // asked again at the next beat, or at once with whoever arrives
        }
    }

    @Override
    public void leadership(SoftState now) {
        retry();
    }

    @Override
    public void beat(long nowNanos) {
        if (asking.stream().anyMatch(read -> read.deadlineNanos() - nowNanos <= 0)) {
            List<Pending> rest = new ArrayList<>();
            for (Pending read : asking) {
                if (read.deadlineNanos() - nowNanos <= 0) {
                    waiting.decrementAndGet();
                    read.failed().run();
                } else {
                    rest.add(read);
                }
            }
            asking = rest;
        }
        retry();
    }

    private void retry() {
        if (round == 0 && !asking.isEmpty()) {
            begin();
        }
    }

    /** Fails everyone that still waits. Once the raft thread has stopped. */
    void stop() {
        stopped = true;
        asking.forEach(read -> read.failed().run());
        arrived.forEach(read -> read.failed().run());
        replies.flush();
    }
}
