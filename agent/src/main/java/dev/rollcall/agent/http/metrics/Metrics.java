package dev.rollcall.agent.http.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.DoubleSupplier;

/**
 * All metrics by name, written in Prometheus' text format 0.0.4.
 *
 * <p>etcd's names are what dashboards and alerts read, and some break the rules that Prometheus' Java client enforces: a
 * gauge {@code .._total}, a counter without it. So these are written here, to the letter. What the JVM tells of itself comes
 * from Micrometer and is made at the first look, because an agent's start should not wait for it.
 *
 * <p>A series is registered once and lives as long as the process; whoever registers bounds the values of its labels.
 */
public final class Metrics {
    /** Content type of {@link #page}. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private static final class Family {
        private final String help;
        private final String type;
        private final Map<String, Object> series = new ConcurrentSkipListMap<>();

        private Family(String help, String type) {
            this.help = help;
            this.type = type;
        }
    }

    private final Map<String, Family> families = new ConcurrentSkipListMap<>();
    private final JvmMetrics jvm = new JvmMetrics();

    public Metrics() {
        ProcessMetrics.bind(this);
    }

    /**
     * A counter; the same one whenever it is asked for by the same name and labels.
     *
     * @param labels name, value, name, value..
     */
    public Counter counter(String name, String help, String... labels) {
        Object series = family(name, help, "counter").computeIfAbsent(labels(labels), key -> new Counter());
        return require(name, series, Counter.class);
    }

    /** A histogram of times; its name should end in {@code _seconds}. Bounds double from the first. */
    public Histogram histogram(String name, String help, double firstBoundSeconds, int bounds, String... labels) {
        Object series = family(name, help, "histogram")
                .computeIfAbsent(labels(labels), key -> new Histogram(Histogram.doubling(firstBoundSeconds, bounds)));
        return require(name, series, Histogram.class);
    }

    /** A value that whoever knows it sets; the same one whenever it is asked for by the same name and labels. */
    public Gauge gauge(String name, String help, String... labels) {
        Object series = family(name, help, "gauge").computeIfAbsent(labels(labels), key -> new Gauge());
        return require(name, series, Gauge.class);
    }

    /** A value that goes up and down, asked for whenever the page is written; it must be cheap and from any thread. */
    public void gauge(String name, String help, DoubleSupplier value, String... labels) {
        family(name, help, "gauge").put(labels(labels), value);
    }

    /** A count that someone else keeps. */
    public void countedElsewhere(String name, String help, DoubleSupplier value, String... labels) {
        family(name, help, "counter").put(labels(labels), value);
    }

    /** The whole page. Reads files of {@code /proc}: not for an event loop. */
    public String page() {
        StringBuilder page = new StringBuilder(32_768);
        families.forEach((name, family) -> {
            page.append("# HELP ").append(name).append(' ').append(family.help).append('\n');
            page.append("# TYPE ").append(name).append(' ').append(family.type).append('\n');
            family.series.forEach((labels, series) -> write(page, name, labels, series));
        });
        page.append(jvm.page());
        return page.toString();
    }

    private Map<String, Object> family(String name, String help, String type) {
        Family family = families.computeIfAbsent(name, key -> new Family(help, type));
        if (!family.type.equals(type)) {
            throw new IllegalArgumentException(name + " is a " + family.type + ", not a " + type);
        }
        return family.series;
    }

    private static <T> T require(String name, Object series, Class<T> type) {
        if (!type.isInstance(series)) {
            throw new IllegalArgumentException(name + " with these labels is not a " + type.getSimpleName());
        }
        return type.cast(series);
    }

    private static void write(StringBuilder page, String name, String labels, Object series) {
        if (series instanceof Counter counter) {
            line(page, name, labels, (double) counter.count());
        } else if (series instanceof Gauge gauge) {
            line(page, name, labels, gauge.value());
        } else if (series instanceof DoubleSupplier supplier) {
            line(page, name, labels, supplier.getAsDouble());
        } else if (series instanceof Histogram histogram) {
            double[] bounds = histogram.bounds();
            long[] counts = histogram.cumulative();
            for (int i = 0; i < counts.length; i++) {
                String bound = i < bounds.length ? number(bounds[i]) : "+Inf";
                String le = "le=\"" + bound + "\"";
                line(page, name + "_bucket", labels.isEmpty() ? le : labels + "," + le, (double) counts[i]);
            }
            line(page, name + "_sum", labels, histogram.sumSeconds());
            line(page, name + "_count", labels, (double) counts[counts.length - 1]);
        }
    }

    private static void line(StringBuilder page, String name, String labels, double value) {
        page.append(name);
        if (!labels.isEmpty()) {
            page.append('{').append(labels).append('}');
        }
        page.append(' ').append(number(value)).append('\n');
    }

    /** Whole numbers without a point, as Prometheus' own clients write them. */
    private static String number(double value) {
        boolean whole = value == Math.rint(value) && Math.abs(value) < 1e15;
        return whole ? Long.toString((long) value) : Double.toString(value);
    }

    private static String labels(String... labels) {
        if (labels.length % 2 != 0) {
            throw new IllegalArgumentException("labels come in pairs of name and value");
        }
        Map<String, String> sorted = new TreeMap<>();
        for (int i = 0; i < labels.length; i += 2) {
            sorted.put(labels[i], labels[i + 1]);
        }
        List<String> pairs = new ArrayList<>();
        sorted.forEach((name, value) -> pairs.add(name + "=\"" + escaped(value) + "\""));
        return String.join(",", pairs);
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
