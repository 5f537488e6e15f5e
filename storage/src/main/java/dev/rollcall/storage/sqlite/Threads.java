package dev.rollcall.storage.sqlite;

import org.jspecify.annotations.Nullable;

/** Ends of threads. */
final class Threads {
    private Threads() {}

    /** Waits for the thread's end, however often this one is interrupted. */
    static void join(@Nullable Thread thread) {
        boolean interrupted = false;
        while (thread != null && thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
