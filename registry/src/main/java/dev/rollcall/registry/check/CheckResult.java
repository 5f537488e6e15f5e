package dev.rollcall.registry.check;

/**
 * What one probe came to.
 *
 * @param output one short line for people
 */
public record CheckResult(Verdict verdict, String output) {
    private static final int MAX_OUTPUT = 256;

    /** How a probe ended. */
    public enum Verdict {
        /** Healthy. */
        PASS,
        /** Healthy, but asks for less. */
        WARN,
        /** Not healthy, or no answer in time. */
        FAIL,
        /** Nobody listens: as bad as all failures that are needed. */
        REFUSED
    }

    public CheckResult {
        output = oneLine(output);
    }

    private static String oneLine(String text) {
        String cut = text.length() > MAX_OUTPUT ? text.substring(0, MAX_OUTPUT) + "..." : text;
        return cut.replaceAll("\\p{Cntrl}+", " ").strip();
    }
}
