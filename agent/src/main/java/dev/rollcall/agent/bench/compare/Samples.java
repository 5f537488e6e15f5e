package dev.rollcall.agent.bench.compare;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was measured on both sides, time after time. */
final class Samples {
    private final Map<Measure, List<Double>> rollcall = new EnumMap<>(Measure.class);
    private final Map<Measure, List<Double>> etcd = new EnumMap<>(Measure.class);
    private final List<String> remarks = new ArrayList<>();
    private final List<String> errors = new ArrayList<>();

    void add(boolean ours, Measure measure, double value) {
        (ours ? rollcall : etcd)
                .computeIfAbsent(measure, key -> new ArrayList<>())
                .add(value);
    }

    void remark(String remark) {
        if (!remarks.contains(remark)) {
            remarks.add(remark);
        }
    }

    void error(String error) {
        errors.add(error);
    }

    /** How often something was measured on one side. */
    int count(boolean ours) {
        return (ours ? rollcall : etcd)
                .values().stream().mapToInt(List::size).max().orElse(0);
    }

    /**
     * What goes into a cell if the measurement did not come to its end.
     *
     * @param times how often it should have been measured on each side
     * @param failure why it was not; null if nothing went wrong
     */
    @Nullable
    String failure(int times, @Nullable String failure) {
        int count = Math.min(count(true), count(false));
        if (failure == null || count >= times) {
            return null;
        }
        return "failed" + (count == 0 ? "" : " after " + count + " of " + times) + ": " + failure;
    }

    /** A row of the table of what is no load. */
    Row row(int nodes, String what, List<Goal> goals, @Nullable String failed) {
        return row(nodes, what, false, goals, failed);
    }

    /** A row of the table of loads. */
    Row load(int nodes, String what, List<Goal> goals, @Nullable String failed) {
        return row(nodes, what, true, goals, failed);
    }

    private Row row(int nodes, String what, boolean isLoad, List<Goal> goals, @Nullable String failed) {
        List<Figure> figures = new ArrayList<>();
        for (Measure measure : Measure.values()) {
            List<Double> first = rollcall.getOrDefault(measure, List.of());
            List<Double> second = etcd.getOrDefault(measure, List.of());
            if (!first.isEmpty() || !second.isEmpty()) {
                figures.add(Figure.of(measure, first, second));
            }
        }
        return new Row(nodes, what, isLoad, figures, goals, remarks, errors, failed);
    }
}
