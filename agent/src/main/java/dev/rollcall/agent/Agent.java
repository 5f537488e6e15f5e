package dev.rollcall.agent;

import dev.rollcall.agent.config.AgentConfig;

/** The agent's process. */
public final class Agent {
    private Agent() {}

    /** Runs an agent until it is stopped, and answers its exit code. */
    public static int run(AgentConfig config) {
        return config.warnings().size();
    }
}
