package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.load.Fleet;
import dev.rollcall.agent.bench.load.Load;
import dev.rollcall.agent.bench.load.LoadOptions;
import dev.rollcall.agent.bench.load.LoadResult;
import dev.rollcall.agent.bench.load.UnaryLoad;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A voter alone with many keys: how much memory it has then, how long a restart takes, how much memory it has after that. */
final class RestartRow implements Measurement {
    static final String NAME = "restart";

    private static final double MEMORY_RATIO = 1.2;
    private static final int CLIENTS = 1_000;
    private static final int CONNECTIONS = 100;
    private static final int SETTLE_S = 10;
    private static final int MOST_RESTARTS = 3;
    private static final double NANOS_PER_MS = 1e6;

    private final Sides sides;
    private final Samples times = new Samples();
    private final Samples written = new Samples();
    private final Samples restarted = new Samples();

    RestartRow(Sides sides) {
        this.sides = sides;
    }

    @Override
    public void measure() throws InterruptedException {
        int keys = sides.options().keys();
        sides.each(0, product -> {
            boolean ours = sides.isRollcall(product);
            Path directory = sides.directory(product);
            try (Cluster cluster = new Cluster(product, 1, directory, sides.network())) {
                cluster.start();
                sides.journal().say(String.format(Locale.ROOT, "%s: putting %,d keys", product.name(), keys));
                fill(cluster, keys);
                TimeUnit.SECONDS.sleep(SETTLE_S);
                written.add(ours, Measure.MEMORY, cluster.residentMb());
                for (int trial = 1; trial <= restarts(); trial++) {
                    cluster.member(0).terminate();
                    long begunNanos = System.nanoTime();
                    cluster.start();
                    times.add(ours, Measure.TIME_MS, (System.nanoTime() - begunNanos) / NANOS_PER_MS);
                }
                TimeUnit.SECONDS.sleep(SETTLE_S);
                restarted.add(ours, Measure.MEMORY, cluster.residentMb());
            }
            Sides.delete(directory);
        });
        rows(null)
                .forEach(row -> row.figures()
                        .forEach(figure -> sides.journal()
                                .say(row.what() + ": " + figure.text() + " "
                                        + figure.measure().unit())));
    }

    private int restarts() {
        return Math.min(MOST_RESTARTS, sides.options().trials());
    }

    @Override
    public List<Row> rows(@Nullable String failure) {
        String count = String.format(Locale.ROOT, "%,d keys", sides.options().keys());
        List<Goal> goals = List.of(Goal.atMost(Measure.MEMORY, MEMORY_RATIO));
        return List.of(
                times.row(1, "restart with " + count + " to ready", List.of(), times.failure(restarts(), failure)),
                written.row(1, "resident memory after putting " + count, goals, written.failure(1, failure)),
                restarted.row(
                        1, "resident memory after a restart with " + count, goals, restarted.failure(1, failure)));
    }

    private void fill(Cluster cluster, int keys) throws InterruptedException {
        LoadOptions options =
                new LoadOptions(CLIENTS, keys, CompareOptions.KEY_BYTES, CompareOptions.VALUE_BYTES, keys, 0, 0);
        try (Fleet fleet = Fleet.connect(sides.network(), cluster.endpoints(), CONNECTIONS);
                Load.Prepared filling = UnaryLoad.allKeys().prepare(fleet, options)) {
            LoadResult filled = filling.run(sides.journal().progress("keys"));
            if (filled.failed() > 0) {
                throw new BenchException(cluster.product().name() + " did not take all keys: " + filled.errors());
            }
        }
    }
}
