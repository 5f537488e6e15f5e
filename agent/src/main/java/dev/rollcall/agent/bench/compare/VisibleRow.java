package dev.rollcall.agent.bench.compare;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.load.Calls;
import dev.rollcall.agent.bench.load.KeyWatch;
import dev.rollcall.agent.bench.wire.GrpcConnection;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.registry.model.AgentIdentity;
import dev.rollcall.registry.model.Instance;
import dev.rollcall.registry.model.InstanceRecord;
import dev.rollcall.registry.model.Status;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseGrantResponse;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An instance is registered at one member, as its agent does it: a lease, then its record under that lease. How long from the
 * asking for the lease until another member tells of it: by a watch of its key, and, on Rollcall's side, by the lookup's
 * stream of events.
 */
final class VisibleRow implements Measurement {
    static final String NAME = "visible";

    private static final int WARM_UP = 1_000;
    private static final int PER_ROUND = 200;
    private static final int TTL_S = 60;
    private static final String ID = "i-1";
    private static final double NANOS_PER_MS = 1e6;

    private final Sides sides;
    private final int nodes;
    private final Samples watched = new Samples();
    private final Samples lookedUp = new Samples();
    private int services;

    /** Someone at another member who waits for an instance. */
    private interface Observer extends AutoCloseable {
        /** Returns when it has been seen, as {@link System#nanoTime()} has it. */
        long seenNanos() throws InterruptedException, IOException;

        @Override
        void close();
    }

    VisibleRow(Sides sides, int nodes) {
        this.sides = sides;
        this.nodes = nodes;
    }

    @Override
    public void measure() throws InterruptedException {
        Path ours = sides.directory(sides.options().rollcall());
        Path theirs = sides.directory(sides.options().etcd());
        try (Cluster rollcall = new Cluster(sides.options().rollcall(), nodes, ours, sides.network());
                Cluster etcd = new Cluster(sides.options().etcd(), nodes, theirs, sides.network())) {
            rollcall.start();
            etcd.start();
            int warmUp = (int) Math.min(WARM_UP, sides.options().warmUp());
            sides.each(0, product -> register(sides.isRollcall(product) ? rollcall : etcd, false, warmUp));
            for (int round = 1; round <= sides.options().rounds(); round++) {
                sides.each(round, product -> {
                    boolean our = sides.isRollcall(product);
                    double[] ms = register(our ? rollcall : etcd, false, PER_ROUND);
                    note(product, "a watch", ms, watched);
                    note(product, "a lookup", our ? register(rollcall, true, PER_ROUND) : ms, lookedUp);
                });
            }
        }
        Sides.delete(ours);
        Sides.delete(theirs);
    }

    @Override
    public List<Row> rows(@Nullable String failure) {
        int rounds = sides.options().rounds();
        lookedUp.remark("etcd has no lookup; its side is that of the watch");
        return List.of(
                watched.row(
                        nodes,
                        "register at one member to visible in a watch at another",
                        List.of(),
                        watched.failure(rounds, failure)),
                lookedUp.row(
                        nodes,
                        "register at one member to visible through another's lookup",
                        List.of(),
                        lookedUp.failure(rounds, failure)));
    }

    private void note(Product product, String seenBy, double[] sortedMs, Samples samples) {
        double p50 = sortedMs[sortedMs.length / 2];
        double p99 = sortedMs[sortedMs.length * 99 / 100];
        samples.add(sides.isRollcall(product), Measure.P50, p50);
        samples.add(sides.isRollcall(product), Measure.P99, p99);
        sides.journal()
                .say(String.format(
                        Locale.ROOT,
                        "%d node(s), %s, by %-8s %-8s  p50 %.2f, p99 %.2f ms",
                        nodes,
                        NAME,
                        seenBy,
                        product.name(),
                        p50,
                        p99));
    }

    /** Registers so many instances, each of a service of its own. Answers how long each took in milliseconds, sorted. */
    private double[] register(Cluster cluster, boolean lookup, int times) throws InterruptedException {
        int leader = cluster.leader();
        // Neither is the leader, if there are enough of them.
        int near = (leader + 1) % nodes;
        int far = (leader + nodes - 1) % nodes;
        GrpcConnection here = cluster.connect(near);
        GrpcConnection there = cluster.connect(far);
        double[] tookMs = new double[times];
        try {
            for (int i = 0; i < times; i++) {
                String service = "bench-" + services++;
                try (Observer observer = lookup
                        ? lookup(cluster.endpoints().get(far), service)
                        : watch(there, ByteString.copyFromUtf8(InstanceRecord.instanceKey(service, ID)))) {
                    tookMs[i] = register(here, service, observer) / NANOS_PER_MS;
                }
            }
        } catch (IOException e) {
            throw new BenchException("a lookup of " + cluster.product().name() + " failed: " + e.getMessage(), e);
        } finally {
            here.close();
            there.close();
        }
        Arrays.sort(tookMs);
        return tookMs;
    }

    private static long register(GrpcConnection here, String service, Observer observer)
            throws InterruptedException, IOException {
        Instance instance = new Instance(
                service,
                ID,
                "127.0.0.1",
                8_080,
                Status.PASSING,
                "",
                List.of(),
                Map.of(),
                100,
                TTL_S,
                new AgentIdentity("bench", 1));
        ByteString record =
                ByteString.copyFromUtf8(InstanceRecord.encode(instance).encode());
        long begunNanos = System.nanoTime();
        long lease = Calls.call(
                        here,
                        EtcdMethod.LEASE_GRANT,
                        LeaseGrantRequest.newBuilder().setTTL(TTL_S).build(),
                        LeaseGrantResponse.parser())
                .getID();
        PutRequest put = PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(InstanceRecord.instanceKey(service, ID)))
                .setValue(record)
                .setLease(lease)
                .build();
        var acknowledged = Calls.start(here, EtcdMethod.PUT, put, PutResponse.parser());
        long tookNanos = observer.seenNanos() - begunNanos;
        if (acknowledged.handle((answer, refusal) -> refusal != null).join()) {
            throw new BenchException("a put was refused");
        }
        return tookNanos;
    }

    private static Observer watch(GrpcConnection there, ByteString key) throws InterruptedException {
        KeyWatch watch = KeyWatch.open(there, key);
        return new Observer() {
            @Override
            public long seenNanos() throws InterruptedException {
                return watch.next();
            }

            @Override
            public void close() {
                watch.close();
            }
        };
    }

    private static Observer lookup(Endpoint endpoint, String service) throws IOException {
        LookupStream stream = LookupStream.open(endpoint, service);
        return new Observer() {
            @Override
            public long seenNanos() throws IOException {
                stream.awaitInstance(ID);
                return System.nanoTime();
            }

            @Override
            public void close() {
                stream.close();
            }
        };
    }
}
