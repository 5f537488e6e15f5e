package dev.rollcall.raft.core;

/** Roles of a member within a term (Raft paper, figure 4; the pre-candidate of thesis section 9.6). */
public enum Role {
    FOLLOWER,
    PRE_CANDIDATE,
    CANDIDATE,
    LEADER
}
