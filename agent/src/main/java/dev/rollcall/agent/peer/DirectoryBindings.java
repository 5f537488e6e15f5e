package dev.rollcall.agent.peer;

import java.util.Map;
import java.util.UUID;

/**
 * Which data directory each peer had at first contact, kept durably: a member that comes back with another one has lost its
 * log and its vote, and must not count as the member it was.
 */
public interface DirectoryBindings {
    /** All that were bound, in this life and earlier ones. */
    Map<Long, UUID> bound();

    /** Binds it; durable before this returns. Called on worker threads; may block. */
    void bind(long member, UUID directory);
}
