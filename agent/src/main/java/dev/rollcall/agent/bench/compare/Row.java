package dev.rollcall.agent.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One line of the comparison.
 *
 * @param nodes members on each side
 * @param what was done
 * @param isLoad whether it belongs to the table of loads
 * @param figures what came out
 * @param goals what should have come out; may be empty
 * @param remarks whatever else must be known to read the figures
 * @param errors met while they were measured
 * @param failure that it failed, and why: the figures are then of what was measured before; null if it did not
 */
public record Row(
        int nodes,
        String what,
        boolean isLoad,
        List<Figure> figures,
        List<Goal> goals,
        List<String> remarks,
        List<String> errors,
        @Nullable String failure) {
    public Row {
        figures = List.copyOf(figures);
        goals = List.copyOf(goals);
        remarks = List.copyOf(remarks);
        errors = List.copyOf(errors);
    }

    /** Whether its figures can be relied upon. */
    boolean isSound() {
        return failure == null && errors.isEmpty();
    }

    /** One figure of it on its own. */
    Row only(Figure figure) {
        List<Goal> its = goals.stream()
                .filter(goal -> goal.measure() == figure.measure())
                .toList();
        return new Row(nodes, what, isLoad, List.of(figure), its, remarks, errors, failure);
    }

    Optional<Figure> figure(Measure measure) {
        return figures.stream().filter(figure -> figure.measure() == measure).findFirst();
    }

    /** Each goal with its outcome; none was reached by a row that failed. */
    public String outcomes() {
        if (failure != null) {
            return failure;
        }
        List<String> outcomes = new ArrayList<>();
        for (Goal goal : goals) {
            figure(goal.measure())
                    .ifPresent(figure -> outcomes.add((figures.size() > 1 ? name(goal.measure()) + " " : "")
                            + goal.text()
                            + (goal.reached(figure.rollcall(), figure.etcd()) ? " reached" : " short")));
        }
        return outcomes.isEmpty() ? "-" : String.join(", ", outcomes);
    }

    private static String name(Measure measure) {
        return switch (measure) {
            case THROUGHPUT -> "throughput";
            case CPU -> "CPU";
            case MEMORY -> "memory";
            case TIME_MS -> "time";
            case P50 -> "p50";
            case P99 -> "p99";
            case P999 -> "p99.9";
        };
    }
}
