package dev.rollcall.agent.member;

import dev.rollcall.raft.core.SoftState;

/** What a member knows of itself; every call is cheap and from any thread. */
public interface MemberInfo {
    long clusterId();

    long memberId();

    /** Term, leader and role as one value. */
    SoftState soft();

    long commitIndex();

    long appliedIndex();

    /** Highest index in this member's own log that is durable. */
    long durableIndex();

    /** Bytes of the state file. */
    long dbSizeBytes();

    /** Bytes of it that hold data; above 0 and at most {@link #dbSizeBytes}. */
    long dbSizeInUseBytes();

    /** The quota in bytes that {@link #dbSizeBytes} is held against. */
    long dbSizeQuotaBytes();

    /** Whether the disk has so little space left that nothing may be added. */
    boolean shortOfSpace();
}
