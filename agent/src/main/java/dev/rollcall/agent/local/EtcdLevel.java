package dev.rollcall.agent.local;

/** The level of etcd whose behaviour this program has, as clients are told it. Not this program's own version. */
public final class EtcdLevel {
    /** As {@code etcdserver}. */
    public static final String VERSION = "3.6.0";

    /** As {@code storage}. */
    public static final String STORAGE_VERSION = "3.6.0";

    private EtcdLevel() {}
}
