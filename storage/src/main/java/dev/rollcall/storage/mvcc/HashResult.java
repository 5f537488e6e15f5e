package dev.rollcall.storage.mvcc;

/**
 * Hash of all keys at a revision. Two members that give the same hash revision and compact revision must give the same
 * hash.
 *
 * @param hash CRC32C
 * @param compactRevision up to which superseded revisions are left out
 * @param hashRevision up to which revisions are in it
 * @param revision newest revision when it was read: what the header says
 */
public record HashResult(int hash, long compactRevision, long hashRevision, long revision) {}
