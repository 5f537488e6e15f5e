package dev.rollcall.agent.cli;

/** A command that could not be carried out: one line for the user, exit code 1. */
final class CommandFailure extends RuntimeException {
    CommandFailure(String line) {
        super(line, null, false, false);
    }

    /** The line; never null. */
    String line() {
        return String.valueOf(getMessage());
    }
}
