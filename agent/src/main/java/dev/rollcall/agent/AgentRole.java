package dev.rollcall.agent;

import dev.rollcall.agent.call.Backend;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** What differs between an agent that holds the store and one that asks others for it. */
interface AgentRole {
    /** Answers etcd calls. */
    Backend backend();

    /** Starts what runs behind it. */
    Future<Void> start();

    /** Stops it. Blocks. */
    void stop();

    /** How far a snapshot has come that is on its way to the store, in words; null if none is. */
    default @Nullable String arriving() {
        return null;
    }

    /** The address that a service beside this agent is reached at unless it says otherwise. */
    String serviceAddress();

    /** The member a client talks to, null on a member or while there is none. */
    @Nullable
    String upstream();
}
