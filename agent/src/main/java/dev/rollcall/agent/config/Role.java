package dev.rollcall.agent.config;

/** What an agent is to its cluster. */
public enum Role {
    /** Holds the store and counts in the quorum. */
    VOTER,
    /** Holds no store: forwards calls to a member. */
    CLIENT
}
