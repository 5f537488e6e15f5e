package dev.rollcall.agent.bench.compare;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.load.Calls;
import dev.rollcall.agent.bench.wire.GrpcConnection;
import dev.rollcall.agent.bench.wire.LoadNetwork;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import dev.rollcall.storage.proto.StatusRequest;
import dev.rollcall.storage.proto.StatusResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The members of one product, on ports of the loopback address that were free. */
final class Cluster implements AutoCloseable {
    private static final int READY_TIMEOUT_S = 300;
    private static final int ASK_EVERY_MS = 5;
    private static final RangeRequest ANY =
            RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("ready")).build();

    private final Product product;
    private final LoadNetwork network;
    private final List<ServerProcess> members = new ArrayList<>();
    private final List<Endpoint> endpoints = new ArrayList<>();

    /** How peers reach each other. */
    interface PeerPorts {
        /** The port at which its peers look for a member that listens at {@code listening}. */
        int advertised(int member, int listening);
    }

    Cluster(Product product, int nodes, Path directory, LoadNetwork network) {
        this(product, nodes, directory, network, (member, listening) -> listening);
    }

    Cluster(Product product, int nodes, Path directory, LoadNetwork network, PeerPorts peers) {
        this.product = product;
        this.network = network;
        List<Integer> ports = Ports.free(2 * nodes);
        List<Integer> advertised = new ArrayList<>();
        List<String> initial = new ArrayList<>();
        for (int i = 0; i < nodes; i++) {
            advertised.add(peers.advertised(i, ports.get(nodes + i)));
            initial.add("n" + i + "=" + Ports.url(advertised.get(i)));
        }
        for (int i = 0; i < nodes; i++) {
            endpoints.add(new Endpoint("127.0.0.1", ports.get(i)));
            Product.Place place = new Product.Place(
                    "n" + i,
                    directory.resolve("n" + i),
                    Ports.url(ports.get(i)),
                    Ports.url(ports.get(nodes + i)),
                    Ports.url(advertised.get(i)),
                    String.join(",", initial));
            members.add(new ServerProcess(product.command(place), directory.resolve("n" + i + ".log")));
        }
    }

    /** Starts all and waits until each answers linearizable reads. */
    void start() throws InterruptedException {
        members.forEach(ServerProcess::start);
        for (int i = 0; i < size(); i++) {
            awaitReady(i);
        }
    }

    /** Starts again those that have ended, if any, and waits until each answers. */
    void revive() throws InterruptedException {
        for (ServerProcess member : members) {
            if (!member.isAlive()) {
                member.start();
            }
        }
        for (int i = 0; i < size(); i++) {
            awaitReady(i);
        }
    }

    /** Fails if one of them has ended by itself. */
    void requireAlive() {
        members.forEach(ServerProcess::requireAlive);
    }

    /** Members that have ended by themselves, and how; null if there are none. */
    @Nullable
    String whoEnded() {
        List<String> ended = new ArrayList<>();
        for (int i = 0; i < size(); i++) {
            String end = members.get(i).end();
            if (end != null) {
                ended.add("member n" + i + " " + end);
            }
        }
        return ended.isEmpty() ? null : String.join(", ", ended);
    }

    Product product() {
        return product;
    }

    int size() {
        return members.size();
    }

    ServerProcess member(int i) {
        return members.get(i);
    }

    List<Endpoint> endpoints() {
        return endpoints;
    }

    /** A connection to one member. */
    GrpcConnection connect(int member) {
        try {
            return network.connect(endpoints.get(member)).join();
        } catch (CompletionException e) {
            throw new BenchException(product.name() + " does not answer at " + endpoints.get(member), e);
        }
    }

    /** Waits until a member answers a linearizable read. */
    void awaitReady(int member) throws InterruptedException {
        long begunNanos = System.nanoTime();
        while (true) {
            members.get(member).requireAlive();
            try {
                GrpcConnection connection =
                        network.connect(endpoints.get(member)).join();
                try {
                    Calls.call(connection, EtcdMethod.RANGE, ANY, RangeResponse.parser());
                    return;
                } finally {
                    connection.close();
                }
            } catch (CompletionException | BenchException notYet) {
                if (System.nanoTime() - begunNanos > TimeUnit.SECONDS.toNanos(READY_TIMEOUT_S)) {
                    throw new BenchException(
                            product.name() + " is not ready after " + READY_TIMEOUT_S + " s:\n"
                                    + members.get(member).tail(),
                            notYet);
                }
            }
            TimeUnit.MILLISECONDS.sleep(ASK_EVERY_MS);
        }
    }

    /** The member that leads, as the first that answers sees it. */
    int leader() throws InterruptedException {
        long begunNanos = System.nanoTime();
        while (System.nanoTime() - begunNanos < TimeUnit.SECONDS.toNanos(READY_TIMEOUT_S)) {
            for (int i = 0; i < size(); i++) {
                StatusResponse status = status(i);
                if (status.getLeader() != 0
                        && status.getLeader() == status.getHeader().getMemberId()) {
                    return i;
                }
            }
            TimeUnit.MILLISECONDS.sleep(ASK_EVERY_MS);
        }
        throw new BenchException(product.name() + " has no leader");
    }

    /** What a member says of itself. */
    StatusResponse status(int member) throws InterruptedException {
        GrpcConnection connection = connect(member);
        try {
            return Calls.call(
                    connection, EtcdMethod.STATUS, StatusRequest.getDefaultInstance(), StatusResponse.parser());
        } finally {
            connection.close();
        }
    }

    /** Processor time of all members, in microseconds. */
    double cpuUs() {
        return members.stream()
                .mapToDouble(member -> ProcFiles.cpuUs(member.pid()))
                .sum();
    }

    /** Resident memory of a member, the mean over all, in MB. */
    double residentMb() {
        return members.stream()
                .mapToDouble(member -> ProcFiles.residentMb(member.pid()))
                .average()
                .orElse(0);
    }

    @Override
    public void close() {
        members.forEach(ServerProcess::close);
    }
}
