package dev.rollcall.agent.member;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * One thread that owns some state: runs what is posted to it in order, ticks, and after each batch does what the batch has
 * made due. Whoever posts needs a bound of its own (waiters, in-flight limits); {@link #offer} has one for messages that may
 * be dropped.
 */
final class Loop {
    private static final int BATCH = 1_024;

    /** What a loop does beside its tasks, all on its thread. */
    interface Work {
        /** Time has passed: once however long it was. */
        void tick();

        /** A batch of tasks, or a tick, is done. */
        void afterBatch();
    }

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger droppable = new AtomicInteger();
    private final Thread thread;
    private final long tickNanos;
    private final Work work;
    private final Fatal fatal;
    private volatile boolean idle;
    private volatile boolean stopping;

    Loop(String name, long tickNanos, Work work, Fatal fatal) {
        this.tickNanos = tickNanos;
        this.work = work;
        this.fatal = fatal;
        this.thread = new Thread(this::run, name);
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Any thread. Runs the task after all posted before it. */
    void post(Runnable task) {
        tasks.add(task);
        if (idle) {
            LockSupport.unpark(thread);
        }
    }

    /** Any thread. Like {@link #post}, but false and nothing done while {@code limit} such tasks wait. */
    boolean offer(Runnable task, int limit) {
        if (droppable.incrementAndGet() > limit) {
            droppable.decrementAndGet();
            return false;
        }
        post(() -> {
            droppable.decrementAndGet();
            task.run();
        });
        return true;
    }

    /** Runs what was posted before, then ends the thread. */
    void stop() {
        post(() -> stopping = true);
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            long nextTick = System.nanoTime() + tickNanos;
            while (!stopping) {
                boolean busy = runBatch();
                long now = System.nanoTime();
                if (now - nextTick >= 0) {
                    // After a pause one tick, not many: time that this process did not see counts for nobody.
                    nextTick = Math.max(nextTick + tickNanos, now);
                    work.tick();
                    busy = true;
                }
                if (busy) {
                    work.afterBatch();
                } else {
                    park(nextTick - now);
                }
            }
        } catch (Throwable e) {
            fatal.stop("thread " + thread.getName(), e);
        }
    }

    private boolean runBatch() {
        int done = 0;
        Runnable task;
        while (done < BATCH && !stopping && (task = tasks.poll()) != null) {
            task.run();
            done++;
        }
        return done > 0;
    }

    private void park(long nanos) {
        idle = true;
        if (tasks.isEmpty()) {
            LockSupport.parkNanos(this, nanos);
        }
        idle = false;
    }
}
