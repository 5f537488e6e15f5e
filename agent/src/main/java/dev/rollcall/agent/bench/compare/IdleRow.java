package dev.rollcall.agent.bench.compare;

import dev.rollcall.agent.bench.BenchException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Resident memory of processes that nobody asks anything: a voter alone, and an agent without a store beside it. */
final class IdleRow implements Measurement {
    static final String NAME = "idle-memory";

    private static final double VOTER_MB = 110;
    private static final double CLIENT_MB = 90;
    private static final int IDLE_S = 15;
    private static final int START_TIMEOUT_MS = 120_000;
    private static final int ASK_EVERY_MS = 20;

    private final Sides sides;
    private final Samples voters = new Samples();
    private final Samples clients = new Samples();

    IdleRow(Sides sides) {
        this.sides = sides;
    }

    @Override
    public void measure() throws InterruptedException {
        sides.each(0, product -> {
            Path directory = sides.directory(product);
            try (Cluster cluster = new Cluster(product, 1, directory, sides.network())) {
                cluster.start();
                if (sides.isRollcall(product)) {
                    client(cluster, directory);
                } else {
                    TimeUnit.SECONDS.sleep(IDLE_S);
                }
                voters.add(sides.isRollcall(product), Measure.MEMORY, cluster.residentMb());
                sides.journal()
                        .say(String.format(
                                Locale.ROOT, "%s, %-8s  voter %.0f MB", NAME, product.name(), cluster.residentMb()));
            }
            Sides.delete(directory);
        });
    }

    @Override
    public List<Row> rows(@Nullable String failure) {
        voters.remark(IDLE_S + " s after the start");
        return List.of(
                voters.row(
                        1,
                        "resident memory idle, voter",
                        List.of(Goal.own(Measure.MEMORY, VOTER_MB)),
                        voters.failure(1, failure)),
                clients.row(
                        1,
                        "resident memory idle, client role",
                        List.of(Goal.own(Measure.MEMORY, CLIENT_MB)),
                        // The other product has no such role.
                        clients.count(true) > 0 ? null : clients.failure(1, failure)));
    }

    private void client(Cluster upstream, Path directory) throws InterruptedException {
        Product product = upstream.product();
        int port = Ports.free(1).get(0);
        List<String> command = new ArrayList<>();
        command.add(product.program().toString());
        command.addAll(product.firstArguments());
        command.addAll(List.of(
                "--role=client", "--join=" + upstream.endpoints().get(0), "--listen-client-urls=" + Ports.url(port)));
        try (ServerProcess client = new ServerProcess(command, directory.resolve("client.log"))) {
            client.start();
            awaitListening(client, port);
            TimeUnit.SECONDS.sleep(IDLE_S);
            client.requireAlive();
            clients.add(true, Measure.MEMORY, ProcFiles.residentMb(client.pid()));
        }
    }

    private static void awaitListening(ServerProcess process, int port) throws InterruptedException {
        for (int asked = 0; asked < START_TIMEOUT_MS / ASK_EVERY_MS; asked++) {
            process.requireAlive();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                if (socket.isConnected()) {
                    return;
                }
            } catch (IOException notYet) {
                TimeUnit.MILLISECONDS.sleep(ASK_EVERY_MS);
            }
        }
        throw new BenchException("an agent without a store does not listen after " + START_TIMEOUT_MS / 1_000 + " s:\n"
                + process.tail());
    }
}
