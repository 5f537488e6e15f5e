package dev.rollcall.raft.core;

/**
 * Something that cannot happen in a correct cluster has happened. The member must stop: to go on could lose what was
 * acknowledged. The message holds the evidence.
 */
public final class RaftInvariantException extends IllegalStateException {
    public RaftInvariantException(String evidence) {
        super(evidence);
    }
}
