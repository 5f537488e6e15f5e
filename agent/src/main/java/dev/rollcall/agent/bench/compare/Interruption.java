package dev.rollcall.agent.bench.compare;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Makes of a signal that ends this process an interruption of the thread that measures, and keeps the process until that
 * thread has told what it has and cleaned up. The exit code is that of the signal.
 */
public final class Interruption {
    private static final int PATIENCE_S = 30;

    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread hook;

    private Interruption(Thread measuring) {
        hook = new Thread(
                () -> {
                    measuring.interrupt();
                    try {
                        var unused = over.await(PATIENCE_S, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "interruption");
    }

    /** From now on, until it is closed. */
    public static Interruption ofThisThread() {
        Interruption interruption = new Interruption(Thread.currentThread());
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    /** All is told and clean: signals end the process as ever. */
    public void close() {
        over.countDown();
        try {
            var unused = Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyEnding) {
            // Then it has done its work.
        }
    }
}
