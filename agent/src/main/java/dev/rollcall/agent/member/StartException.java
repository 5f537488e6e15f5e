package dev.rollcall.agent.member;

/** The agent cannot start as it was told to; the message is one line for the operator and says what to do. */
public final class StartException extends RuntimeException {
    public StartException(String message) {
        super(message);
    }

    public StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
