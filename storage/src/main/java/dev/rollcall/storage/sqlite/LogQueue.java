package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.driver.LogWrite;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the log's thread, in order. Handing something in never blocks. Its bound is a last resort: consensus
 * limits what it leaves unpersisted well below it, so a backlog of {@link #BACKLOG_BYTES_MAX} is a broken rule.
 */
final class LogQueue {
    static final long BACKLOG_BYTES_MAX = 256L << 20;
    static final int WRITE_OVERHEAD_BYTES = 64;

    /** One thing to do. */
    sealed interface Task {}

    record Group(List<LogWrite> writes, int entries, long bytes) implements Task {}

    record Load(long first, long lastInclusive, int maxBytes) implements Task {}

    /** A change beside the log, in a transaction of its own. */
    record Note(Runnable write, CompletableFuture<@Nullable Void> done) implements Task {}

    record FinishCheckpoint() implements Task {}

    /** Cut a little of the log's beginning, if nothing else does. */
    record CutPrefix() implements Task {}

    private record Append(LogWrite write, long bytes) implements Task {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final ArrayDeque<Task> tasks = new ArrayDeque<>();
    private final GroupCommit policy = new GroupCommit();
    private long waitingEntries;
    private long waitingBytes;
    private long nextSeq = 1;
    private boolean closed;

    void append(LogWrite write) {
        long bytes = WRITE_OVERHEAD_BYTES;
        for (Entry entry : write.entries()) {
            bytes += entry.sizeBytes();
        }
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (write.seq() != nextSeq) {
                throw new IllegalStateException("write " + write.seq() + " where " + nextSeq + " was due");
            }
            if (waitingBytes + bytes > BACKLOG_BYTES_MAX) {
                throw new IllegalStateException("the log has " + waitingBytes + " bytes waiting for the disk");
            }
            nextSeq++;
            tasks.add(new Append(write, bytes));
            waitingEntries += countOf(write);
            waitingBytes += bytes;
            // A gathering thread wakes up by itself; before that only a full group is worth a switch of threads.
            if (tasks.size() == 1 || policy.enough(waitingEntries, waitingBytes)) {
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** False if the queue is closed: it will not be done. */
    boolean offer(Task task) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            tasks.add(task);
            work.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The next thing to do, waiting for it and for enough to share a commit; null once closed and empty. */
    @Nullable
    Task take() throws InterruptedException {
        lock.lock();
        try {
            while (true) {
                Task head = tasks.peek();
                if (head == null) {
                    if (closed) {
                        return null;
                    }
                    work.await();
                } else if (!(head instanceof Append)) {
                    return tasks.remove();
                } else {
                    long delay = closed ? 0 : policy.delayNanos(waitingEntries, waitingBytes, System.nanoTime());
                    if (delay == 0) {
                        return takeGroup();
                    }
                    work.awaitNanos(delay);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private Group takeGroup() {
        List<LogWrite> writes = new ArrayList<>();
        int entries = 0;
        long bytes = 0;
        while (tasks.peek() instanceof Append next
                && policy.fits(entries, bytes, countOf(next.write()), next.bytes())) {
            tasks.remove();
            writes.add(next.write());
            entries += countOf(next.write());
            bytes += next.bytes();
        }
        waitingEntries -= entries;
        waitingBytes -= bytes;
        policy.began(entries, System.nanoTime());
        return new Group(writes, entries, bytes);
    }

    /** Whether nothing waits. */
    boolean isEmpty() {
        lock.lock();
        try {
            return tasks.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Takes nothing more in; what is in will still be taken. */
    void close() {
        lock.lock();
        try {
            closed = true;
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Takes nothing more in and drops what is in. */
    List<Task> abandon() {
        lock.lock();
        try {
            closed = true;
            List<Task> dropped = List.copyOf(tasks);
            tasks.clear();
            return dropped;
        } finally {
            lock.unlock();
        }
    }

    /** Hard state alone is a reason to commit as good as an entry. */
    private static int countOf(LogWrite write) {
        return Math.max(1, write.entries().size());
    }
}
