package dev.rollcall.agent.peer;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which data directory each peer had at first contact, kept durably: a member that comes back with another one has lost its
 * log and its vote, and must not count as the member it was. Called on worker threads; may block.
 */
public interface DirectoryBindings {
    /** The directory bound to this member, null before first contact. */
    @Nullable
    UUID bound(long member);

    /** Binds it; durable before this returns. */
    void bind(long member, UUID directory);
}
