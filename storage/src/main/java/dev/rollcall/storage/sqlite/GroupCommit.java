package dev.rollcall.storage.sqlite;

/**
 * When a commit starts and how much it carries. A lone client pays no delay; a crowd shares fsyncs: without that an fsync
 * for each entry is most of what a write costs. Times in nanoseconds of any one clock. Not thread-safe.
 */
final class GroupCommit {
    /** A commit that carried no more than this was not held up by the one before: no need to gather. */
    static final int LONE_ENTRIES = 2;

    static final int ENOUGH_ENTRIES = 16;
    static final long GATHER_NANOS = 500_000;
    static final int ENTRIES_MAX = 1_000;
    static final long BYTES_MAX = 1 << 20;

    private int lastEntries;
    private long lastBegan;

    /** How long to wait for more before committing what waits now; 0 to begin at once. */
    long delayNanos(long waitingEntries, long waitingBytes, long now) {
        if (lastEntries <= LONE_ENTRIES || enough(waitingEntries, waitingBytes)) {
            return 0;
        }
        return Math.max(0, lastBegan + GATHER_NANOS - now);
    }

    /** Whether waiting longer gains nothing. */
    boolean enough(long waitingEntries, long waitingBytes) {
        return waitingEntries >= ENOUGH_ENTRIES || waitingBytes >= BYTES_MAX;
    }

    /** Whether a group that has this much already has room for a write of that much. */
    boolean fits(long entries, long bytes, long moreEntries, long moreBytes) {
        return entries == 0 || (entries + moreEntries <= ENTRIES_MAX && bytes + moreBytes <= BYTES_MAX);
    }

    void began(int entries, long now) {
        lastEntries = entries;
        lastBegan = now;
    }
}
