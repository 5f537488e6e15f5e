package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.driver.LogWrite;
import java.util.List;

/**
 * Up to where the log on disk is what it will stay.
 *
 * <p>A write that replaces entries lowers it when it is handed in, not when it is durable. In between, the disk still
 * holds the old entries at those indices, while the new ones may be committed by others and applied here; a state file
 * that trusted the old entries' indices would hold what the log does not.
 */
final class DurableIndex {
    private static final long NONE = Long.MAX_VALUE;

    private volatile long value;
    private long handedIn;
    private long cutFloor = NONE;
    private long cutSeq;

    DurableIndex(long lastIndex) {
        value = lastIndex;
        handedIn = lastIndex;
    }

    long get() {
        return value;
    }

    /** This write will be made durable some time after all before it. */
    synchronized void handedIn(LogWrite write) {
        List<Entry> entries = write.entries();
        if (write.snapshot() != null) {
            // What the snapshot replaces is either part of it or was never committed, so nothing of it is in a state
            // file.
            handedIn = write.snapshot().index();
        }
        if (entries.isEmpty()) {
            return;
        }
        long before = entries.get(0).index() - 1;
        if (before < handedIn) {
            cutFloor = Math.min(cutFloor, before);
            cutSeq = write.seq();
            value = Math.min(value, before);
        }
        handedIn = entries.get(entries.size() - 1).index();
    }

    /** Every write up to this one is durable, and the log on disk now ends there. */
    synchronized void durable(long seq, long lastIndex) {
        if (seq >= cutSeq) {
            cutFloor = NONE;
        }
        value = Math.min(lastIndex, cutFloor);
    }
}
