package dev.rollcall.agent.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One line of the comparison.
 *
 * @param nodes members on each side
 * @param what was done
 * @param figures what came out
 * @param goals what should have come out; may be empty
 * @param remarks errors, and whatever else must be known to read the figures
 */
public record Row(int nodes, String what, List<Figure> figures, List<Goal> goals, List<String> remarks) {
    public Row {
        figures = List.copyOf(figures);
        goals = List.copyOf(goals);
        remarks = List.copyOf(remarks);
    }

    Optional<Figure> figure(Measure measure) {
        return figures.stream().filter(figure -> figure.measure() == measure).findFirst();
    }

    /** Each goal with its outcome. */
    public String outcomes() {
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
