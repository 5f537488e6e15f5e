package dev.rollcall.agent.config;

/** A start line that cannot be followed: one line that says what is wrong and what to do. The process exits with code 2. */
public final class ConfigException extends Exception {
    public ConfigException(String message) {
        super(message);
    }

    /** The line for the operator; never null. */
    public String line() {
        return String.valueOf(getMessage());
    }
}
