package dev.rollcall.agent.client;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.LeaseKeepAliveRequest;
import dev.rollcall.storage.proto.LeaseKeepAliveResponse;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One keep-alive stream for the renewals of all leases. Answers carry the lease they are for, and for each lease come in the
 * order of its requests. When the stream breaks, the renewals on it fail; the next one opens another stream, after a pause
 * that grows with each failure. On the loop of its owner only.
 */
final class SharedKeepAlive {
    private static final CallContext REQUIRE_LEADER = new CallContext(true, null, 0, "internal");
    private static final int MAX_WAITING = 100_000;
    private static final long FIRST_PAUSE_MS = 50;
    private static final long MAX_PAUSE_MS = 2_000;

    /** One renewal that waits for its answer. */
    private static final class Renewal {
        final long leaseId;
        final Promise<Long> outcome = Promise.promise();
        boolean sent;
        long timer;

        Renewal(long leaseId) {
            this.leaseId = leaseId;
        }
    }

    private final Vertx vertx;
    private final Backend backend;
    private final long timeoutMs;
    private final Backoff backoff;
    private final Map<Long, Deque<Renewal>> waiting = new HashMap<>();
    private final Set<Renewal> unsent = new LinkedHashSet<>();
    private @Nullable StreamCall stream;
    private int generation;
    private int count;
    private boolean pausing;
    private boolean pauseDue;
    private boolean closed;

    /** @param timeoutMs for each renewal */
    SharedKeepAlive(Vertx vertx, Backend backend, long timeoutMs, RandomGenerator random) {
        this.vertx = vertx;
        this.backend = backend;
        this.timeoutMs = timeoutMs;
        this.backoff = new Backoff(FIRST_PAUSE_MS, MAX_PAUSE_MS, random);
    }

    /** Renews a lease: its TTL in seconds, 0 if it is unknown or expired. */
    Future<Long> renew(long leaseId) {
        if (closed) {
            return Future.failedFuture(EtcdError.CANCELED.exception());
        }
        if (count >= MAX_WAITING) {
            return Future.failedFuture(EtcdError.TOO_MANY_REQUESTS.exception());
        }
        Renewal renewal = new Renewal(leaseId);
        count++;
        waiting.computeIfAbsent(leaseId, id -> new ArrayDeque<>()).add(renewal);
        renewal.timer = vertx.setTimer(timeoutMs, id -> expire(renewal));
        unsent.add(renewal);
        flush();
        return renewal.outcome.future();
    }

    /** Ends the stream; whoever waits is told. */
    void close() {
        closed = true;
        drop(EtcdError.CANCELED.exception());
    }

    private void flush() {
        if (stream == null && !open()) {
            return;
        }
        for (Renewal renewal : List.copyOf(unsent)) {
            StreamCall target = stream;
            if (target == null) {
                return;
            }
            unsent.remove(renewal);
            renewal.sent = true;
            target.message(KeyValueMessages.bytes(
                    LeaseKeepAliveRequest.newBuilder().setID(renewal.leaseId).build()));
        }
    }

    private boolean open() {
        if (pausing) {
            return false;
        }
        if (pauseDue) {
            pausing = true;
            vertx.setTimer(backoff.nextMs(), id -> resume());
            return false;
        }
        pauseDue = true;
        int mine = ++generation;
        StreamCall opened = backend.open(EtcdMethod.LEASE_KEEP_ALIVE, REQUIRE_LEADER, new Answers(mine));
        if (mine != generation) {
            // It ended while it was being opened.
            return false;
        }
        stream = opened;
        return true;
    }

    private void resume() {
        pausing = false;
        pauseDue = false;
        if (!closed && !unsent.isEmpty()) {
            flush();
        }
    }

    private void answer(Buffer message) {
        LeaseKeepAliveResponse response;
        try {
            response = KeyValueMessages.parse(LeaseKeepAliveResponse.parser(), message);
        } catch (InvalidProtocolBufferException e) {
            drop(new EtcdException(13, "unreadable keep-alive answer: " + e.getMessage()));
            return;
        }
        pauseDue = false;
        backoff.reset();
        Deque<Renewal> renewals = waiting.get(response.getID());
        Renewal renewal = renewals == null ? null : renewals.peek();
        if (renewal != null && renewal.sent) {
            forget(renewal);
            renewal.outcome.complete(response.getTTL());
        }
    }

    /** No answer in time: what follows on this stream could be taken for the answer to another renewal, so it goes. */
    private void expire(Renewal renewal) {
        boolean sent = renewal.sent;
        forget(renewal);
        renewal.outcome.fail(EtcdError.TIMEOUT.exception());
        if (sent) {
            drop(EtcdError.TIMEOUT_CONNECTION_LOST.exception());
        }
    }

    private void drop(EtcdException cause) {
        StreamCall broken = stream;
        generation++;
        stream = null;
        if (broken != null) {
            broken.cancel();
        }
        lose(cause);
    }

    /** Fails what was sent on the stream that is gone; what was not yet goes out on the next one. */
    private void lose(EtcdException cause) {
        List<Renewal> lost = new ArrayList<>();
        for (Deque<Renewal> renewals : waiting.values()) {
            for (Renewal renewal : renewals) {
                if (renewal.sent || closed) {
                    lost.add(renewal);
                }
            }
        }
        lost.forEach(this::forget);
        lost.forEach(renewal -> renewal.outcome.fail(cause));
        if (!closed && !unsent.isEmpty()) {
            flush();
        }
    }

    private void forget(Renewal renewal) {
        vertx.cancelTimer(renewal.timer);
        unsent.remove(renewal);
        Deque<Renewal> renewals = waiting.get(renewal.leaseId);
        if (renewals != null && renewals.remove(renewal)) {
            count--;
            if (renewals.isEmpty()) {
                waiting.remove(renewal.leaseId);
            }
        }
    }

    /** Answers of one stream; those of an earlier one are too late. */
    private final class Answers implements StreamSink {
        private final int mine;

        Answers(int mine) {
            this.mine = mine;
        }

        @Override
        public void send(Buffer message) {
            if (mine == generation) {
                answer(message);
            }
        }

        @Override
        public boolean writable() {
            return true;
        }

        @Override
        public void onWritable(Runnable handler) {
            handler.run();
        }

        @Override
        public void end(@Nullable EtcdException error) {
            if (mine == generation) {
                generation++;
                stream = null;
                lose(error == null ? EtcdError.TIMEOUT_CONNECTION_LOST.exception() : error);
            }
        }
    }
}
