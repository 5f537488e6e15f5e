package dev.rollcall.agent.http.discovery;

import org.jspecify.annotations.Nullable;

/** What {@code /v1/agent} tells of the agent itself. Read at each request. */
public interface AgentView {
    /** The agent's name. */
    String id();

    /** {@code voter} or {@code client}. */
    String role();

    /** Which member a client talks to, as {@code host:port}; null on a member, or while there is none. */
    @Nullable
    String upstream();
}
