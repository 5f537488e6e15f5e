package dev.rollcall.agent.bench.compare;

import java.util.List;

/**
 * What a comparison came to.
 *
 * @param rows also those that failed
 * @param interrupted whether a signal ended it
 */
public record Outcome(List<Row> rows, boolean interrupted) {
    public Outcome {
        rows = List.copyOf(rows);
    }

    /** Rows that lack figures, or whose figures are not those of errorless rounds. */
    public List<Row> unsound() {
        return rows.stream().filter(row -> !row.isSound()).toList();
    }
}
