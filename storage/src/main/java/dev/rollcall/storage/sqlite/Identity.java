package dev.rollcall.storage.sqlite;

/**
 * Whose data a directory holds, bound at its first start for ever.
 *
 * @param clusterId cluster id, not 0
 * @param memberId id of this member, not 0
 */
public record Identity(long clusterId, long memberId) {
    public Identity {
        if (clusterId == 0 || memberId == 0) {
            throw new IllegalArgumentException("cluster and member id must not be 0");
        }
    }
}
