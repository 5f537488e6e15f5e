package dev.rollcall.registry.port;

/** A call of {@link KeyValue} that the store refused or could not answer. */
public final class KeyValueException extends RuntimeException {
    private final int code;

    /**
     * @param code gRPC status code
     * @param message the store's text
     */
    public KeyValueException(int code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    /** gRPC status code; 5 is "not found", 14 "unavailable". */
    public int code() {
        return code;
    }
}
