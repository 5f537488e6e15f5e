package dev.rollcall.agent.grpc;

/** What the peer did ends the connection, with this code. */
final class ConnectionError extends Exception {
    private static final long serialVersionUID = 1;

    private final int code;

    ConnectionError(int code, String what) {
        super(what, null, false, false);
        this.code = code;
    }

    /** An error code of {@link Http2}. */
    int code() {
        return code;
    }
}
