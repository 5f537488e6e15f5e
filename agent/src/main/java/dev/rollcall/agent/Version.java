package dev.rollcall.agent;

/** What this build is, and which etcd it stands in for. */
public final class Version {
    /** Our own version. */
    public static final String ROLLCALL = "0.1.0";

    /** The etcd release whose API is served. */
    public static final String ETCD_SERVER = "3.6.0";

    /** The level of features that every member of a cluster has. */
    public static final String ETCD_CLUSTER = "3.6.0";

    /** The level of features that the store has. */
    public static final String STORAGE = "3.6.0";

    private Version() {}
}
