package dev.rollcall.agent.member;

import dev.rollcall.raft.core.SoftState;
import org.jspecify.annotations.Nullable;

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

    /** Bytes of heap that the index of keys and revisions may take. */
    long indexQuotaBytes();

    /** Whether the disk has so little space left that nothing may be added. */
    boolean shortOfSpace();

    /** How far a snapshot has come that is on its way to this member, in words; null if none is. */
    default @Nullable String arriving() {
        return null;
    }
}
