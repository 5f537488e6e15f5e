package dev.rollcall.agent.local;

/**
 * What a member allows its clients. Beyond a limit comes a typed error, or back-pressure.
 *
 * @param maxTxnOps operations in each part of a transaction
 * @param maxRequestBytes bytes of one write
 * @param requestTimeoutMs how long a call may take when its caller set no earlier deadline
 * @param applyBacklogEntries committed entries that may wait for being applied before writes are refused
 * @param pendingReads heavy reads that may run or wait on workers before more are refused
 * @param answerBytes what the answers of heavy reads may take while they are built
 * @param pendingAnswers answers on one stream that may wait for a slow reader (or, for keep-alives, for the leader)
 *     before the stream is ended
 * @param streamBytes what the watches and the unanswered renewals of all streams may take together
 * @param leaderlessMs how long a stream that requires a leader outlives the loss of one
 * @param watch limits of watches
 */
public record LocalLimits(
        int maxTxnOps,
        int maxRequestBytes,
        long requestTimeoutMs,
        int applyBacklogEntries,
        int pendingReads,
        long answerBytes,
        int pendingAnswers,
        long streamBytes,
        long leaderlessMs,
        Watch watch) {
    private static final int MIB = 1 << 20;

    /** etcd's defaults where etcd has one. */
    public static final LocalLimits DEFAULT =
            new LocalLimits(128, MIB * 3 / 2, 7_000, 5_000, 1_000, 64 * MIB, 10_000, 64 * MIB, 3_000, Watch.DEFAULT);

    /**
     * Limits of watches.
     *
     * @param progressIntervalMs idle time after which a watcher that asked for it is told the revision; up to a tenth is
     *     added, so that streams do not all speak at once
     * @param responseBytes size at which the events for a watcher are spread over several responses
     * @param stepRevisions revisions that are handed out in one go before other work of the event loop has its turn
     * @param watchersPerStream watchers on one stream
     */
    public record Watch(long progressIntervalMs, int responseBytes, int stepRevisions, int watchersPerStream) {
        /** etcd's defaults where etcd has one. */
        public static final Watch DEFAULT = new Watch(600_000, 2 * MIB, 1_000, 100_000);
    }

    /** These limits with others for watches. */
    public LocalLimits with(Watch watchLimits) {
        return new LocalLimits(
                maxTxnOps,
                maxRequestBytes,
                requestTimeoutMs,
                applyBacklogEntries,
                pendingReads,
                answerBytes,
                pendingAnswers,
                streamBytes,
                leaderlessMs,
                watchLimits);
    }

    /** How long a call with this deadline (0 for none) may take, in milliseconds. */
    long timeoutMs(long callerTimeoutMs) {
        return callerTimeoutMs > 0 ? Math.min(callerTimeoutMs, requestTimeoutMs) : requestTimeoutMs;
    }
}
