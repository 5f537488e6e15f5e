package dev.rollcall.registry.table;

/** A listener's hold on the table. */
public interface Subscription {
    /** Ends it; on the context that subscribed, nothing is delivered afterwards. */
    void close();
}
