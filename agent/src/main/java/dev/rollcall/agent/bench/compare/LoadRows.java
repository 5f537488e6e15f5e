package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.load.Fleet;
import dev.rollcall.agent.bench.load.Load;
import dev.rollcall.agent.bench.load.LoadOptions;
import dev.rollcall.agent.bench.load.LoadResult;
import dev.rollcall.agent.bench.load.UnaryLoad;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The loads, on both sides in turn. Both clusters run all the time, as one that was stopped would have to find its leader
 * again; each has the same keys, and answers the same requests. A load that fails is not tried again; members that have ended
 * are started again for the others.
 */
final class LoadRows implements Measurement {
    private static final int FILLING_CLIENTS = 256;
    private static final int FILLING_CONNECTIONS = 32;
    private static final int WARM_UP_CLIENTS = 100;
    private static final int FILLINGS_MAX = 4;
    /** Rounds that are not measured. */
    private static final int ROUNDS_BEFORE = 2;

    private static final int NOT_A_ROUND = 1_000;

    private final Sides sides;
    private final int nodes;
    private final List<LoadCase> cases;
    private final Map<LoadCase, Samples> samples = new LinkedHashMap<>();
    private final Map<LoadCase, String> failures = new LinkedHashMap<>();

    /** A part of the way of which a failure is not the end. */
    private interface Attempt {
        void make() throws InterruptedException;
    }

    LoadRows(Sides sides, int nodes) {
        this.sides = sides;
        this.nodes = nodes;
        this.cases = LoadCase.all().stream()
                .filter(load -> sides.options().wants(load.name()))
                .toList();
        cases.forEach(load -> samples.put(load, new Samples()));
    }

    @Override
    public void measure() throws InterruptedException {
        CompareOptions options = sides.options();
        Map<Product, Path> directories = new LinkedHashMap<>();
        directories.put(options.rollcall(), sides.directory(options.rollcall()));
        directories.put(options.etcd(), sides.directory(options.etcd()));
        try (Cluster ours =
                        new Cluster(options.rollcall(), nodes, directories.get(options.rollcall()), sides.network());
                Cluster theirs = new Cluster(options.etcd(), nodes, directories.get(options.etcd()), sides.network())) {
            ours.start();
            theirs.start();
            sides.each(0, product -> warmUp(sides.isRollcall(product) ? ours : theirs));
            for (int round = 1; round <= options.rounds(); round++) {
                for (int at = 0; at < cases.size(); at++) {
                    LoadCase load = cases.get(at);
                    int number = round;
                    sides.each(round + at, product -> attempt(load, number, sides.isRollcall(product) ? ours : theirs));
                }
            }
        }
        boolean sound = rows(null).stream().allMatch(Row::isSound);
        directories.values().forEach(sound ? Sides::delete : Sides::deleteAllButLogs);
    }

    @Override
    public List<Row> rows(@Nullable String failure) {
        int rounds = sides.options().rounds();
        List<Row> rows = new ArrayList<>();
        samples.forEach((load, measured) -> rows.add(measured.load(
                nodes,
                load.what(),
                load.goals(),
                measured.failure(rounds, failures.containsKey(load) ? failures.get(load) : failure))));
        return rows;
    }

    private void attempt(LoadCase load, int round, Cluster cluster) throws InterruptedException {
        if (failures.containsKey(load)) {
            return;
        }
        String failure = tried(load.name(), cluster, () -> measure(load, round, cluster));
        if (failure != null) {
            failures.put(load, failure);
        }
    }

    /** Answers why it failed, or null. The cluster is whole again afterwards: that failing is the end of them all. */
    private @Nullable String tried(String what, Cluster cluster, Attempt attempt) throws InterruptedException {
        String name = cluster.product().name();
        try {
            attempt.make();
            return null;
        } catch (RuntimeException e) {
            Sequence.afterFailure();
            String ended = cluster.whoEnded();
            String failure = name + ": " + (ended == null ? Sequence.reason(e) : ended);
            sides.journal().say(line("%d node(s), %s failed, %s", nodes, what, failure));
            cluster.revive();
            return failure;
        }
    }

    /** Puts every key, then each of the loads for its share of the operations. */
    private void warmUp(Cluster cluster) throws InterruptedException {
        long keys = sides.options().keySpace();
        sides.journal()
                .say(line("%s, %d node(s): putting %,d keys", cluster.product().name(), nodes, keys));
        LoadOptions all = new LoadOptions(
                FILLING_CLIENTS, keys, CompareOptions.KEY_BYTES, CompareOptions.VALUE_BYTES, keys, 0, 0);
        fill(cluster, all);
        long left = Math.max(0, sides.options().warmUp() - keys);
        long share = (left + cases.size() - 1) / cases.size();
        sides.journal()
                .say(line(
                        "%s, %d node(s): %,d operations to warm up",
                        cluster.product().name(), nodes, left));
        for (LoadCase load : cases) {
            int clients = Math.max(load.clients(), WARM_UP_CLIENTS);
            long total = Math.max(1, load.isWatch() ? (share + clients - 1) / clients : share);
            LoadOptions warm = load.options(1, keys, 0)
                    .withClients(clients)
                    .withTotal(total)
                    .withSeed(NOT_A_ROUND);
            warmUp(load, warm, WARM_UP_CLIENTS, cluster);
        }
        // Then as they will be measured: what a compiler makes of a program depends on what it is used for.
        for (int round = 1; round <= ROUNDS_BEFORE; round++) {
            for (LoadCase load : cases) {
                LoadOptions options = load.options(sides.options().scale(), keys, NOT_A_ROUND + round);
                warmUp(load, options, load.connections(), cluster);
            }
        }
    }

    private void fill(Cluster cluster, LoadOptions all) throws InterruptedException {
        // A member that has just started may be behind the others, and then takes nothing for a moment.
        for (int times = 1; times <= FILLINGS_MAX; times++) {
            String failure = tried("putting keys", cluster, () -> {
                LoadResult filled = run(cluster, UnaryLoad.allKeys(), all, FILLING_CONNECTIONS, new double[2]);
                if (filled.failed() > 0) {
                    throw new BenchException("did not take all keys: " + filled.errors());
                }
            });
            if (failure == null) {
                return;
            }
            if (times == FILLINGS_MAX) {
                throw new BenchException(failure);
            }
        }
    }

    /** What fails here may yet be measured. */
    private void warmUp(LoadCase load, LoadOptions options, int connections, Cluster cluster)
            throws InterruptedException {
        var unused = tried(
                load.name() + " to warm up",
                cluster,
                () -> run(cluster, load.load(), options, connections, new double[2]));
    }

    private void measure(LoadCase load, int round, Cluster cluster) throws InterruptedException {
        LoadOptions options =
                load.options(sides.options().scale(), sides.options().keySpace(), round);
        double[] cpuUs = new double[2];
        LoadResult result = run(cluster, load.load(), options, load.connections(), cpuUs);
        double cpuPerOperation = (cpuUs[1] - cpuUs[0]) / Math.max(1, result.operations());
        boolean ours = sides.isRollcall(cluster.product());
        Samples to = samples.get(load);
        if (to == null) {
            throw new IllegalStateException(load.name());
        }
        if (result.operations() == 0) {
            throw new BenchException("round " + round + ", nothing succeeded: " + result.errors());
        }
        to.add(ours, Measure.THROUGHPUT, result.throughput());
        to.add(ours, Measure.P50, result.percentileMs(50));
        to.add(ours, Measure.P99, result.percentileMs(99));
        to.add(ours, Measure.P999, result.percentileMs(99.9));
        to.add(ours, Measure.CPU, cpuPerOperation);
        to.add(ours, Measure.MEMORY, cluster.residentMb());
        String errors = result.failed() == 0 ? "" : line(", %,d errors: %s", result.failed(), result.errors());
        if (!errors.isEmpty()) {
            to.error(line("%s, round %d%s", cluster.product().name(), round, errors));
        }
        sides.journal()
                .say(line(
                        "round %d, %d node(s), %s, %-8s  %,9.0f/s  p50 %.2f  p99 %.2f  p99.9 %.2f ms  CPU %.1f us"
                                + "  (client %.1f us)%s",
                        round,
                        nodes,
                        load.name(),
                        cluster.product().name(),
                        result.throughput(),
                        result.percentileMs(50),
                        result.percentileMs(99),
                        result.percentileMs(99.9),
                        cpuPerOperation,
                        result.clientCpuUs(),
                        errors));
    }

    /** Runs a load; {@code cpuUs} gets the servers' processor time before and after. */
    private LoadResult run(Cluster cluster, Load load, LoadOptions options, int connections, double[] cpuUs)
            throws InterruptedException {
        try (Fleet fleet = Fleet.connect(sides.network(), cluster.endpoints(), connections);
                Load.Prepared prepared = load.prepare(fleet, options)) {
            cpuUs[0] = cluster.cpuUs();
            LoadResult result = prepared.run(sides.journal().progress("operations"));
            cpuUs[1] = cluster.cpuUs();
            return result;
        }
    }

    private static String line(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
