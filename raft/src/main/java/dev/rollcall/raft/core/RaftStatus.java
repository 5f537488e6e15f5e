package dev.rollcall.raft.core;

import java.util.List;

/**
 * One member as it sees itself, for people and metrics.
 *
 * @param id this member
 * @param softState term, leader and role
 * @param firstIndex first index still in the log
 * @param commit highest index known to be committed
 * @param applied highest index reported as applied
 * @param lastIndex index of the last entry
 * @param durableIndex index up to which the log is durable here
 * @param membership the configuration in force
 * @param transferTarget member that leadership is being handed to, 0 if none
 * @param followers what a leader knows of each other member, by id; empty unless leader
 */
public record RaftStatus(
        long id,
        SoftState softState,
        long firstIndex,
        long commit,
        long applied,
        long lastIndex,
        long durableIndex,
        Membership membership,
        long transferTarget,
        List<Follower> followers) {

    /**
     * @param id the follower
     * @param state how it is sent to
     * @param match index up to which its durable log is known to equal the leader's
     * @param next index of the next entry to send
     * @param inflightMessages appends on their way
     * @param inflightBytes bytes of entries on their way
     * @param recentlyActive heard from within the shortest election timeout
     */
    public record Follower(
            long id,
            ProgressState state,
            long match,
            long next,
            int inflightMessages,
            long inflightBytes,
            boolean recentlyActive) {}
}
