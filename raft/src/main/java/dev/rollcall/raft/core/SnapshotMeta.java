package dev.rollcall.raft.core;

/**
 * What names a snapshot and says what it stands for. Two with the same values have the same bytes.
 *
 * @param index last log entry that it holds
 * @param term of that entry
 * @param membership the configuration in force at {@code index}
 * @param sizeBytes of the whole
 * @param checksum over the whole, as the store that made it computes it
 */
public record SnapshotMeta(long index, long term, Membership membership, long sizeBytes, long checksum) {
    public SnapshotMeta {
        if (index < 1 || term < 0 || sizeBytes < 0) {
            throw new IllegalArgumentException(
                    "a snapshot at index " + index + " of term " + term + " with " + sizeBytes + " bytes");
        }
    }
}
