package dev.rollcall.agent.config;

/**
 * How much of the heap each part of the agent may fill. On a large heap the parts have fixed sizes that suffice; on a small
 * one each has a share. Their sum says more than can be taken: a command that waits is the same bytes as its uncommitted entry,
 * and a large answer counts twice. That a heap bears all of them at once, beside an index nearly full, is tried out.
 *
 * @param commandBytes commands whose callers wait
 * @param readBytes large answers while they are built; twice their size counts, for they are encoded
 * @param writtenAnswerBytes what answers to commands hold of the store until they are handed over; counts twice as well
 * @param heldBytes answers that their clients have not read, and requests that they have begun and not finished
 * @param uncommittedBytes entries in a leader's log above the commit
 * @param tailBytes recent entries kept for followers
 * @param valueCacheBytes values kept in memory
 * @param ringBytes recent events kept for watchers
 * @param streamBytes watches, and renewals that are not answered, on the streams of all clients
 * @param openCalls calls and streams of all clients
 * @param connections of all clients
 */
public record HeapShares(
        long commandBytes,
        long readBytes,
        long writtenAnswerBytes,
        long heldBytes,
        long uncommittedBytes,
        long tailBytes,
        long valueCacheBytes,
        long ringBytes,
        long streamBytes,
        long openCalls,
        long connections) {
    private static final long MIB = 1 << 20;
    /** What an open call or stream takes, with all that HTTP/2 keeps for it; measured, and rounded up. */
    private static final long CALL_BYTES = 16 << 10;
    /** The same for a connection. */
    private static final long CONNECTION_BYTES = 64 << 10;

    private static final long MANY = 100_000;

    /** The shares of this process's heap. */
    public static HeapShares ofThisProcess() {
        return of(Runtime.getRuntime().maxMemory());
    }

    /** The shares of a heap of this size. */
    public static HeapShares of(long heapBytes) {
        return new HeapShares(
                Math.min(256 * MIB, heapBytes / 16),
                heapBytes / 8,
                heapBytes / 32,
                Math.min(512 * MIB, heapBytes / 8),
                Math.min(64 * MIB, heapBytes / 32),
                Math.min(4 * MIB, heapBytes / 32),
                Math.min(64 * MIB, heapBytes / 16),
                Math.min(4 * MIB, heapBytes / 32),
                heapBytes / 16,
                Math.min(MANY, heapBytes / CALL_BYTES),
                Math.min(MANY, heapBytes / CONNECTION_BYTES));
    }
}
