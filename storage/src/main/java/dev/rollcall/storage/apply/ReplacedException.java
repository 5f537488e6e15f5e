package dev.rollcall.storage.apply;

/**
 * The state file behind these values was closed, because a newer generation of the state has taken its place: whoever reads
 * begins again on that one.
 */
public final class ReplacedException extends IllegalStateException {
    public ReplacedException(String message) {
        super(message);
    }
}
