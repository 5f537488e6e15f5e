package dev.rollcall.agent.peer;

/** The streams from one member to another, each a connection of its own so that none waits for another. */
public enum StreamKind {
    /** Consensus messages: may be dropped, never queued without limit. */
    CONSENSUS(1),
    /** Calls for the leader and their answers. */
    CALLS(2),
    /** Pieces of snapshots. */
    SNAPSHOTS(3);

    private final int code;

    StreamKind(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
