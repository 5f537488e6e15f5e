package dev.rollcall.raft.core;

import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of this member's state the disk holds, is being given, or still has to be given. Writes are numbered; each number
 * stands for everything up to it.
 */
final class Persistence {
    /** A write on its way, and the highest index of the present log that it makes durable. */
    private static final class Outstanding {
        final long seq;
        final @Nullable SnapshotMeta snapshot;
        long through;

        Outstanding(long seq, @Nullable SnapshotMeta snapshot, long through) {
            this.seq = seq;
            this.snapshot = snapshot;
            this.through = through;
        }
    }

    private final ArrayDeque<Outstanding> outstanding = new ArrayDeque<>();
    private HardState written;
    private long firstUnwritten;
    private long nextSeq = 1;
    private long durableSeq;
    private long ballotSeq;
    private long entrySeq;
    private long durableIndex;
    private int ticksWithoutProgress;
    private @Nullable SnapshotMeta unwrittenSnapshot;
    private boolean restoring;
    private @Nullable SnapshotMeta restored;

    Persistence(HardState recovered, long lastIndex) {
        written = recovered;
        durableIndex = lastIndex;
        firstUnwritten = lastIndex + 1;
    }

    /** Term or vote has changed. */
    void ballotChanged() {
        ballotSeq = nextSeq;
    }

    /**
     * The log has changed from this index on. Writes on their way may hold older entries there, so their completion says
     * nothing about the new ones.
     */
    void entriesChanged(long from) {
        firstUnwritten = Math.min(firstUnwritten, from);
        durableIndex = Math.min(durableIndex, from - 1);
        for (Outstanding write : outstanding) {
            write.through = Math.min(write.through, from - 1);
        }
        entrySeq = nextSeq;
    }

    /**
     * The log now follows a snapshot.
     *
     * @param committed what was committed before; only so far does the disk hold anything that is part of it
     */
    void restarted(SnapshotMeta snapshot, long committed) {
        entriesChanged(committed + 1);
        firstUnwritten = snapshot.index() + 1;
        unwrittenSnapshot = snapshot;
        restoring = true;
    }

    /** Whether a snapshot is taken over whose write is not durable yet. */
    boolean restoring() {
        return restoring;
    }

    /** The snapshot whose write has become durable since the last call. */
    @Nullable
    SnapshotMeta takeRestored() {
        SnapshotMeta taken = restored;
        restored = null;
        return taken;
    }

    /** The next write, null if there is nothing that must be durable. A higher commit alone is no reason to write. */
    Ready.@Nullable Write takeWrite(HardState now, RaftLog log) {
        boolean ballot = now.term() != written.term() || now.vote() != written.vote();
        boolean entries = firstUnwritten <= log.lastIndex();
        SnapshotMeta snapshot = unwrittenSnapshot;
        if (!ballot && !entries && snapshot == null) {
            return null;
        }
        List<Entry> changed = entries ? log.slice(firstUnwritten, log.lastIndex(), Long.MAX_VALUE) : List.of();
        HardState hardState = now.equals(written) && snapshot == null ? null : now;
        if (outstanding.isEmpty()) {
            ticksWithoutProgress = 0;
        }
        outstanding.add(new Outstanding(nextSeq, snapshot, log.lastIndex()));
        written = now;
        firstUnwritten = log.lastIndex() + 1;
        unwrittenSnapshot = null;
        return new Ready.Write(nextSeq++, hardState, snapshot, changed);
    }

    /** This write and all before it are durable. Late and repeated completions change nothing. */
    void persisted(long seq) {
        if (seq >= nextSeq) {
            throw new RaftInvariantException("write " + seq + " completed, the last begun is " + (nextSeq - 1));
        }
        if (seq <= durableSeq) {
            return;
        }
        durableSeq = seq;
        ticksWithoutProgress = 0;
        while (!outstanding.isEmpty() && outstanding.getFirst().seq <= seq) {
            Outstanding done = outstanding.removeFirst();
            durableIndex = Math.max(durableIndex, done.through);
            if (done.snapshot != null) {
                restored = done.snapshot;
                restoring = false;
            }
        }
    }

    void tick() {
        if (!outstanding.isEmpty()) {
            ticksWithoutProgress++;
        }
    }

    /** Ticks for which the disk has owed a completion without giving any. */
    int ticksWithoutProgress() {
        return ticksWithoutProgress;
    }

    /** Index up to which the present log is durable. */
    long durableIndex() {
        return durableIndex;
    }

    /** Highest write known to be durable. */
    long durableSeq() {
        return durableSeq;
    }

    /** The write with which the present term and vote become durable. */
    long ballotSeq() {
        return ballotSeq;
    }

    /** The write with which the present term, vote and log become durable. */
    long logSeq() {
        return Math.max(ballotSeq, entrySeq);
    }
}
