package dev.rollcall.raft.core;

/**
 * What others want to know at once, as one value so that no reader sees a leader beside a term that is not its own.
 *
 * @param term current term
 * @param leader the term's leader, 0 while unknown
 * @param role own role
 */
public record SoftState(long term, long leader, Role role) {}
