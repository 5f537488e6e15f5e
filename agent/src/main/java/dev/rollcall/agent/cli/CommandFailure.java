package dev.rollcall.agent.cli;

/** A command that could not be carried out: one line for the user, exit code 1. */
final class CommandFailure extends RuntimeException {
    private static final String OURS = "rollcall: ";

    /** The line, without the name of the program before it: what our own client says begins with that already. */
    CommandFailure(String line) {
        super(line.startsWith(OURS) ? line.substring(OURS.length()) : line, null, false, false);
    }

    /** The line; never null. */
    String line() {
        return String.valueOf(getMessage());
    }
}
