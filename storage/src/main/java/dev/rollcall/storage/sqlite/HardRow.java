package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.HardState;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The single row beside the log: what must change together with it, and whose it is.
 *
 * @param state Raft's hard state
 * @param snapshotIndex index that the log's first entry follows, 0 for a log from the beginning
 * @param snapshotTerm its term
 * @param snapshotCrc checksum that the chain of entries starts from, that of the entry at {@code snapshotIndex}
 * @param stateFile name of the state file that goes with this log
 * @param directory identity of the directory
 * @param clusterId 0 while it is nobody's
 * @param memberId 0 while it is nobody's
 */
record HardRow(
        HardState state,
        long snapshotIndex,
        long snapshotTerm,
        long snapshotCrc,
        String stateFile,
        UUID directory,
        long clusterId,
        long memberId) {
    /** Layout of an entry in a row's data. */
    static final int ENTRY_FORMAT = 1;

    static HardRow fresh(UUID directory) {
        return new HardRow(HardState.EMPTY, 0, 0, 0, "state-1.db", directory, 0, 0);
    }

    HardRow with(HardState next) {
        return new HardRow(next, snapshotIndex, snapshotTerm, snapshotCrc, stateFile, directory, clusterId, memberId);
    }

    HardRow with(Identity owner) {
        return new HardRow(
                state,
                snapshotIndex,
                snapshotTerm,
                snapshotCrc,
                stateFile,
                directory,
                owner.clusterId(),
                owner.memberId());
    }

    /** The log now begins behind this entry. */
    HardRow startingAfter(long index, long term, long crc) {
        return new HardRow(state, index, term, crc, stateFile, directory, clusterId, memberId);
    }

    /** The state is in this file from now on. */
    HardRow with(String nextStateFile) {
        return new HardRow(
                state, snapshotIndex, snapshotTerm, snapshotCrc, nextStateFile, directory, clusterId, memberId);
    }

    @Nullable
    Identity identity() {
        return clusterId == 0 ? null : new Identity(clusterId, memberId);
    }

    long crc(Checksum checksum) {
        return checksum.start()
                .add(state.term())
                .add(state.vote())
                .add(state.commit())
                .add(snapshotIndex)
                .add(snapshotTerm)
                .add(snapshotCrc)
                .add(stateFile)
                .add(directory.toString())
                .add(clusterId)
                .add(memberId)
                .add(ENTRY_FORMAT)
                .value();
    }
}
