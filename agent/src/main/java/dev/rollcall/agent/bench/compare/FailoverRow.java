package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.wire.GrpcConnection;
import dev.rollcall.storage.proto.StatusResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The leader is lost; how long until a put is acknowledged that began after that, at one of the others. */
final class FailoverRow implements Measurement {
    static final String KILLED = "leader-killed";
    static final String SILENT = "leader-silent";

    private static final int WRITE_TIMEOUT_S = 120;
    private static final int HEALTH_TIMEOUT_S = 120;
    private static final int SETTLE_MS = 2_000;
    private static final int LOOK_EVERY_MS = 50;
    /** How far behind a member may be and still be one that keeps up, while puts go on. */
    private static final long MAX_LAG_ENTRIES = 50;

    private static final double NANOS_PER_MS = 1e6;

    private final Sides sides;
    private final int nodes;
    private final boolean silent;
    private final Samples samples = new Samples();

    FailoverRow(Sides sides, int nodes, boolean silent) {
        this.sides = sides;
        this.nodes = nodes;
        this.silent = silent;
    }

    @Override
    public void measure() throws InterruptedException {
        Path ours = sides.directory(sides.options().rollcall());
        Path theirs = sides.directory(sides.options().etcd());
        try (Arena rollcall = new Arena(sides.options().rollcall(), ours);
                Arena etcd = new Arena(sides.options().etcd(), theirs)) {
            rollcall.cluster.start();
            etcd.cluster.start();
            for (int trial = 1; trial <= sides.options().trials(); trial++) {
                int number = trial;
                sides.each(trial, product -> {
                    boolean our = sides.isRollcall(product);
                    double ms = (our ? rollcall : etcd).lose() / NANOS_PER_MS;
                    samples.add(our, Measure.TIME_MS, ms);
                    sides.journal()
                            .say(String.format(
                                    Locale.ROOT,
                                    "trial %d, %d node(s), %s, %-8s  next write after %,.0f ms",
                                    number,
                                    nodes,
                                    silent ? SILENT : KILLED,
                                    product.name(),
                                    ms));
                });
            }
        }
        Sides.delete(ours);
        Sides.delete(theirs);
    }

    @Override
    public List<Row> rows(@Nullable String failure) {
        String what = silent
                ? "leader's machine silent to next acknowledged put"
                : "kill -9 of the leader to next acknowledged put";
        int trials = sides.options().trials();
        samples.remark("medians of " + trials + " trials; default timeouts on both");
        return List.of(samples.row(
                nodes,
                what,
                List.of(Goal.atMost(Measure.TIME_MS, silent ? 1 : 0.4)),
                samples.failure(trials, failure)));
    }

    /** A cluster whose leader is lost time and again. */
    private final class Arena implements AutoCloseable {
        private final PeerLinks links = new PeerLinks();
        private final Cluster cluster;

        Arena(Product product, Path directory) {
            cluster = new Cluster(
                    product,
                    nodes,
                    directory,
                    sides.network(),
                    silent
                            ? (member, listening) -> links.lead(member, listening, this::owner)
                            : (member, listening) -> listening);
        }

        private int owner(int port) {
            List<Long> pids = new ArrayList<>();
            for (int i = 0; i < cluster.size() && cluster.member(i).isStarted(); i++) {
                pids.add(cluster.member(i).pid());
            }
            OptionalInt owner = SocketOwners.find(port, pids);
            return owner.orElseThrow(() -> new BenchException("no member has the connection from port " + port));
        }

        /** Loses the leader, and has it back. Answers how long there was no write, in nanoseconds. */
        long lose() throws InterruptedException {
            awaitHealth();
            int leader = cluster.leader();
            List<GrpcConnection> others = new ArrayList<>();
            for (int i = 0; i < cluster.size(); i++) {
                if (i != leader) {
                    others.add(cluster.connect(i));
                }
            }
            long lostNanos;
            long writtenNanos;
            try (Writer writer = new Writer(others)) {
                var unused = await(writer);
                TimeUnit.MILLISECONDS.sleep(SETTLE_MS);
                lostNanos = System.nanoTime();
                if (silent) {
                    links.silence(leader);
                } else {
                    cluster.member(leader).kill();
                }
                writtenNanos = await(writer);
            } finally {
                others.forEach(GrpcConnection::close);
            }
            if (silent) {
                links.restore();
            } else {
                cluster.member(leader).awaitEnd();
                cluster.member(leader).start();
                cluster.awaitReady(leader);
            }
            return writtenNanos - lostNanos;
        }

        private long await(Writer writer) throws InterruptedException {
            try {
                return writer.nextAcknowledged().get(WRITE_TIMEOUT_S, TimeUnit.SECONDS);
            } catch (TimeoutException | ExecutionException e) {
                throw new BenchException(
                        cluster.product().name() + " acknowledges no put for " + WRITE_TIMEOUT_S + " s", e);
            }
        }

        /** All have the same leader and hold the same log, or nearly. */
        private void awaitHealth() throws InterruptedException {
            long begunNanos = System.nanoTime();
            while (!isHealthy()) {
                cluster.requireAlive();
                if (System.nanoTime() - begunNanos > TimeUnit.SECONDS.toNanos(HEALTH_TIMEOUT_S)) {
                    throw new BenchException(
                            cluster.product().name() + " is not whole again after " + HEALTH_TIMEOUT_S + " s");
                }
                TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MS);
            }
        }

        private boolean isHealthy() throws InterruptedException {
            long leader = 0;
            long most = 0;
            long least = Long.MAX_VALUE;
            for (int i = 0; i < cluster.size(); i++) {
                StatusResponse status;
                try {
                    status = cluster.status(i);
                } catch (BenchException notYet) {
                    return false;
                }
                if (status.getLeader() == 0 || (i > 0 && status.getLeader() != leader)) {
                    return false;
                }
                leader = status.getLeader();
                most = Math.max(most, status.getRaftAppliedIndex());
                least = Math.min(least, status.getRaftAppliedIndex());
            }
            return most - least <= MAX_LAG_ENTRIES;
        }

        @Override
        public void close() {
            cluster.close();
            links.close();
        }
    }
}
