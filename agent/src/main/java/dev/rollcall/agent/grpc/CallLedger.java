package dev.rollcall.agent.grpc;

import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/*
 * HTTP/2 lets a client ask and not read: what it has asked for then waits in this process. Flow control bounds what is sent,
 * not what waits. So every answer of some size is entered here until it has left for the socket. Within the limit nobody
 * notices. At the limit, connections that have taken nothing for a while are closed, those first that have taken nothing for
 * longest; a client that reads is never among them. As long as that makes no room, reads are refused, and watches wait. Answers
 * leave a quarter to requests on their way, so that those who do not read keep nobody from writing.
 */

/**
 * What the clients of one event loop have open, what they have not read, and what they have said by half. Belongs to that
 * loop, its sums to anyone.
 */
final class CallLedger {
    /** Shorter answers are bounded by the number of open calls. */
    static final int SMALL_BYTES = 1 << 10;
    /** A reader that takes nothing for this long has no claim on memory that others need. */
    static final long STALLED_MS = 500;

    /** Somebody whose unread answers are entered: a connection. */
    interface Holder {
        /** Drops it at once, with all that waits for it. */
        void closeNow();
    }

    private static final class Unread {
        private long bytes;
        private long progressNanos = System.nanoTime();
        /** It is being closed; until that is done, what it holds counts. */
        private boolean cutOff;
    }

    private final Vertx vertx;
    private final CallLedgers sums;
    private final long openCallsMax;
    private final long answerBytesMax;
    private final long heldBytesMax;
    private final AtomicLong openCalls = new AtomicLong();
    private final AtomicLong heldBytes = new AtomicLong();
    private final Map<Holder, Unread> unread = new LinkedHashMap<>();
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean looking;

    CallLedger(Vertx vertx, CallLedgers sums, long openCallsMax, long heldBytesMax) {
        this.vertx = vertx;
        this.sums = sums;
        this.openCallsMax = openCallsMax;
        this.answerBytesMax = heldBytesMax - heldBytesMax / 4;
        this.heldBytesMax = heldBytesMax;
    }

    /** Whether there may be one more call; if not, that is counted. */
    boolean mayBegin() {
        if (openCalls.get() < openCallsMax) {
            return true;
        }
        sums.refused.increment();
        return false;
    }

    /** A call begins. */
    void begin() {
        openCalls.lazySet(openCalls.get() + 1);
    }

    /** A call that had begun is over, and its answer on its way. */
    void over() {
        openCalls.lazySet(openCalls.get() - 1);
    }

    /** Whether there is room for another answer. Makes some if it can. */
    boolean hasRoom() {
        return hasRoom(answerBytesMax);
    }

    /** Whether there is room for more of a message that has not come to its end. Makes some if it can. */
    boolean hasRoomForMessage() {
        return hasRoom(heldBytesMax);
    }

    private boolean hasRoom(long limit) {
        if (heldBytes.get() < limit) {
            return true;
        }
        cutOffStalled(limit);
        lookAgain();
        return heldBytes.get() < limit;
    }

    /** Counts an answer or a request that is not taken because there is no room. */
    void refuse() {
        sums.refused.increment();
    }

    /** An answer of this size waits for this connection, or a message of this size has not come to its end. */
    void waits(Holder connection, int bytes) {
        unread.computeIfAbsent(connection, key -> new Unread()).bytes += bytes;
        heldBytes.lazySet(heldBytes.get() + bytes);
        if (heldBytes.get() > heldBytesMax) {
            lookAgain(); // what came without asking for room, as answers to a stream's own requests do
        }
    }

    /** An answer has left, a message is whole, or their connection is gone. */
    void left(Holder connection, int bytes) {
        heldBytes.lazySet(heldBytes.get() - bytes);
        Unread of = unread.get(connection);
        if (of != null) {
            of.bytes -= bytes;
            of.progressNanos = System.nanoTime();
            if (of.bytes <= 0) {
                unread.remove(connection);
            }
        }
        if (!waiting.isEmpty() && heldBytes.get() < answerBytesMax) {
            wake();
        }
    }

    /** Runs this once when there is room. */
    void whenRoom(Runnable then) {
        waiting.add(then);
        lookAgain();
    }

    private void wake() {
        List<Runnable> woken = List.copyOf(waiting);
        waiting.clear();
        woken.forEach(Runnable::run);
    }

    /** Somebody may stall without anybody answering meanwhile. */
    private void lookAgain() {
        if (!looking) {
            looking = true;
            vertx.setTimer(STALLED_MS, id -> {
                looking = false;
                if (hasRoom()) {
                    wake();
                }
            });
        }
    }

    private void cutOffStalled(long limit) {
        long before = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(STALLED_MS);
        long excess = heldBytes.get() - limit;
        List<Holder> stalled = new ArrayList<>();
        for (Map.Entry<Holder, Unread> entry : unread.entrySet()) {
            Unread of = entry.getValue();
            if (excess >= 0 && of.progressNanos - before <= 0) {
                excess -= of.bytes;
                if (!of.cutOff) {
                    of.cutOff = true;
                    stalled.add(entry.getKey());
                }
            }
        }
        stalled.forEach(this::cutOff);
    }

    /** Closes a connection that takes more than there is. */
    void cutOff(Holder connection) {
        sums.cutOff.increment();
        connection.closeNow();
    }

    long openCalls() {
        return openCalls.get();
    }

    long heldBytes() {
        return heldBytes.get();
    }
}
