package dev.rollcall.storage.sqlite;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Keeps a thread from moving more than so many bytes a second, however they are spread. */
final class Pace {
    private static final long SLACK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final double nanosPerByte;
    private long nextNanos = System.nanoTime();

    Pace(long bytesPerSecond) {
        nanosPerByte = (double) TimeUnit.SECONDS.toNanos(1) / bytesPerSecond;
    }

    /** Waits until these bytes may go, or until this thread is to give up. */
    void await(int bytes, BooleanSupplier givenUp) {
        long now = System.nanoTime();
        nextNanos = Math.max(nextNanos, now - SLACK_NANOS) + (long) (bytes * nanosPerByte);
        while (nextNanos - System.nanoTime() > 0 && !givenUp.getAsBoolean()) {
            LockSupport.parkNanos(this, nextNanos - System.nanoTime());
        }
    }
}
