package dev.rollcall.agent.cli;

import dev.rollcall.agent.bench.load.KeepAliveLoad;
import dev.rollcall.agent.bench.load.Load;
import dev.rollcall.agent.bench.load.UnaryLoad;
import dev.rollcall.agent.bench.load.WatchLoad;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "bench",
        description =
                "Loads a server of the etcd v3 API and measures it. Leaves its keys, b0.., behind: not for a store"
                        + " that is in use.",
        subcommands = {
            BenchCommand.Put.class,
            BenchCommand.Range.class,
            BenchCommand.Txn.class,
            BenchCommand.Watch.class,
            BenchCommand.WatchLatency.class,
            BenchCommand.LeaseKeepAlive.class,
            BenchLeaseExpiryCommand.class,
            BenchCommand.Mixed.class,
            BenchCompareCommand.class
        },
        footer = {"", "Example: rollcall bench put --clients 100 --total 100000"})
final class BenchCommand {
    /** How a range is answered. */
    enum Consistency {
        /** Linearizable: confirmed by the leader. */
        l,
        /** Serializable: what the endpoint knows. */
        s
    }

    private static final String CONSISTENCY = "l: linearizable, s: serializable (default: ${DEFAULT-VALUE})";

    @Command(
            name = "put",
            description = "Puts random keys of the key space.",
            footer = {"", "Example: rollcall bench put --clients 1000 --conns 100 --total 200000 --val-size 256"})
    static final class Put extends BenchLoadCommand {
        @Override
        Load load() {
            return UnaryLoad.puts();
        }
    }

    @Command(
            name = "range",
            description = "Reads random keys of the key space, one at a time, after it has put all of them.",
            footer = {"", "Example: rollcall bench range --consistency s --clients 100 --total 100000"})
    static final class Range extends BenchLoadCommand {
        @Option(names = "--consistency", paramLabel = "l|s", description = CONSISTENCY)
        private Consistency consistency = Consistency.l;

        @Override
        Load load() {
            return UnaryLoad.ranges(consistency == Consistency.s);
        }

        @Override
        boolean readsKeys() {
            return true;
        }
    }

    @Command(
            name = "txn",
            description = "Transactions: a comparison that holds, then puts of random keys.",
            footer = {"", "Example: rollcall bench txn --ops 4 --clients 100 --total 50000"})
    static final class Txn extends BenchLoadCommand {
        @Option(names = "--ops", paramLabel = "N", description = "puts in each (default: ${DEFAULT-VALUE})")
        private int operations = 2;

        @Override
        Load load() {
            if (operations < 1 || operations > MAX_TXN_PUTS) {
                throw usage("--ops: 1 to " + MAX_TXN_PUTS + " expected, not " + operations);
            }
            return UnaryLoad.txns(operations);
        }
    }

    /** etcd's own limit of operations in a transaction. */
    private static final int MAX_TXN_PUTS = 128;

    @Command(
            name = "watch",
            description = "One client puts one key, --total times; --clients watch it, each on a stream of its own."
                    + " Counts events; their latency begins with the put.",
            footer = {"", "Example: rollcall bench watch --clients 1000 --conns 100 --total 500"})
    static final class Watch extends BenchLoadCommand {
        @Override
        Load load() {
            return new WatchLoad();
        }

        @Override
        String unit() {
            return "events";
        }

        @Override
        long defaultTotal() {
            return 100;
        }
    }

    @Command(
            name = "watch-latency",
            description = "As watch, with 100 puts a second unless --rate says otherwise: how long an event takes when"
                    + " nothing is in its way.",
            footer = {"", "Example: rollcall bench watch-latency --clients 100 --rate 50 --total 500"})
    static final class WatchLatency extends BenchLoadCommand {
        @Override
        Load load() {
            return new WatchLoad();
        }

        @Override
        String unit() {
            return "events";
        }

        @Override
        long defaultTotal() {
            return 500;
        }

        @Override
        double defaultRate() {
            return 100;
        }
    }

    @Command(
            name = "lease-keepalive",
            description = "Each client renews a lease of its own, over a stream that stays open.",
            footer = {"", "Example: rollcall bench lease-keepalive --clients 100 --total 100000"})
    static final class LeaseKeepAlive extends BenchLoadCommand {
        @Override
        Load load() {
            return new KeepAliveLoad();
        }
    }

    @Command(
            name = "mixed",
            description = "Reads and puts random keys of the key space, after it has put all of them.",
            footer = {"", "Example: rollcall bench mixed --reads 90 --clients 100 --total 100000"})
    static final class Mixed extends BenchLoadCommand {
        @Option(
                names = "--reads",
                paramLabel = "PERCENT",
                description = "share of ranges, the rest are puts (default: ${DEFAULT-VALUE})")
        private int reads = 75;

        @Option(names = "--consistency", paramLabel = "l|s", description = CONSISTENCY)
        private Consistency consistency = Consistency.l;

        @Override
        Load load() {
            if (reads < 0 || reads > 100) {
                throw usage("--reads: 0 to 100 expected, not " + reads);
            }
            return UnaryLoad.mixed(reads, consistency == Consistency.s);
        }

        @Override
        boolean readsKeys() {
            return true;
        }
    }
}
