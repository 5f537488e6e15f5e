package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.load.Fleet;
import dev.rollcall.agent.bench.load.LeaseExpiry;
import dev.rollcall.agent.bench.load.Load;
import dev.rollcall.agent.bench.load.LoadOptions;
import dev.rollcall.agent.bench.load.UnaryLoad;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Leases that are due in the same second: how long until all are gone, and how puts fare meanwhile. */
final class ExpiryRow implements Measurement {
    static final String NAME = "lease-expiry";

    private static final int CONNECTIONS = 32;
    private static final int WARM_UP_CLIENTS = 100;
    /** Before the leases that are measured, this part of as many. */
    private static final int WARM_UP_PART = 20;

    private static final double PUTS_PER_S = 200;
    private static final double NANOS_PER_MS = 1e6;

    private final Sides sides;
    private final int nodes;
    private final Samples samples = new Samples();

    ExpiryRow(Sides sides, int nodes) {
        this.sides = sides;
        this.nodes = nodes;
    }

    @Override
    public void measure() throws InterruptedException {
        int leases = sides.options().leases();
        sides.each(nodes, product -> {
            boolean ours = sides.isRollcall(product);
            Path directory = sides.directory(product);
            try (Cluster cluster = new Cluster(product, nodes, directory, sides.network())) {
                cluster.start();
                LoadOptions options = new LoadOptions(
                        CONNECTIONS,
                        leases,
                        CompareOptions.KEY_BYTES,
                        CompareOptions.VALUE_BYTES,
                        1_000,
                        PUTS_PER_S,
                        1);
                try (Fleet fleet = Fleet.connect(sides.network(), cluster.endpoints(), CONNECTIONS)) {
                    warmUp(fleet, options);
                    LeaseExpiry.Outcome outcome =
                            new LeaseExpiry(fleet, options).run(sides.journal().progress("leases"));
                    double goneMs = outcome.goneNanos() / NANOS_PER_MS;
                    double p99Ms = outcome.puts().percentileMs(99);
                    samples.add(ours, Measure.TIME_MS, goneMs);
                    samples.add(ours, Measure.P99, p99Ms);
                    if (outcome.puts().failed() > 0) {
                        samples.error(product.name() + ", puts meanwhile: "
                                + outcome.puts().errors());
                    }
                    sides.journal()
                            .say(String.format(
                                    Locale.ROOT,
                                    "%d node(s), %s, %-8s  all gone after %,.0f ms, puts meanwhile %,d, p99 %.2f ms",
                                    nodes,
                                    NAME,
                                    product.name(),
                                    goneMs,
                                    outcome.puts().operations(),
                                    p99Ms));
                }
            }
            Sides.delete(directory);
        });
    }

    @Override
    public List<Row> rows(@Nullable String failure) {
        samples.remark("p99 is that of " + Math.round(PUTS_PER_S)
                + " puts a second, counted from when each was due, from the first lease's due time until all are gone");
        return List.of(samples.row(
                nodes,
                String.format(
                        Locale.ROOT,
                        "%,d leases that expire together: all gone; puts meanwhile",
                        sides.options().leases()),
                List.of(Goal.atMost(Measure.TIME_MS, 0.5), Goal.atMost(Measure.P99, 0.5)),
                samples.failure(1, failure)));
    }

    private void warmUp(Fleet fleet, LoadOptions options) throws InterruptedException {
        LoadOptions puts = options.withClients(WARM_UP_CLIENTS)
                .withTotal(Math.max(1, sides.options().warmUp()))
                .withRate(0);
        try (Load.Prepared prepared = UnaryLoad.puts().prepare(fleet, puts)) {
            var unused = prepared.run(sides.journal().progress("operations"));
        }
        LoadOptions few = options.withTotal(Math.max(1, options.total() / WARM_UP_PART));
        var unused = new LeaseExpiry(fleet, few).run(sides.journal().progress("leases"));
    }
}
