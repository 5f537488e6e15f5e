package dev.rollcall.storage.apply;

/**
 * One revision of one key, as the state file keeps it.
 *
 * @param main revision of the request that made it
 * @param sub place within that request, from 0, below 2^20
 * @param key the key
 * @param createRevision 0 for a tombstone
 * @param version 0 for a tombstone
 * @param lease attached lease, 0 for none
 * @param tombstone whether it deletes the key
 * @param value the value; empty for a tombstone
 */
public record KvRow(
        long main,
        int sub,
        byte[] key,
        long createRevision,
        long version,
        long lease,
        boolean tombstone,
        byte[] value) {
    public static final int SUB_BITS = 20;

    /** Row id: revisions sort by it. */
    public static long rowId(long main, int sub) {
        return main << SUB_BITS | sub;
    }

    public long rowId() {
        return rowId(main, sub);
    }
}
