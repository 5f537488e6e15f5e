package dev.rollcall.agent.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoopTest {
    private static final int THREADS = 4;
    private static final int EACH = 50_000;
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Counts without any protection: only turns keep it right. */
    private static final class Counter implements Loop.Work {
        private final AtomicInteger inside = new AtomicInteger();
        private final List<Integer> last = new ArrayList<>(List.of(0, 0, 0, 0));
        private int done;
        private int disorder;
        private int overlaps;
        private int unfinished;
        private final AtomicInteger ticks = new AtomicInteger();
        private volatile int seen;

        void one(int thread, int number) {
            enter();
            done++;
            unfinished++;
            if (last.set(thread, number) != number - 1) {
                disorder++;
            }
            inside.decrementAndGet();
        }

        private void enter() {
            if (inside.incrementAndGet() != 1) {
                overlaps++;
            }
        }

        @Override
        public void tick() {
            enter();
            ticks.incrementAndGet();
            inside.decrementAndGet();
        }

        @Override
        public void afterBatch() {
            enter();
            unfinished = 0;
            seen = done;
            inside.decrementAndGet();
        }
    }

    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Counter counter = new Counter();
    private final Loop loop = new Loop("loop", TICK_NANOS, counter, (where, cause) -> failures.add(cause));

    @AfterEach
    void stop() {
        loop.stop();
    }

    /** Each thread's tasks in its order, one at a time, all of them, and what a batch makes due is done after the last. */
    @Test
    void oneTurnAtATime() throws InterruptedException {
        loop.start();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int number = t;
            Thread thread = new Thread(() -> bring(number, new Random(number)));
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        until(THREADS * EACH);
        int ticks = counter.ticks.get();
        while (counter.ticks.get() == ticks) {
            Thread.onSpinWait();
        }
        loop.stop();
        assertEquals(List.of(), List.copyOf(failures));
        assertEquals(0, counter.overlaps);
        assertEquals(0, counter.disorder);
        assertEquals(0, counter.unfinished);
    }

    /** Posts, lends itself, or does it at once if nobody is at it. */
    private void bring(int thread, Random random) {
        for (int i = 1; i <= EACH; i++) {
            int number = i;
            switch (random.nextInt(4)) {
                case 0 -> loop.post(() -> counter.one(thread, number));
                case 1 -> loop.runOrPost(() -> counter.one(thread, number));
                default -> {
                    loop.add(() -> counter.one(thread, number));
                    loop.lend();
                }
            }
        }
    }

    private void until(int done) {
        while (counter.seen < done) {
            Thread.onSpinWait();
        }
    }

    @Test
    void nobodyRunsAnythingBeforeTheStart() {
        loop.runOrPost(() -> counter.one(0, 1));
        loop.lend();
        assertEquals(0, counter.done);
        loop.start();
        until(1);
    }

    @Test
    void whoLendsItselfDoesItHimself() {
        loop.start();
        while (counter.ticks.get() == 0) {
            Thread.onSpinWait();
        }
        Thread[] by = new Thread[1];
        // The own thread may be at its tick, and then has it.
        for (int i = 1; by[0] != Thread.currentThread(); i++) {
            int number = i;
            loop.runOrPost(() -> {
                by[0] = Thread.currentThread();
                counter.one(0, number);
            });
            until(i);
        }
    }

    /** When the stop returns, whoever was at it has finished. */
    @Test
    void stopWaitsForAThreadThatIsAtIt() throws InterruptedException {
        loop.start();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        boolean[] finished = new boolean[1];
        Thread lender = new Thread(() -> {
            loop.add(() -> {
                inside.countDown();
                await(leave);
                finished[0] = true;
            });
            loop.lend();
        });
        lender.start();
        inside.await();
        Thread stopper = new Thread(loop::stop);
        stopper.start();
        stopper.join(20);
        assertTrue(stopper.isAlive());
        leave.countDown();
        stopper.join();
        assertTrue(finished[0]);
        loop.runOrPost(() -> finished[0] = false);
        loop.lend();
        assertTrue(finished[0], "nothing runs after it");
        lender.join();
    }

    @Test
    void aFailureEndsIt() throws InterruptedException {
        loop.start();
        loop.add(() -> {
            throw new IllegalStateException("broken");
        });
        loop.lend();
        while (failures.isEmpty()) {
            Thread.onSpinWait();
        }
        boolean[] ran = new boolean[1];
        loop.post(() -> ran[0] = true);
        loop.stop();
        assertFalse(ran[0]);
        assertEquals(1, failures.size());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
