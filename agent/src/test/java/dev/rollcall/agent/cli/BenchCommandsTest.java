package dev.rollcall.agent.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.grpc.MemoryBackend;
import dev.rollcall.agent.grpc.Wire;
import dev.rollcall.storage.error.EtcdError;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandsTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final MemoryBackend backend = new MemoryBackend();
    private final Wire wire = new Wire();
    private String at = "";

    @BeforeEach
    void serve() {
        at = Wire.endpoint(wire.serve(backend)).toString();
    }

    @AfterEach
    void close() {
        wire.close();
    }

    @ParameterizedTest
    @CsvSource({
        "put, 300",
        "range, 300",
        "range --consistency s, 300",
        "txn --ops 3, 300",
        "lease-keepalive, 300",
        "mixed --reads 50, 300",
        "put --rate 2000, 300",
        "put --threads 2, 300",
        "put --val-size 100000, 300"
    })
    void everyLoadCountsWhatItWasAskedFor(String load, long operations) {
        JsonObject result = bench(load + " --clients 8 --conns 3 --total 300 --key-space 50");
        assertEquals(operations, result.getLong("operations"));
        assertEquals(0, result.getLong("failed"));
        assertEquals(new JsonObject(), result.getJsonObject("errors"));
        assertTrue(result.getDouble("perSecond") > 0);
        double p50 = result.getDouble("p50Ms");
        double p99 = result.getDouble("p99Ms");
        double p999 = result.getDouble("p999Ms");
        double max = result.getDouble("maxMs");
        assertTrue(0 < p50 && p50 <= p99 && p99 <= p999 && p999 <= max, result.encode());
    }

    @ParameterizedTest
    @CsvSource({"watch", "watch-latency --rate 500"})
    void everyWatcherSeesEveryPut(String load) {
        JsonObject result = bench(load + " --clients 20 --conns 4 --total 30");
        assertEquals(600, result.getLong("events"));
        assertEquals(0, result.getLong("failed"));
        assertEquals(30, backend.executions(EtcdMethod.PUT));
    }

    @Test
    void forPeople() {
        assertEquals(0, run("bench", "put", "--clients", "4", "--total", "1000", "--endpoints", at));
        List<String> lines = said().lines().toList();
        assertEquals("put: 4 clients on 4 connections, keys of 8 bytes, values of 256 bytes", lines.get(0));
        assertTrue(lines.get(1).matches("operations  1,000 in \\d+\\.\\d\\d s"), lines.get(1));
        assertTrue(lines.get(2).matches("throughput  [0-9,]+/s"), lines.get(2));
        assertTrue(
                lines.get(3)
                        .matches(
                                "latency ms  mean [0-9.,]+, p50 [0-9.,]+, p99 [0-9.,]+, p99\\.9 [0-9.,]+, max [0-9.,]+"),
                lines.get(3));
        assertEquals("errors      0", lines.get(5));
        assertEquals("", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void errorsAreShownAndMakeTheCommandFail() {
        backend.fail(EtcdMethod.PUT, EtcdError.NO_SPACE.exception());
        assertEquals(1, run("bench", "put", "--clients", "2", "--total", "10", "--endpoints", at));
        assertTrue(said().contains("errors      10: 10 x etcdserver: mvcc: database space exceeded"), said());
    }

    @Test
    void aWrongEndpointIsOneLine() {
        assertEquals(1, run("bench", "put", "--endpoints", "127.0.0.1:1"));
        assertEquals(
                "rollcall: no etcd v3 server answers at 127.0.0.1:1: is it running there?\n",
                err.toString(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "put --clients 0|--clients: 1 to 100000 expected, not 0, see rollcall bench put --help",
                "put --conns 5 --clients 4|--conns: 1 to 4 expected, not 5, see rollcall bench put --help",
                "put --total x|Invalid value for option '--total': 'x' is not a long, see rollcall bench put --help",
                "put --key-size 2|--key-space: 1 to 10 expected, not 10000, see rollcall bench put --help",
                "mixed --reads 101|--reads: 0 to 100 expected, not 101, see rollcall bench mixed --help",
                "txn --ops 0|--ops: 1 to 128 expected, not 0, see rollcall bench txn --help",
                "lease-expiry --total 0|--total: 1 to 1000000 leases expected, not 0, see rollcall bench lease-expiry --help",
                "lease-expiry --rate 0|--rate: more than 0 expected, see rollcall bench lease-expiry --help",
                "compare|Missing required option: '--etcd=PATH', see rollcall bench compare --help",
                "compare --etcd x --nodes 0|--nodes: 1 to 7 expected, not 0, see rollcall bench compare --help",
                "compare --etcd x --nodes 1 --only leader-killed|--only: leader-killed is not measured with these --nodes, see rollcall bench compare --help",
                "compare --etcd x --rounds 0|--rounds: 1 or more expected, not 0, see rollcall bench compare --help",
            })
    void wrongLines(String line, String message) {
        assertEquals(2, run(("bench " + line).split(" ", -1)));
        assertEquals("rollcall: " + message + "\n", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void unknownRowsAreNamedTogetherWithThoseThereAre() {
        assertEquals(2, run("bench", "compare", "--etcd", "x", "--only", "pot"));
        String message = err.toString(StandardCharsets.UTF_8);
        assertTrue(message.startsWith("rollcall: --only: there is no row 'pot', only put-1, "), message);
    }

    @Test
    void anEtcdThatIsNoneIsOneLine() {
        assertEquals(1, run("bench", "compare", "--etcd", "/no/etcd", "--rollcall", "/bin/true"));
        String message = err.toString(StandardCharsets.UTF_8);
        assertEquals("rollcall: --etcd: /no/etcd is no program that can be started\n", message);
    }

    @ParameterizedTest
    @CsvSource({
        "bench",
        "bench put",
        "bench range",
        "bench txn",
        "bench watch",
        "bench watch-latency",
        "bench lease-keepalive",
        "bench lease-expiry",
        "bench mixed"
    })
    void everyCommandExplainsItselfWithAnExample(String command) {
        List<String> words = new ArrayList<>(Arrays.asList(command.split(" ", -1)));
        words.add("--help");
        assertEquals(0, run(words.toArray(String[]::new)));
        assertTrue(said().contains("Example: rollcall " + command));
    }

    @Test
    void compareExplainsItselfWithExamplesAndItsRows() {
        assertEquals(0, run("bench", "compare", "--help"));
        assertTrue(said().contains("rollcall bench compare --etcd /usr/bin/etcd -w markdown"));
        assertTrue(said().contains("lease-keepalive"));
    }

    @Test
    void aBarAsLongAsTheWorkThatIsDone() {
        assertEquals("[" + " ".repeat(40) + "] 0 of 80 x", ProgressBar.bar(0, 80, "x"));
        assertEquals("[" + "=".repeat(10) + " ".repeat(30) + "] 20 of 80 x", ProgressBar.bar(20, 80, "x"));
        assertEquals("[" + "=".repeat(40) + "] 90 of 80 x", ProgressBar.bar(90, 80, "x"));
    }

    private JsonObject bench(String line) {
        List<String> words = new ArrayList<>(List.of("bench"));
        words.addAll(Arrays.asList(line.split(" ", -1)));
        words.addAll(List.of("-w", "json", "--endpoints", at));
        int exit = run(words.toArray(String[]::new));
        assertEquals(0, exit, () -> said() + err.toString(StandardCharsets.UTF_8));
        return new JsonObject(said());
    }

    private int run(String... args) {
        out.reset();
        err.reset();
        return new Main(Map.of(), stream(out), stream(err), config -> 40).run(List.of(args));
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
