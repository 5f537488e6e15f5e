package dev.rollcall.registry.local;

/** Draining that was taken back before it was written. */
public final class DrainUndoneException extends RuntimeException {
    DrainUndoneException() {
        super("draining was undone", null, false, false);
    }
}
