package dev.rollcall.agent.bench.compare;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What was measured on both sides, time after time. */
final class Samples {
    private final Map<Measure, List<Double>> rollcall = new EnumMap<>(Measure.class);
    private final Map<Measure, List<Double>> etcd = new EnumMap<>(Measure.class);
    private final List<String> remarks = new ArrayList<>();

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

    Row row(int nodes, String what, List<Goal> goals) {
        List<Figure> figures = new ArrayList<>();
        for (Measure measure : Measure.values()) {
            List<Double> first = rollcall.getOrDefault(measure, List.of());
            List<Double> second = etcd.getOrDefault(measure, List.of());
            if (!first.isEmpty() || !second.isEmpty()) {
                figures.add(Figure.of(measure, first, second));
            }
        }
        return new Row(nodes, what, figures, goals, remarks);
    }
}
