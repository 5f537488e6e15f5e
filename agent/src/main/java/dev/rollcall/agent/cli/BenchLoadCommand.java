package dev.rollcall.agent.cli;

import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.load.Fleet;
import dev.rollcall.agent.bench.load.Load;
import dev.rollcall.agent.bench.load.LoadLimits;
import dev.rollcall.agent.bench.load.LoadOptions;
import dev.rollcall.agent.bench.load.LoadResult;
import dev.rollcall.agent.bench.load.Progress;
import dev.rollcall.agent.bench.load.UnaryLoad;
import dev.rollcall.agent.bench.wire.LoadNetwork;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every load has: its size, and how its result is shown. */
abstract class BenchLoadCommand extends RemoteCommand {
    private static final int FILLING_CLIENTS = 256;

    @Option(names = "--clients", paramLabel = "N", description = "that ask at a time (default: ${DEFAULT-VALUE})")
    private int clients = 100;

    @Option(
            names = "--conns",
            paramLabel = "N",
            description = "connections that they share (default: one for each, up to 100)")
    private @Nullable Integer connections;

    @Option(names = "--total", paramLabel = "N", description = "how much in all (default: 10000; watches: fewer puts)")
    private @Nullable Long total;

    @Option(names = "--key-size", paramLabel = "BYTES", description = "of each key (default: ${DEFAULT-VALUE})")
    private int keySize = 8;

    @Option(names = "--val-size", paramLabel = "BYTES", description = "of each value (default: ${DEFAULT-VALUE})")
    private int valueSize = 256;

    @Option(names = "--key-space", paramLabel = "N", description = "different keys (default: ${DEFAULT-VALUE})")
    private long keySpace = 10_000;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "started per second, at fixed times from which latency counts, whether the server keeps up or"
                    + " not (default: each client asks as soon as it was answered)")
    private @Nullable Double rate;

    @Option(names = "--seed", paramLabel = "N", description = "of the choice of keys (default: ${DEFAULT-VALUE})")
    private long seed = 1;

    @Option(names = "--threads", paramLabel = "N", description = "of this client (default: ${DEFAULT-VALUE})")
    private int threads = 1;

    /** The load; called once, before anything is sent. */
    abstract Load load();

    /** Whether the keys must be there. */
    boolean readsKeys() {
        return false;
    }

    /** What is counted. */
    String unit() {
        return "operations";
    }

    long defaultTotal() {
        return 10_000;
    }

    /** Per second; 0: as fast as the answers come. */
    double defaultRate() {
        return 0;
    }

    @Override
    public Integer call() throws InterruptedException {
        Integer given = connections;
        int conns = given == null ? Math.min(clients, 100) : given;
        Long amount = total;
        Double perSecond = rate;
        LoadOptions options = new LoadOptions(
                clients,
                amount == null ? defaultTotal() : amount,
                keySize,
                valueSize,
                keySpace,
                perSecond == null ? defaultRate() : perSecond,
                seed);
        String wrong = LoadLimits.wrong(options, conns, threads);
        if (wrong != null) {
            throw usage("--" + wrong);
        }
        Load load = load();
        LoadResult result;
        try (LoadNetwork network = new LoadNetwork(threads);
                Fleet fleet = Fleet.connect(network, endpoints(), conns)) {
            if (readsKeys()) {
                fill(fleet, options);
            }
            Progress progress = ProgressBar.of(err(), unit());
            try (Load.Prepared prepared = load.prepare(fleet, options)) {
                result = prepared.run(progress);
            }
        } catch (BenchException e) {
            throw new CommandFailure(String.valueOf(e.getMessage()));
        }
        if (json()) {
            out().println(json(result).encode());
        } else {
            print(options, conns, result);
        }
        return result.failed() == 0 ? 0 : 1;
    }

    private void fill(Fleet fleet, LoadOptions options) throws InterruptedException {
        LoadOptions all = options.withTotal(options.keySpace())
                .withClients(FILLING_CLIENTS)
                .withRate(0);
        try (Load.Prepared filling = UnaryLoad.allKeys().prepare(fleet, all)) {
            LoadResult filled = filling.run(ProgressBar.of(err(), "keys"));
            if (filled.failed() > 0) {
                throw new BenchException("the keys could not be put: " + errors(filled));
            }
        }
    }

    private void print(LoadOptions options, int conns, LoadResult result) {
        out().println(line(
                "%s: %,d clients on %,d connections, keys of %,d bytes, values of %,d bytes%s",
                name(),
                options.clients(),
                conns,
                options.keySizeBytes(),
                options.valueSizeBytes(),
                options.ratePerSecond() > 0 ? line(", %s a second", options.ratePerSecond()) : ""));
        out().println(line("%-11s %,d in %.2f s", unit(), result.operations(), result.elapsedNanos() / 1e9));
        out().println(line("throughput  %,.0f/s", result.throughput()));
        out().println(line(
                "latency ms  mean %.3f, p50 %.3f, p99 %.3f, p99.9 %.3f, max %.3f",
                result.meanMs(),
                result.percentileMs(50),
                result.percentileMs(99),
                result.percentileMs(99.9),
                result.maxMs()));
        out().println(line("client CPU  %.1f us each", result.clientCpuUs()));
        out().println(errorLine(result));
    }

    private JsonObject json(LoadResult result) {
        return new JsonObject()
                .put("load", name())
                .put(unit(), result.operations())
                .put("seconds", result.elapsedNanos() / 1e9)
                .put("perSecond", result.throughput())
                .put("meanMs", result.meanMs())
                .put("p50Ms", result.percentileMs(50))
                .put("p99Ms", result.percentileMs(99))
                .put("p999Ms", result.percentileMs(99.9))
                .put("maxMs", result.maxMs())
                .put("clientCpuUs", result.clientCpuUs())
                .put("failed", result.failed())
                .put("errors", errorsByName(result));
    }

    static JsonObject errorsByName(LoadResult result) {
        JsonObject errors = new JsonObject();
        new TreeMap<>(result.errors()).forEach(errors::put);
        return errors;
    }

    static String errorLine(LoadResult result) {
        return "errors      " + (result.failed() == 0 ? "0" : line("%,d: ", result.failed()) + errors(result));
    }

    private static String errors(LoadResult result) {
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, Long> error : new TreeMap<>(result.errors()).entrySet()) {
            text.append(text.isEmpty() ? "" : "; ").append(line("%,d x %s", error.getValue(), error.getKey()));
        }
        return text.toString();
    }

    private static String line(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
