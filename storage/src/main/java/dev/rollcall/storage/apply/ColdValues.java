package dev.rollcall.storage.apply;

import org.jspecify.annotations.Nullable;

/** Values that have left memory. */
public interface ColdValues {
    /**
     * The value of this row, or null if the file has no such row (compacted, or not yet flushed). Blocks on the disk; any
     * thread may call it.
     *
     * @throws IllegalStateException if the row is damaged
     */
    byte @Nullable [] value(long rowId);

    /**
     * What to throw when something is not there that nobody has deleted. Whoever keeps the rows hears of it.
     *
     * @param what for the message: it "is missing"
     */
    default RuntimeException missing(String what) {
        return new IllegalStateException(what + " is missing");
    }
}
