package dev.rollcall.storage.sqlite;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * What a file's writer does about a full disk: it holds on to what it has, undone and unacknowledged, and tries again until
 * there is room. Every other failure passes through and ends the writer.
 */
final class SpaceWait {
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final DiskSpace space;
    private final BooleanSupplier closed;

    /** @param closed whether the writer is to end, room or not */
    SpaceWait(DiskSpace space, BooleanSupplier closed) {
        this.space = space;
        this.closed = closed;
    }

    DiskSpace space() {
        return space;
    }

    /**
     * Carries out a transaction, as often as it takes.
     *
     * @param undo makes an attempt that found no room as if it had not been made
     * @return false if the writer was closed before there was room
     */
    boolean whenThereIsRoom(Runnable transaction, Runnable undo) {
        while (true) {
            try {
                transaction.run();
                return true;
            } catch (DiskException e) {
                if (!e.full()) {
                    throw e;
                }
                undo.run();
                if (!space.full(e)) {
                    if (closed.getAsBoolean()) {
                        return false;
                    }
                    LockSupport.parkNanos(this, RETRY_NANOS);
                }
            }
        }
    }

    /** Carries out what may as well be done later. */
    void ifThereIsRoom(Runnable action, Runnable putOff) {
        try {
            action.run();
        } catch (DiskException e) {
            if (!e.full()) {
                throw e;
            }
            space.full(e);
            putOff.run();
        }
    }
}
