package dev.rollcall.agent.member;

import dev.rollcall.raft.core.SoftState;

/** What a member reports to whoever counts it. Called on its own threads; must return at once. */
public interface MemberEvents {
    /** A group of log entries became durable, with one fsync. */
    void logCommitted(long nanos);

    /** The state file was written. */
    void stateCommitted(long nanos);

    /** Another member leads now, or none is known to. */
    void leaderChanged(SoftState now);

    /** This member has no place in its cluster any more: the process is to end. The reason is one line for the operator. */
    void mustLeave(String why);
}
