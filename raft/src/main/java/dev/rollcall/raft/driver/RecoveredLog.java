package dev.rollcall.raft.driver;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.HardState;
import dev.rollcall.raft.core.TermRun;
import java.util.List;

/**
 * What the disk held at start.
 *
 * @param hardState the last durable one, {@link HardState#EMPTY} on a fresh disk
 * @param snapshotIndex index that the log's first entry follows, 0 for a log from the beginning
 * @param snapshotTerm its term
 * @param termRuns runs of the entries above {@code snapshotIndex}, in order
 * @param tail every entry above {@code max(hardState.commit, applied)}, and as many before as the caller likes; consecutive,
 *     ends with the last entry; empty only if the log is
 */
public record RecoveredLog(
        HardState hardState, long snapshotIndex, long snapshotTerm, List<TermRun> termRuns, List<Entry> tail) {
    public static final RecoveredLog EMPTY = new RecoveredLog(HardState.EMPTY, 0, 0, List.of(), List.of());

    public long lastIndex() {
        return tail.isEmpty() ? snapshotIndex : tail.get(tail.size() - 1).index();
    }
}
