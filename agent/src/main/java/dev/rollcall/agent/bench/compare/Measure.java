package dev.rollcall.agent.bench.compare;

import java.util.Locale;

/** What a figure is about. */
public enum Measure {
    THROUGHPUT("per s", 0),
    P50("p50 ms", 2),
    P99("p99 ms", 2),
    P999("p99.9 ms", 2),
    CPU("CPU us per op", 1),
    MEMORY("MB", 0),
    TIME_MS("ms", 1);

    private final String unit;
    private final int decimals;

    Measure(String unit, int decimals) {
        this.unit = unit;
        this.decimals = decimals;
    }

    /** Heading of its column. */
    public String unit() {
        return unit;
    }

    /** A value as it stands in a table. */
    public String text(double value) {
        return Double.isNaN(value)
                ? "-"
                : String.format(Locale.ROOT, "%,." + (value >= 1_000 ? 0 : decimals) + "f", value);
    }
}
