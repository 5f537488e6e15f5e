package dev.rollcall.agent.member;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * One owner of some state: runs what is posted to it in order, ticks, and after each batch does what the batch has made due.
 * Whoever posts needs a bound of its own (waiters, in-flight limits); {@link #offer} has one for messages that may be dropped.
 *
 * <p><b>Whose turn it is.</b> Everything runs by whoever holds the turn, one at a time: the loop's own thread, or another that
 * lends itself ({@link #lend}, {@link #runOrPost}) because it has just posted something small and waking a thread would cost
 * more than the work. What was done in one turn is visible in the next. Ticks are the own thread's business alone.
 */
final class Loop {
    private static final int BATCH = 1_024;
    /** Batches that a thread which lends itself runs at most: the second one is mostly the echo of the first. */
    private static final int LENT_BATCHES = 3;
    /** How long the own thread waits to see whether a turn has ended, should nobody tell it. */
    private static final long TURN_NANOS = 1_000_000;

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
    /** Somebody is at it; at first the thread that is not started yet. */
    private final AtomicBoolean turn = new AtomicBoolean(true);

    private volatile boolean idle;
    /** The own thread waits for the turn, and is the next to have it. */
    private volatile boolean wanted;

    private volatile boolean stopping;

    Loop(String name, long tickNanos, Work work, Fatal fatal) {
        this.tickNanos = tickNanos;
        this.work = work;
        this.fatal = fatal;
        this.thread = new Thread(this::run, name);
        this.thread.setDaemon(true);
    }

    void start() {
        turn.set(false);
        thread.start();
    }

    /** Any thread. Runs the task after all posted before it. */
    void post(Runnable task) {
        tasks.add(task);
        wake();
    }

    /** Any thread. As {@link #post}, but wakes nobody: {@link #lend} or {@link #wake} must follow. */
    void add(Runnable task) {
        tasks.add(task);
    }

    /** Any thread. */
    void wake() {
        // Whoever has the turn looks once more after it.
        if (idle && !turn.get()) {
            LockSupport.unpark(thread);
        }
    }

    /** Any thread that may be held up for some batches: does what waits, unless somebody is at it. */
    void lend() {
        if (!wanted && takeTurn()) {
            try {
                for (int batches = 0; batches < LENT_BATCHES && runBatch(); batches++) {
                    work.afterBatch();
                }
            } catch (Throwable e) {
                fail(e);
            }
            endLentTurn();
        } else if (!tasks.isEmpty()) {
            LockSupport.unpark(thread);
        }
    }

    /** Any thread. Runs the task at once if nothing waits and nobody is at it, else as {@link #post}. */
    void runOrPost(Runnable task) {
        if (wanted || !tasks.isEmpty() || !takeTurn()) {
            post(task);
            return;
        }
        try {
            if (tasks.isEmpty()) {
                task.run();
                work.afterBatch();
            } else {
                tasks.add(task);
            }
        } catch (Throwable e) {
            fail(e);
        }
        endLentTurn();
    }

    private boolean takeTurn() {
        return !turn.get() && turn.compareAndSet(false, true);
    }

    private void endLentTurn() {
        turn.set(false);
        if (wanted || stopping || !tasks.isEmpty()) {
            LockSupport.unpark(thread);
        }
    }

    private void fail(Throwable cause) {
        stopping = true; // whoever has the next turn does nothing in it
        fatal.stop("thread " + thread.getName(), cause);
    }

    /** Any thread. Like {@link #add}, but false and nothing done while {@code limit} such tasks wait. */
    boolean offer(Runnable task, int limit) {
        if (droppable.incrementAndGet() > limit) {
            droppable.decrementAndGet();
            return false;
        }
        add(() -> {
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
        long nextTick = System.nanoTime() + tickNanos;
        awaitTurn();
        while (!stopping) {
            boolean busy = false;
            try {
                busy = runBatch();
                if (System.nanoTime() - nextTick >= 0) {
                    // After a pause one tick, not many: time that this process did not see counts for nobody.
                    nextTick = Math.max(nextTick + tickNanos, System.nanoTime());
                    work.tick();
                    busy = true;
                }
                if (busy) {
                    work.afterBatch();
                }
            } catch (Throwable e) {
                fail(e);
            }
            turn.set(false);
            if (!busy) {
                park(nextTick - System.nanoTime());
            }
            awaitTurn();
        }
        // The last turn does not end: after this thread nobody touches what the loop owned.
    }

    private void awaitTurn() {
        while (!takeTurn()) {
            wanted = true;
            if (turn.get()) {
                LockSupport.parkNanos(this, TURN_NANOS);
            }
            wanted = false;
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
