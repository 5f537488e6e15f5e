package dev.rollcall.agent.bench.load;

import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.wire.GrpcConnection;
import dev.rollcall.agent.bench.wire.LoadNetwork;
import dev.rollcall.agent.client.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The connections of a load, spread evenly over the endpoints, and the clients spread evenly over them. */
public final class Fleet implements AutoCloseable {
    private final List<GrpcConnection> connections;

    private Fleet(List<GrpcConnection> connections) {
        this.connections = connections;
    }

    /**
     * Connects.
     *
     * @throws BenchException if one of the connections cannot be made
     */
    public static Fleet connect(LoadNetwork network, List<Endpoint> endpoints, int connections) {
        List<CompletableFuture<GrpcConnection>> connecting = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            connecting.add(network.connect(endpoints.get(i % endpoints.size())));
        }
        List<GrpcConnection> open = new ArrayList<>();
        BenchException failure = null;
        for (int i = 0; i < connections; i++) {
            try {
                open.add(connecting.get(i).join());
            } catch (CompletionException e) {
                Endpoint endpoint = endpoints.get(i % endpoints.size());
                failure = new BenchException("no etcd v3 server answers at " + endpoint + ": is it running there?", e);
            }
        }
        Fleet fleet = new Fleet(open);
        if (failure != null) {
            fleet.close();
            throw failure;
        }
        return fleet;
    }

    /** The connection of a client. */
    public GrpcConnection of(int client) {
        return connections.get(client % connections.size());
    }

    @Override
    public void close() {
        connections.forEach(GrpcConnection::close);
    }
}
