package dev.rollcall.registry.model;

/**
 * Who wrote a record.
 *
 * @param id the agent's name
 * @param epoch its start, in milliseconds since 1970: of two runs of one agent the later one owns the record
 */
public record AgentIdentity(String id, long epoch) {
    public AgentIdentity {
        if (id.isEmpty() || id.length() > 255) {
            throw new InvalidServiceException("agent id '" + id + "' must have 1 to 255 characters");
        }
    }

    /** Whether this agent may replace a record of {@code other}: its own, or one of an earlier run of itself. */
    public boolean owns(AgentIdentity other) {
        return id.equals(other.id) && other.epoch <= epoch;
    }

    /**
     * This agent with an epoch above that of an earlier run of itself; unchanged if it is above already, or if {@code earlier}
     * is another agent.
     */
    public AgentIdentity after(AgentIdentity earlier) {
        return id.equals(earlier.id) && earlier.epoch >= epoch ? new AgentIdentity(id, earlier.epoch + 1) : this;
    }
}
