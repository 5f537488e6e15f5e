package dev.rollcall.agent.bench.compare;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A voter alone, on an empty directory: from the start of its process to its first answer to a linearizable read. */
final class StartRow implements Measurement {
    static final String NAME = "start";

    private static final double READY_MS = 1_200;
    private static final double NANOS_PER_MS = 1e6;

    private final Sides sides;
    private final Samples samples = new Samples();

    StartRow(Sides sides) {
        this.sides = sides;
    }

    @Override
    public void measure() throws InterruptedException {
        for (int trial = 1; trial <= sides.options().trials(); trial++) {
            int number = trial;
            sides.each(trial, product -> {
                Path directory = sides.directory(product);
                try (Cluster cluster = new Cluster(product, 1, directory, sides.network())) {
                    long begunNanos = System.nanoTime();
                    cluster.start();
                    double ms = (System.nanoTime() - begunNanos) / NANOS_PER_MS;
                    samples.add(sides.isRollcall(product), Measure.TIME_MS, ms);
                    sides.journal()
                            .say(String.format(
                                    Locale.ROOT,
                                    "trial %d, %s, %-8s  ready after %,.0f ms",
                                    number,
                                    NAME,
                                    product.name(),
                                    ms));
                }
                Sides.delete(directory);
            });
        }
    }

    @Override
    public List<Row> rows(@Nullable String failure) {
        return List.of(samples.row(
                1,
                "start of a voter alone to ready",
                List.of(Goal.own(Measure.TIME_MS, READY_MS)),
                samples.failure(sides.options().trials(), failure)));
    }
}
