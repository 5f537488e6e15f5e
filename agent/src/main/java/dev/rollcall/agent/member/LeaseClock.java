package dev.rollcall.agent.member;

import io.vertx.core.Future;

/** The time of leases, which only the leader counts. Any member may be asked; futures complete on the caller's event loop. */
public interface LeaseClock {
    /**
     * Renews a lease and completes with its TTL in seconds, 0 if it is unknown or has expired. Batched, and answered only
     * after a proof of leadership begun after it arrived. Fails with {@code NO_LEADER}, {@code TIMEOUT} or
     * {@code LEADER_CHANGED}; then nothing is known and the caller may ask again.
     */
    Future<Long> renew(long leaseId);

    /** Seconds a lease has left, rounded down (may be negative while its expiry is on its way), {@code UNKNOWN} if there is none. */
    Future<Long> remaining(long leaseId);

    /** No such lease. */
    long UNKNOWN = Long.MIN_VALUE;
}
