package dev.rollcall.registry.check;

import dev.rollcall.registry.check.CheckResult.Verdict;
import dev.rollcall.registry.model.Status;

/**
 * The status that a row of probe results amounts to. Immutable; a function of (state, verdict).
 *
 * <p>From {@code starting} the first pass is enough, and failures change nothing: what has not been up yet is not down. From
 * {@code critical} it takes {@code rise} passes in a row, from {@code passing} and {@code warning} {@code fall} failures in
 * a row. A refused connection counts as {@code fall} failures.
 *
 * @param inARow passes seen while critical, failures seen otherwise
 */
public record CheckState(Status status, int inARow, int rise, int fall) {
    /** Before the first probe. */
    public static CheckState initial(int rise, int fall) {
        return new CheckState(Status.STARTING, 0, rise, fall);
    }

    /** The state after one more probe. */
    public CheckState after(Verdict verdict) {
        boolean passed = verdict == Verdict.PASS || verdict == Verdict.WARN;
        Status healthy = verdict == Verdict.WARN ? Status.WARNING : Status.PASSING;
        return switch (status) {
            case STARTING -> passed ? with(healthy, 0) : this;
            case CRITICAL -> {
                if (!passed) {
                    yield with(Status.CRITICAL, 0);
                }
                yield inARow + 1 >= rise ? with(healthy, 0) : with(Status.CRITICAL, inARow + 1);
            }
            case PASSING, WARNING -> {
                if (passed) {
                    yield with(healthy, 0);
                }
                int failures = verdict == Verdict.REFUSED ? fall : inARow + 1;
                yield failures >= fall ? with(Status.CRITICAL, 0) : with(status, failures);
            }
            case DRAINING -> throw new IllegalStateException("a check never drains");
        };
    }

    private CheckState with(Status newStatus, int newInARow) {
        return new CheckState(newStatus, newInARow, rise, fall);
    }
}
