package dev.rollcall.raft.core;

/** What became of a proposal at once. Whether it commits is known only from the log. */
public enum ProposeResult {
    /** All of it is in this leader's log. */
    ACCEPTED,
    /** Nothing was taken: this member does not lead. */
    NOT_LEADER,
    /** Nothing was taken: leadership is being handed over. */
    TRANSFERRING,
    /** Nothing was taken: too many bytes wait to be committed. */
    OVERLOADED
}
