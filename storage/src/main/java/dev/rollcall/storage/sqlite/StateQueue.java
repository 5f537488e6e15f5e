package dev.rollcall.storage.sqlite;

import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.StateBatch;
import dev.rollcall.storage.apply.StateMeta;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sealed batches that wait to be flushed, in order. A batch leaves only when every entry in it is durable in the local
 * log: a state file ahead of its log would hold what nobody could replay or explain.
 */
final class StateQueue {
    static final long BYTES_MAX = 64L << 20;
    static final int BATCHES_MAX = 16_384;
    static final int ENOUGH_ROWS = 2_000;
    private static final long ENOUGH_BYTES_MAX = 1 << 20;
    /** A flush is worth its while, and ends, at parts of what may wait: on a small disk its WAL has to fit as well. */
    private static final int ENOUGH_PART = 8;

    private static final int FLUSH_PART = 4;

    private static final long FLUSH_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    /** How often to look whether the log has caught up; rare, and the log does not know of this queue. */
    private static final long LOG_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final int FLUSH_ROWS_MAX = 20_000;
    private static final int ROW_OVERHEAD_BYTES = 96;
    private static final int BATCH_OVERHEAD_BYTES = 256;

    private record Waiting(StateBatch batch, int rows, long bytes) {}

    private final LongSupplier durableIndex;
    private final long bytesMax;
    private final long enoughBytes;
    private final long flushBytesMax;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition room = lock.newCondition();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private long waitingRows;
    private long bytes;
    private long takenBytes;
    private int takenBatches;
    private long lastFlushBegan = System.nanoTime() - FLUSH_NANOS;
    private long lastApplied;
    private Runnable onCrowded = () -> {};
    private boolean poked;
    private boolean closed;
    private boolean failed;

    /** @param bytesMax what may wait; a batch that is larger waits alone */
    StateQueue(LongSupplier durableIndex, long bytesMax) {
        this.durableIndex = durableIndex;
        this.bytesMax = bytesMax;
        this.enoughBytes = Math.min(ENOUGH_BYTES_MAX, bytesMax / ENOUGH_PART);
        this.flushBytesMax = bytesMax / FLUSH_PART;
    }

    /** Called before the first batch: what the file holds already. */
    void startAfter(StateMeta inFile) {
        lastApplied = inFile.applied();
    }

    /**
     * Waits for room.
     *
     * @throws IllegalStateException if the batch does not follow the one before, or the queue was closed
     */
    void put(StateBatch batch) {
        int rows = batch.rows().size() + batch.deletedRows().length;
        long size = BATCH_OVERHEAD_BYTES
                + (long) ROW_OVERHEAD_BYTES * (rows + batch.leases().size() + batch.deletedLeases().length);
        for (KvRow row : batch.rows()) {
            size += row.key().length + row.value().length;
        }
        lock.lock();
        try {
            if (crowded()) {
                onCrowded.run();
            }
            while (!closed && full(size)) {
                room.awaitUninterruptibly();
            }
            if (closed) {
                throw new IllegalStateException("the state writer has stopped");
            }
            if (batch.meta().applied() < lastApplied || batch.firstIndex() > lastApplied + 1) {
                throw new IllegalStateException("batch " + batch.firstIndex() + ".."
                        + batch.meta().applied() + " does not follow entry " + lastApplied);
            }
            lastApplied = batch.meta().applied();
            waiting.add(new Waiting(batch, rows, size));
            waitingRows += rows;
            bytes += size;
            if (waiting.size() == 1 || enough()) {
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether what waits is worth a flush before its time. */
    private boolean enough() {
        return waitingRows >= ENOUGH_ROWS || bytes - takenBytes >= enoughBytes;
    }

    /** Whether all that came in has been taken. */
    boolean isEmpty() {
        lock.lock();
        try {
            return waiting.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Whether it is half full, so that a large batch may have to wait. */
    boolean isCrowded() {
        lock.lock();
        try {
            return crowded();
        } finally {
            lock.unlock();
        }
    }

    private boolean crowded() {
        return closed || bytes > bytesMax / 2 || waiting.size() > BATCHES_MAX / 2;
    }

    /** Calls this as soon as writers are about to be held up, in place of what was to be called before. */
    void onCrowded(Runnable action) {
        lock.lock();
        try {
            onCrowded = action;
            if (crowded()) {
                action.run();
            }
        } finally {
            lock.unlock();
        }
    }

    boolean closed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private boolean full(long more) {
        int batches = waiting.size() + takenBatches;
        return batches > 0 && (bytes + more > bytesMax || batches >= BATCHES_MAX);
    }

    /**
     * The next batches to flush together, waiting for them and for the log; empty if {@link #poke} asked for attention;
     * null once closed, when nothing is left that may be flushed.
     */
    @Nullable
    List<StateBatch> take() throws InterruptedException {
        lock.lock();
        try {
            while (true) {
                if (failed) {
                    return null;
                }
                if (poked) {
                    poked = false;
                    return List.of();
                }
                long now = System.nanoTime();
                long early = lastFlushBegan + FLUSH_NANOS - now;
                if (waiting.isEmpty()) {
                    if (closed) {
                        return null;
                    }
                    work.await();
                } else if (early > 0 && !enough() && !closed && !full(0)) {
                    work.awaitNanos(early);
                } else if (waiting.element().batch().meta().applied() <= durableIndex.getAsLong()) {
                    lastFlushBegan = now;
                    return takeDurable(durableIndex.getAsLong());
                } else if (closed) {
                    return null;
                } else {
                    work.awaitNanos(LOG_POLL_NANOS);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private List<StateBatch> takeDurable(long durable) {
        List<StateBatch> taken = new ArrayList<>();
        long rows = 0;
        for (Waiting next = waiting.peek();
                next != null
                        && next.batch().meta().applied() <= durable
                        && (taken.isEmpty()
                                || (rows + next.rows() <= FLUSH_ROWS_MAX
                                        && takenBytes + next.bytes() <= flushBytesMax));
                next = waiting.peek()) {
            waiting.remove();
            taken.add(next.batch());
            rows += next.rows();
            takenBytes += next.bytes();
        }
        waitingRows -= rows;
        takenBatches = taken.size();
        return taken;
    }

    /** What was taken is in the file: it no longer counts. */
    void flushed() {
        lock.lock();
        try {
            bytes -= takenBytes;
            takenBytes = 0;
            takenBatches = 0;
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Makes {@link #take} return soon, with nothing. */
    void poke() {
        lock.lock();
        try {
            poked = true;
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Takes nothing more in; what is in and durable in the log will still be taken. */
    void close() {
        lock.lock();
        try {
            closed = true;
            onCrowded.run();
            work.signal();
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Takes nothing more in and gives nothing more out. */
    void fail() {
        lock.lock();
        try {
            failed = true;
        } finally {
            lock.unlock();
        }
        close();
    }
}
