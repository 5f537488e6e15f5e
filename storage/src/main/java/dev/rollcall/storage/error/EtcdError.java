package dev.rollcall.storage.error;

/**
 * Errors that clients match on by text and code. Source: etcd v3.6, {@code api/v3rpc/rpctypes/error.go}.
 */
public enum EtcdError {
    EMPTY_KEY(3, "etcdserver: key is not provided"),
    KEY_NOT_FOUND(3, "etcdserver: key not found"),
    VALUE_PROVIDED(3, "etcdserver: value is provided"),
    LEASE_PROVIDED(3, "etcdserver: lease is provided"),
    TOO_MANY_OPS(3, "etcdserver: too many operations in txn request"),
    DUPLICATE_KEY(3, "etcdserver: duplicate key given in txn request"),
    INVALID_CLIENT_API_VERSION(3, "etcdserver: invalid client api version"),
    INVALID_SORT_OPTION(3, "etcdserver: invalid sort option"),
    MEMBER_BAD_URLS(3, "etcdserver: given member URLs are invalid"),
    REQUEST_TOO_LARGE(3, "etcdserver: request is too large"),
    USER_EMPTY(3, "etcdserver: user name is empty"),
    ROLE_EMPTY(3, "etcdserver: role name is empty"),
    AUTH_FAILED(3, "etcdserver: authentication failed, invalid user ID or password"),
    PERMISSION_NOT_GIVEN(3, "etcdserver: permission not given"),
    INVALID_AUTH_MANAGEMENT(3, "etcdserver: invalid auth management"),
    AUTH_OLD_REVISION(3, "etcdserver: revision of auth store is old"),
    COMPACTED(11, "etcdserver: mvcc: required revision has been compacted"),
    FUTURE_REVISION(11, "etcdserver: mvcc: required revision is a future revision"),
    LEASE_TTL_TOO_LARGE(11, "etcdserver: too large lease TTL"),
    NO_SPACE(8, "etcdserver: mvcc: database space exceeded"),
    LEASE_NOT_FOUND(5, "etcdserver: requested lease not found"),
    MEMBER_NOT_FOUND(5, "etcdserver: member not found"),
    LEASE_EXISTS(9, "etcdserver: lease already exists"),
    MEMBER_EXISTS(9, "etcdserver: member ID already exist"),
    PEER_URL_EXISTS(9, "etcdserver: Peer URLs already exists"),
    NOT_LEARNER(9, "etcdserver: can only promote a learner member"),
    LEARNER_NOT_READY(9, "etcdserver: can only promote a learner member which is in sync with leader"),
    TOO_MANY_LEARNERS(9, "etcdserver: too many learner members in cluster"),
    CLUSTER_ID_MISMATCH(9, "etcdserver: cluster ID mismatch"),
    AUTH_NOT_ENABLED(9, "etcdserver: authentication is not enabled"),
    NOT_LEADER(9, "etcdserver: not leader"),
    NOT_CAPABLE(9, "etcdserver: not capable"),
    NOT_SUPPORTED_FOR_LEARNER(9, "etcdserver: rpc not supported for learner"),
    BAD_LEADER_TRANSFEREE(9, "etcdserver: bad leader transferee"),
    NO_LEADER(14, "etcdserver: no leader"),
    LEADER_CHANGED(14, "etcdserver: leader changed"),
    STOPPED(14, "etcdserver: server stopped"),
    TIMEOUT(14, "etcdserver: request timed out"),
    TIMEOUT_LEADER_FAIL(14, "etcdserver: request timed out, possibly due to previous leader failure"),
    TIMEOUT_CONNECTION_LOST(14, "etcdserver: request timed out, possibly due to connection lost"),
    TIMEOUT_WAIT_APPLIED(14, "etcdserver: request timed out, waiting for the applied index took too long"),
    UNHEALTHY(14, "etcdserver: unhealthy cluster"),
    TIMEOUT_LEADER_TRANSFER(2, "etcdserver: request timed out, leader transfer took too long"),
    TOO_MANY_REQUESTS(2, "etcdserver: too many requests"),
    NOT_ENOUGH_STARTED(2, "etcdserver: re-configuration failed due to not enough started members"),
    PERMISSION_DENIED(7, "etcdserver: permission denied"),
    INVALID_AUTH_TOKEN(16, "etcdserver: invalid auth token"),
    CORRUPT(15, "etcdserver: corrupt cluster"),
    CANCELED(1, "etcdserver: request canceled");

    private final int code;
    private final String text;

    EtcdError(int code, String text) {
        this.code = code;
        this.text = text;
    }

    /** An exception that says this. */
    public EtcdException exception() {
        return new EtcdException(code, text);
    }

    /** gRPC status code. */
    public int code() {
        return code;
    }

    /** The exact text, with its prefix. */
    public String text() {
        return text;
    }
}
