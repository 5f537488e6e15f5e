package dev.rollcall.agent.peer;

/** The two streams from one member to another, each a connection of its own so that neither waits for the other. */
public enum StreamKind {
    /** Consensus messages: may be dropped, never queued without limit. */
    CONSENSUS(1),
    /** Calls for the leader and their answers. */
    CALLS(2);

    private final int code;

    StreamKind(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
