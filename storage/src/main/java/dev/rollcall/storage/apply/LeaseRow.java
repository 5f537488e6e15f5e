package dev.rollcall.storage.apply;

/**
 * A lease as every member stores it. Its time is not here: only the leader counts it.
 *
 * @param id lease id, not 0
 * @param ttlSeconds granted TTL
 * @param grantIndex log index of the grant
 */
public record LeaseRow(long id, long ttlSeconds, long grantIndex) {}
