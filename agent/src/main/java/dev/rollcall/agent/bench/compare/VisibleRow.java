package dev.rollcall.agent.bench.compare;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.load.Calls;
import dev.rollcall.agent.bench.load.KeyWatch;
import dev.rollcall.agent.bench.wire.GrpcConnection;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseGrantResponse;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import java.nio.file.Path;
import java.util.List;

/** A key is put under a new lease at one member: how long from the grant until a watch at another member has seen it. */
final class VisibleRow {
    static final String NAME = "visible";

    private static final int WARM_UP = 500;
    private static final int PER_ROUND = 200;
    private static final int TTL_S = 60;
    private static final int VALUE_BYTES = 256;
    private static final double NANOS_PER_MS = 1e6;

    private final Sides sides;
    private final int nodes;

    VisibleRow(Sides sides, int nodes) {
        this.sides = sides;
        this.nodes = nodes;
    }

    Row measure() throws InterruptedException {
        Samples samples = new Samples();
        Path ours = sides.directory(sides.options().rollcall());
        Path theirs = sides.directory(sides.options().etcd());
        try (Cluster rollcall = new Cluster(sides.options().rollcall(), nodes, ours, sides.network());
                Cluster etcd = new Cluster(sides.options().etcd(), nodes, theirs, sides.network())) {
            rollcall.start();
            etcd.start();
            sides.each(0, product -> register(sides.isRollcall(product) ? rollcall : etcd, WARM_UP));
            for (int round = 1; round <= sides.options().rounds(); round++) {
                sides.each(round, product -> {
                    boolean our = sides.isRollcall(product);
                    double[] ms = register(our ? rollcall : etcd, PER_ROUND);
                    samples.add(our, Measure.P50, at(ms, 0.5));
                    samples.add(our, Measure.P99, at(ms, 0.99));
                    sides.journal()
                            .say(String.format(
                                    java.util.Locale.ROOT,
                                    "%d node(s), %s, %-8s  p50 %.2f, p99 %.2f ms",
                                    nodes,
                                    NAME,
                                    product.name(),
                                    at(ms, 0.5),
                                    at(ms, 0.99)));
                });
            }
        }
        Sides.delete(ours);
        Sides.delete(theirs);
        samples.remark(PER_ROUND + " registrations a round, one after the other");
        return samples.row(nodes, "lease and key at one member to event at another", List.of());
    }

    private static double at(double[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    }

    /** Registers so often; answers how long each took, the shortest first, in milliseconds. */
    private double[] register(Cluster cluster, int times) throws InterruptedException {
        int leader = cluster.leader();
        // Neither is the leader, if there are enough of them.
        int near = (leader + 1) % nodes;
        int far = (leader + nodes - 1) % nodes;
        GrpcConnection here = cluster.connect(near);
        GrpcConnection there = cluster.connect(far);
        ByteString key = ByteString.copyFromUtf8("services/orders/1");
        double[] tookMs = new double[times];
        try (KeyWatch watch = KeyWatch.open(there, key)) {
            for (int i = 0; i < times; i++) {
                long begunNanos = System.nanoTime();
                long lease = Calls.call(
                                here,
                                EtcdMethod.LEASE_GRANT,
                                LeaseGrantRequest.newBuilder().setTTL(TTL_S).build(),
                                LeaseGrantResponse.parser())
                        .getID();
                PutRequest put = PutRequest.newBuilder()
                        .setKey(key)
                        .setValue(ByteString.copyFrom(new byte[VALUE_BYTES]))
                        .setLease(lease)
                        .build();
                var acknowledged = Calls.start(here, EtcdMethod.PUT, put, PutResponse.parser());
                tookMs[i] = (watch.next() - begunNanos) / NANOS_PER_MS;
                if (acknowledged.handle((ok, refused) -> refused != null).join()) {
                    throw new BenchException(cluster.product().name() + " refused a put");
                }
            }
        } finally {
            here.close();
            there.close();
        }
        java.util.Arrays.sort(tookMs);
        return tookMs;
    }
}
