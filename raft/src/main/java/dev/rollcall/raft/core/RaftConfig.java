package dev.rollcall.raft.core;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Settings of one member. Times are in ticks, limits in bytes unless said otherwise.
 *
 * @param id this member, not 0
 * @param heartbeatTicks ticks between a leader's heartbeats
 * @param electionTicksMin shortest election timeout; also the time for which contact with a leader forbids a vote, after which
 *     a leader without a quorum or with a stalled disk steps down, and after which transfers and reads are given up
 * @param electionTicksMax longest election timeout; each wait draws anew between the two
 * @param maxAppendBytes entries in one append message; a single larger entry still travels
 * @param maxInflightMessages append messages on their way to one follower, a count
 * @param maxInflightBytes entries on their way to one follower
 * @param maxUncommittedBytes entries of a leader's log above commit; more is refused with {@link ProposeResult#OVERLOADED}
 * @param maxTailBytes recent entries kept in memory
 * @param maxApplyBytes entries handed to the state machine and not yet reported as applied
 * @param maxUndurableBytes committed entries not yet durable in a leader's own log, beyond which it steps down
 * @param maxPendingReads reads waiting at this member, a count; more fail at once
 * @param leaseReads null, and then every read is proved by a round of heartbeats; else see there
 */
public record RaftConfig(
        long id,
        int heartbeatTicks,
        int electionTicksMin,
        int electionTicksMax,
        int maxAppendBytes,
        int maxInflightMessages,
        long maxInflightBytes,
        long maxUncommittedBytes,
        long maxTailBytes,
        long maxApplyBytes,
        long maxUndurableBytes,
        int maxPendingReads,
        @Nullable LeaseReads leaseReads) {

    /**
     * Lets a leader answer reads from the last round that a quorum confirmed (Raft thesis, section 6.4.1): {@code
     * electionTicksMin} ticks, less the drift, from the beginning of that round nobody else can have been elected. That rests
     * on clocks, which no other promise does: no member's tick may be shorter than {@code tickNanos * (1 - driftBound)} by this
     * clock, which must go on while a process or its machine stands still. All members must have it or none, for it also
     * makes them keep the promise: no vote within the shortest election timeout of any contact with a leader, nor of a start;
     * not even when the leader's process is known to be gone.
     *
     * @param clock monotonic nanoseconds; read by the driver, once per flush
     * @param tickNanos length of a tick
     * @param driftBound from 0 to less than 1
     */
    public record LeaseReads(LongSupplier clock, long tickNanos, double driftBound) {
        public LeaseReads {
            if (tickNanos < 1 || !(driftBound >= 0 && driftBound < 1)) {
                throw new IllegalArgumentException(
                        "ticks of " + tickNanos + " ns with a drift of up to " + driftBound + " bound nothing");
            }
        }
    }

    public RaftConfig {
        if (id == 0) {
            throw new IllegalArgumentException("0 is no member id");
        }
        if (heartbeatTicks < 1 || electionTicksMin <= heartbeatTicks || electionTicksMax < electionTicksMin) {
            throw new IllegalArgumentException("heartbeat " + heartbeatTicks + " < election " + electionTicksMin
                    + " to " + electionTicksMax + " ticks does not hold");
        }
        requirePositive("maxAppendBytes", maxAppendBytes);
        requirePositive("maxInflightMessages", maxInflightMessages);
        requirePositive("maxInflightBytes", maxInflightBytes);
        requirePositive("maxUncommittedBytes", maxUncommittedBytes);
        requirePositive("maxTailBytes", maxTailBytes);
        requirePositive("maxApplyBytes", maxApplyBytes);
        requirePositive("maxUndurableBytes", maxUndurableBytes);
        requirePositive("maxPendingReads", maxPendingReads);
    }

    private static void requirePositive(String limit, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(limit + " is " + value + ", every limit is at least 1");
        }
    }

    /** The settings that fit a tick of 10 ms. */
    public static RaftConfig defaults(long id) {
        return new RaftConfig(
                id, 10, 100, 150, 256 << 10, 256, 8 << 20, 64 << 20, 32 << 20, 8 << 20, 64 << 20, 65_536, null);
    }

    /** The same with other times. */
    public RaftConfig withTicks(int heartbeat, int electionMin, int electionMax) {
        return new RaftConfig(
                id,
                heartbeat,
                electionMin,
                electionMax,
                maxAppendBytes,
                maxInflightMessages,
                maxInflightBytes,
                maxUncommittedBytes,
                maxTailBytes,
                maxApplyBytes,
                maxUndurableBytes,
                maxPendingReads,
                leaseReads);
    }

    /** The same with other limits of what is on its way to one follower. */
    public RaftConfig withFlow(int appendBytes, int inflightMessages, long inflightBytes) {
        return new RaftConfig(
                id,
                heartbeatTicks,
                electionTicksMin,
                electionTicksMax,
                appendBytes,
                inflightMessages,
                inflightBytes,
                maxUncommittedBytes,
                maxTailBytes,
                maxApplyBytes,
                maxUndurableBytes,
                maxPendingReads,
                leaseReads);
    }

    /** The same with other limits of what is held in memory. */
    public RaftConfig withMemory(long uncommittedBytes, long tailBytes, long applyBytes) {
        return new RaftConfig(
                id,
                heartbeatTicks,
                electionTicksMin,
                electionTicksMax,
                maxAppendBytes,
                maxInflightMessages,
                maxInflightBytes,
                uncommittedBytes,
                tailBytes,
                applyBytes,
                maxUndurableBytes,
                maxPendingReads,
                leaseReads);
    }

    /** The same with reads answered under a lease. */
    public RaftConfig withLeaseReads(LeaseReads lease) {
        return new RaftConfig(
                id,
                heartbeatTicks,
                electionTicksMin,
                electionTicksMax,
                maxAppendBytes,
                maxInflightMessages,
                maxInflightBytes,
                maxUncommittedBytes,
                maxTailBytes,
                maxApplyBytes,
                maxUndurableBytes,
                maxPendingReads,
                lease);
    }
}
