package dev.rollcall.agent.bench;

/** A load or a comparison that cannot be carried out; the message is one line for the user. */
public final class BenchException extends RuntimeException {
    public BenchException(String line) {
        super(line);
    }

    public BenchException(String line, Throwable cause) {
        super(line, cause);
    }
}
