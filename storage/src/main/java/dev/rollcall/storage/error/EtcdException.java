package dev.rollcall.storage.error;

/**
 * A call that fails with a gRPC status: the caller's mistake, or a state of the cluster that the caller should know.
 * Carries no stack trace; it is an answer, not a fault.
 */
public final class EtcdException extends RuntimeException {
    private final int code;

    /**
     * @param code gRPC status code, 1 to 16
     * @param message exact text of the API
     */
    public EtcdException(int code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    /** gRPC status code. */
    public int code() {
        return code;
    }

    /** The text of the API; never null. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
