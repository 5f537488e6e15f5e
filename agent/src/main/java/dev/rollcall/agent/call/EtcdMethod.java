package dev.rollcall.agent.call;

/** The methods of the etcd v3 API that an agent serves. */
public enum EtcdMethod {
    RANGE("KV", "Range", Kind.READ),
    PUT("KV", "Put", Kind.WRITE),
    DELETE_RANGE("KV", "DeleteRange", Kind.WRITE),
    TXN("KV", "Txn", Kind.WRITE),
    COMPACT("KV", "Compact", Kind.WRITE),
    WATCH("Watch", "Watch", Kind.STREAM),
    LEASE_GRANT("Lease", "LeaseGrant", Kind.WRITE),
    LEASE_REVOKE("Lease", "LeaseRevoke", Kind.WRITE),
    LEASE_KEEP_ALIVE("Lease", "LeaseKeepAlive", Kind.STREAM),
    LEASE_TIME_TO_LIVE("Lease", "LeaseTimeToLive", Kind.READ),
    LEASE_LEASES("Lease", "LeaseLeases", Kind.READ),
    MEMBER_ADD("Cluster", "MemberAdd", Kind.WRITE),
    MEMBER_REMOVE("Cluster", "MemberRemove", Kind.WRITE),
    MEMBER_UPDATE("Cluster", "MemberUpdate", Kind.WRITE),
    MEMBER_PROMOTE("Cluster", "MemberPromote", Kind.WRITE),
    MEMBER_LIST("Cluster", "MemberList", Kind.READ),
    ALARM("Maintenance", "Alarm", Kind.WRITE),
    STATUS("Maintenance", "Status", Kind.READ),
    HASH_KV("Maintenance", "HashKV", Kind.READ),
    DEFRAGMENT("Maintenance", "Defragment", Kind.WRITE),
    SNAPSHOT("Maintenance", "Snapshot", Kind.STREAM),
    MOVE_LEADER("Maintenance", "MoveLeader", Kind.WRITE);

    /** What may be done again when an answer does not come. */
    public enum Kind {
        /** Changes nothing: may be repeated elsewhere. */
        READ,
        /** May have taken effect: never repeated once it may have been sent. */
        WRITE,
        /** A stream of answers, and perhaps of requests. */
        STREAM
    }

    private final String service;
    private final String method;
    private final Kind kind;

    EtcdMethod(String service, String method, Kind kind) {
        this.service = service;
        this.method = method;
        this.kind = kind;
    }

    /** gRPC package of every service. */
    public static final String PACKAGE = "etcdserverpb";

    /** Service name without its package. */
    public String service() {
        return service;
    }

    /** Method name. */
    public String method() {
        return method;
    }

    public Kind kind() {
        return kind;
    }
}
