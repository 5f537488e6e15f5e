package dev.rollcall.raft.core;

/** How a leader sends to one follower. */
public enum ProgressState {
    /** Where the logs agree is unknown: one append at a time. */
    PROBE,
    /** The logs agree: appends are sent ahead of their answers, within the window. */
    REPLICATE,
    /** What the follower needs is no longer in the leader's log: a snapshot is on its way, and heartbeats. */
    SNAPSHOT
}
