package dev.rollcall.agent.bench.compare;

import java.util.Locale;

/**
 * What a figure should reach.
 *
 * @param measure of the figure
 * @param limit the ratio of Rollcall's to etcd's, or Rollcall's own value
 * @param atLeast whether more is better
 * @param relative whether the limit is a ratio
 */
public record Goal(Measure measure, double limit, boolean atLeast, boolean relative) {
    static Goal atLeast(Measure measure, double ratio) {
        return new Goal(measure, ratio, true, true);
    }

    static Goal atMost(Measure measure, double ratio) {
        return new Goal(measure, ratio, false, true);
    }

    /** A value that Rollcall itself should not exceed, whatever the other needs. */
    static Goal own(Measure measure, double value) {
        return new Goal(measure, value, false, false);
    }

    /** Whether it is reached. */
    boolean reached(double rollcall, double etcd) {
        double value = relative ? rollcall / etcd : rollcall;
        return atLeast ? value >= limit : value <= limit;
    }

    /** {@code >= 1.3x}, or {@code <= 110 MB}. */
    String text() {
        String sign = atLeast ? "≥ " : "≤ ";
        return relative
                ? sign + plain(limit) + "×"
                : sign + String.format(Locale.ROOT, "%,.0f", limit) + " " + measure.unit();
    }

    private static String plain(double ratio) {
        return String.format(Locale.ROOT, "%.2f", ratio).replaceAll("\\.?0+$", "");
    }
}
