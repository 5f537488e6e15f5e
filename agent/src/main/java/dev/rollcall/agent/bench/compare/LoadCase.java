package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.load.KeepAliveLoad;
import dev.rollcall.agent.bench.load.Load;
import dev.rollcall.agent.bench.load.LoadOptions;
import dev.rollcall.agent.bench.load.UnaryLoad;
import dev.rollcall.agent.bench.load.WatchLoad;
import java.util.ArrayList;
import java.util.List;

/**
 * A load of the comparison.
 *
 * @param name on the command line
 * @param what for the table
 * @param load itself
 * @param clients that ask, or watch
 * @param connections that they share
 * @param total of a round
 * @param goals of the row
 */
record LoadCase(String name, String what, Load load, int clients, int connections, long total, List<Goal> goals) {
    private static final int WATCHERS = 1_000;
    private static final int READ_PERCENT = 75;

    static List<LoadCase> all() {
        List<Goal> putGoals = goals(1.3, 0.6, 0.8);
        List<Goal> readGoals = goals(1.4, 0.5, 0.8);
        return List.of(
                new LoadCase("put-1", "put, 1 client", UnaryLoad.puts(), 1, 1, 10_000, goals(1, 1, 1)),
                new LoadCase("put-16", "put, 16 clients", UnaryLoad.puts(), 16, 16, 40_000, putGoals),
                new LoadCase("put-100", "put, 100 clients", UnaryLoad.puts(), 100, 100, 50_000, putGoals),
                new LoadCase(
                        "put-1000", "put, 1,000 clients", UnaryLoad.puts(), 1_000, 100, 100_000, goals(1.6, 0.45, 0.7)),
                new LoadCase(
                        "range-s",
                        "range, serializable, 100 clients",
                        UnaryLoad.ranges(true),
                        100,
                        100,
                        100_000,
                        readGoals),
                new LoadCase(
                        "range-l",
                        "range, linearizable, 100 clients",
                        UnaryLoad.ranges(false),
                        100,
                        100,
                        100_000,
                        readGoals),
                new LoadCase("txn", "txn of 2 puts, 100 clients", UnaryLoad.txns(2), 100, 100, 30_000, List.of()),
                new LoadCase(
                        "mixed",
                        "75 % linearizable range, 25 % put, 100 clients",
                        UnaryLoad.mixed(READ_PERCENT, false),
                        100,
                        100,
                        60_000,
                        List.of()),
                new LoadCase(
                        "lease-keepalive",
                        "lease keepalive, 100 clients, streams that stay open",
                        new KeepAliveLoad(),
                        100,
                        100,
                        100_000,
                        readGoals),
                new LoadCase(
                        "watch",
                        "watch: 1 writer, 1,000 watchers of one key (events)",
                        new WatchLoad(),
                        WATCHERS,
                        100,
                        1_000,
                        goals(2, 0.5, 0.5)));
    }

    private static List<Goal> goals(double throughput, double cpu, double p99) {
        List<Goal> goals = new ArrayList<>();
        goals.add(Goal.atLeast(Measure.THROUGHPUT, throughput));
        goals.add(Goal.atMost(Measure.CPU, cpu));
        goals.add(Goal.atMost(Measure.P99, p99));
        return goals;
    }

    boolean isWatch() {
        return load instanceof WatchLoad;
    }

    /** Its size for a round; the same round asks both sides for the same keys. */
    LoadOptions options(double scale, long keySpace, int round) {
        return new LoadOptions(
                clients,
                Math.max(isWatch() ? 1 : clients, Math.round(total * scale)),
                CompareOptions.KEY_BYTES,
                CompareOptions.VALUE_BYTES,
                keySpace,
                0,
                round);
    }
}
