package dev.rollcall.registry.model;

/** A definition or record that breaks a rule. The message is one line that says what to do. */
public final class InvalidServiceException extends RuntimeException {
    public InvalidServiceException(String message) {
        super(message, null, false, false);
    }
}
