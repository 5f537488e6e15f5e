package dev.rollcall.agent.bench.compare;

import java.util.List;
import java.util.Locale;

/**
 * One measure on both sides.
 *
 * @param measure what was measured
 * @param rollcall medians; NaN where there is none
 * @param etcd likewise
 */
public record Figure(Measure measure, double rollcall, double etcd) {
    /** Medians of what was measured, round by round. */
    static Figure of(Measure measure, List<Double> rollcall, List<Double> etcd) {
        return new Figure(measure, median(rollcall), median(etcd));
    }

    /** The middle one, or the mean of the middle two; NaN of none. */
    static double median(List<Double> values) {
        if (values.isEmpty()) {
            return Double.NaN;
        }
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Rollcall's share of etcd's, such as {@code 1.30×}. */
    public String ratio() {
        double ratio = rollcall / etcd;
        return Double.isNaN(ratio) || Double.isInfinite(ratio) ? "-" : String.format(Locale.ROOT, "%.2f×", ratio);
    }

    /** Both values and their ratio. */
    public String text() {
        return measure.text(rollcall) + " : " + measure.text(etcd) + " · " + ratio();
    }
}
