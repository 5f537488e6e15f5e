package dev.rollcall.raft.driver;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.SnapshotMeta;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One durable step of the log. All of it becomes durable together, and only then may {@code RaftDriver.persisted(seq)} be
 * called.
 *
 * @param seq from 1, one more each time; completions come back in this order
 * @param hardState the new hard state, null if it has not changed
 * @param snapshot null, or one that {@link SnapshotStore#verify} has found good: in this one step the log drops everything it
 *     holds, follows {@code (snapshot.index, snapshot.term)}, and the snapshot becomes what a restart recovers the state from
 * @param entries consecutive; if the first one's index is not above the log's last index, the log is cut before it first
 */
public record LogWrite(
        long seq, @Nullable HardState hardState, @Nullable SnapshotMeta snapshot, List<Entry> entries) {

    /** One without a snapshot. */
    public LogWrite(long seq, @Nullable HardState hardState, List<Entry> entries) {
        this(seq, hardState, null, entries);
    }
}
