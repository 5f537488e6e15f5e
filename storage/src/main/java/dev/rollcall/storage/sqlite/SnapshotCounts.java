package dev.rollcall.storage.sqlite;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What has become of snapshots since this process started. Any thread. */
public final class SnapshotCounts {
    /** The way of a snapshot from one member to another. */
    public enum Step {
        /** A copy of the state was made for followers. */
        COPY,
        /** All of a copy was read for a follower, as fast as it is to be sent. */
        SEND,
        /** All of a snapshot has arrived, and its checksum is right. */
        RECEIVE,
        /** A snapshot that has arrived was read, checked row by row, and is ready to take the place of the state. */
        INSTALL
    }

    private record Count(LongAdder done, LongAdder bytes, LongAdder nanos) {}

    private final Map<Step, Count> counts = new EnumMap<>(Step.class);

    SnapshotCounts() {
        for (Step step : Step.values()) {
            counts.put(step, new Count(new LongAdder(), new LongAdder(), new LongAdder()));
        }
    }

    private Count of(Step step) {
        Count count = counts.get(step);
        if (count == null) {
            throw new IllegalStateException("nothing counts " + step);
        }
        return count;
    }

    void bytes(Step step, long bytes) {
        of(step).bytes.add(bytes);
    }

    void done(Step step, long sinceNanos) {
        of(step).nanos.add(System.nanoTime() - sinceNanos);
        of(step).done.increment();
    }

    /** How often it was finished. */
    public long done(Step step) {
        return of(step).done.sum();
    }

    /** How many bytes went that way, those of what is not finished included. */
    public long bytes(Step step) {
        return of(step).bytes.sum();
    }

    /** How long those took that were finished. */
    public double seconds(Step step) {
        return of(step).nanos.sum() / 1e9;
    }
}
