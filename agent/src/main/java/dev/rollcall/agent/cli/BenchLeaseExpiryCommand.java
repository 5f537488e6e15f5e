package dev.rollcall.agent.cli;

import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.load.Fleet;
import dev.rollcall.agent.bench.load.LeaseExpiry;
import dev.rollcall.agent.bench.load.LoadLimits;
import dev.rollcall.agent.bench.load.LoadOptions;
import dev.rollcall.agent.bench.load.LoadResult;
import dev.rollcall.agent.bench.wire.LoadNetwork;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "lease-expiry",
        description =
                "Grants leases with a key each that are due in the same second, and watches them go; meanwhile puts"
                        + " go on at a fixed rate.",
        footer = {"", "Example: rollcall bench lease-expiry --total 100000 --rate 200"})
final class BenchLeaseExpiryCommand extends RemoteCommand {
    private static final double NANOS_PER_S = 1e9;
    private static final long MAX_LEASES = 1_000_000;

    @Option(names = "--conns", paramLabel = "N", description = "connections (default: one for each client)")
    private @Nullable Integer connections;

    @Option(names = "--clients", paramLabel = "N", description = "who put meanwhile (default: ${DEFAULT-VALUE})")
    private int clients = 32;

    @Option(names = "--total", paramLabel = "N", description = "leases (default: ${DEFAULT-VALUE})")
    private long total = 10_000;

    @Option(names = "--rate", paramLabel = "N", description = "puts a second meanwhile (default: ${DEFAULT-VALUE})")
    private double rate = 200;

    @Option(names = "--key-size", paramLabel = "BYTES", description = "of the puts' keys (default: ${DEFAULT-VALUE})")
    private int keySize = 8;

    @Option(names = "--val-size", paramLabel = "BYTES", description = "of each value (default: ${DEFAULT-VALUE})")
    private int valueSize = 256;

    @Option(names = "--key-space", paramLabel = "N", description = "different keys put (default: ${DEFAULT-VALUE})")
    private long keySpace = 1_000;

    @Override
    public Integer call() throws InterruptedException {
        Integer given = connections;
        int conns = given == null ? clients : given;
        LoadOptions options = new LoadOptions(clients, total, keySize, valueSize, keySpace, rate, 1);
        if (total < 1 || total > MAX_LEASES) {
            throw usage("--total: 1 to " + MAX_LEASES + " leases expected, not " + total);
        }
        String wrong = LoadLimits.wrong(options, conns, 1);
        if (wrong != null) {
            throw usage("--" + wrong);
        }
        if (rate == 0) {
            throw usage("--rate: more than 0 expected");
        }
        LeaseExpiry.Outcome outcome;
        try (LoadNetwork network = new LoadNetwork(1);
                Fleet fleet = Fleet.connect(network, endpoints(), conns)) {
            outcome = new LeaseExpiry(fleet, options).run(ProgressBar.of(err(), "leases"));
        } catch (BenchException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()));
        }
        LoadResult puts = outcome.puts();
        double goneS = outcome.goneNanos() / NANOS_PER_S;
        if (json()) {
            out().println(new JsonObject()
                    .put("load", name())
                    .put("leases", outcome.leases())
                    .put("goneSeconds", goneS)
                    .put("expiredPerSecond", outcome.leases() / goneS)
                    .put("puts", puts.operations())
                    .put("putMeanMs", puts.meanMs())
                    .put("putP50Ms", puts.percentileMs(50))
                    .put("putP99Ms", puts.percentileMs(99))
                    .put("putP999Ms", puts.percentileMs(99.9))
                    .put("putMaxMs", puts.maxMs())
                    .put("failed", puts.failed())
                    .put("errors", BenchLoadCommand.errorsByName(puts))
                    .encode());
        } else {
            out().println(String.format(
                    Locale.ROOT,
                    "leases      %,d, all gone %.2f s after the first was due, %,.0f/s",
                    outcome.leases(),
                    goneS,
                    outcome.leases() / goneS));
            out().println(String.format(
                    Locale.ROOT,
                    "puts        %,d meanwhile; latency ms: mean %.3f, p50 %.3f, p99 %.3f, p99.9 %.3f, max %.3f",
                    puts.operations(),
                    puts.meanMs(),
                    puts.percentileMs(50),
                    puts.percentileMs(99),
                    puts.percentileMs(99.9),
                    puts.maxMs()));
            out().println(BenchLoadCommand.errorLine(puts));
        }
        return puts.failed() == 0 ? 0 : 1;
    }
}
