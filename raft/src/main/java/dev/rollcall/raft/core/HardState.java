package dev.rollcall.raft.core;

/**
 * What must be durable before any message that depends on it is sent (Raft paper, figure 2). One immutable value: a vote
 * is cleared only where the term grows.
 *
 * @param term latest term seen
 * @param vote member voted for in that term, 0 for none
 * @param commit highest index known to be committed. Written along with whatever else is, never by itself: it may be old, but
 *     the disk never holds a change of membership without knowing that the one before it is committed
 */
public record HardState(long term, long vote, long commit) {
    public static final HardState EMPTY = new HardState(0, 0, 0);
}
