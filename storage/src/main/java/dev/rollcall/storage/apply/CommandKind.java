package dev.rollcall.storage.apply;

import org.jspecify.annotations.Nullable;

/** Kinds of command in the log. Codes are on disk for ever; a new kind gets a new one. */
public enum CommandKind {
    /** Body: the client's {@code PutRequest}. */
    PUT(1),
    /** Body: the client's {@code DeleteRangeRequest}. */
    DELETE_RANGE(2),
    /** Body: the client's {@code TxnRequest}. */
    TXN(3),
    /** Body: the client's {@code CompactionRequest}. */
    COMPACT(4),
    /** Body: {@code LeaseGrantRequest}, its id and TTL decided before it was proposed. */
    LEASE_GRANT(5),
    /** Body: the client's {@code LeaseRevokeRequest}. */
    LEASE_REVOKE(6),
    /** Body: {@link LeaseExpiry}, proposed by a leader in whose term those leases ran out. */
    LEASE_EXPIRE(7),
    /** Body: {@code AlarmRequest}, ACTIVATE or DEACTIVATE. */
    ALARM(8),
    /** Body: {@code Member}: the name and client URLs that a member publishes for itself. Changes no revision. */
    PUBLISH(9),
    /**
     * Body: {@code Member} with its id, peer URLs and {@code isLearner}; the id was chosen before it was proposed. In the
     * context of a {@code CONFIG} entry only.
     */
    MEMBER_ADD(10),
    /** Body: the client's {@code MemberUpdateRequest}. Changes no configuration, so it is an ordinary command. */
    MEMBER_UPDATE(11),
    /** Body: the client's {@code MemberPromoteRequest}. In the context of a {@code CONFIG} entry only. */
    MEMBER_PROMOTE(12),
    /** Body: the client's {@code MemberRemoveRequest}. In the context of a {@code CONFIG} entry only. */
    MEMBER_REMOVE(13);

    private final int code;

    CommandKind(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /** Whether it changes the Raft configuration, and so travels in the context of a {@code CONFIG} entry. */
    public boolean reconfigures() {
        return this == MEMBER_ADD || this == MEMBER_PROMOTE || this == MEMBER_REMOVE;
    }

    /** The kind with this code, or null for one that this version does not know. */
    public static @Nullable CommandKind of(int code) {
        for (CommandKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        return null;
    }
}
