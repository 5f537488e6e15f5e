package dev.rollcall.agent.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.rollcall.agent.grpc.ClientPort;
import dev.rollcall.agent.grpc.MemoryBackend;
import dev.rollcall.agent.grpc.Wire;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandsTest {
    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private HttpServer agent;

    @BeforeEach
    void listen() throws IOException {
        agent = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        agent.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
            requests.add((request + " " + body).strip());
            String answer = answers.get(request);
            byte[] bytes = (answer == null ? "{\"detail\":\"not here\"}" : answer).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer == null ? 404 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        agent.start();
    }

    @AfterEach
    void close() {
        agent.stop(0);
    }

    @Test
    void servicesAsTableAndJson() {
        String body =
                "{\"index\":9,\"services\":[{\"name\":\"orders\",\"index\":9,\"endpoints\":2,\"instances\":3},{\"name\":\"b\",\"index\":7,\"endpoints\":0,\"instances\":1}]}";
        answers.put("GET /v1/services", body);
        assertEquals(0, run("services"));
        assertEquals("""
                SERVICE  ENDPOINTS  INSTANCES
                orders   2          3
                b        0          1
                """, said());
        assertEquals(0, run("services", "-w", "json"));
        assertEquals(body + "\n", said());
    }

    @Test
    void instancesInAnyStatus() {
        answers.put("GET /v1/services/orders?all=true", """
                {"service":"orders","index":4,"instances":[
                {"id":"o-1","address":"10.0.0.7","port":80,"status":"passing","zone":"eu","tags":["a","b"],"weight":100},
                {"id":"o-2","address":"fd00::1","port":81,"status":"critical","zone":"","tags":[],"weight":1},
                {"id":"o\\u001b[2J","address":"x","port":1,"status":"passing","zone":"","tags":[],"weight":1}]}
                """);
        assertEquals(0, run("instances", "orders"));
        assertEquals("""
                ID     ADDRESS       STATUS    ZONE  WEIGHT  TAGS
                o-1    10.0.0.7:80   passing   eu    100     a,b
                o-2    [fd00::1]:81  critical  -     1       -
                o?[2J  x:1           passing   -     1       -
                """, said());
    }

    @Test
    void noInstanceIsAFailure() {
        answers.put("GET /v1/services/gone?all=true", "{\"service\":\"gone\",\"index\":0,\"instances\":[]}");
        assertEquals(1, run("instances", "gone"));
        assertEquals("rollcall: no instance of 'gone' is registered\n", complained());
    }

    @Test
    void drainAsksTheOneAgent() {
        String drained =
                "{\"services\":[{\"service\":\"orders\",\"id\":\"o-1\",\"status\":\"draining\",\"state\":\"registered\"}]}";
        answers.put("POST /v1/agent/drain?wait=true", drained);
        answers.put("POST /v1/agent/drain", drained);
        assertEquals(0, run("drain", "--wait", "orders"));
        assertEquals("""
                SERVICE  ID   STATUS    STATE
                orders   o-1  draining  registered
                """, said());
        assertEquals(0, run("drain", "--undo"));
        assertEquals(
                List.of(
                        "POST /v1/agent/drain?wait=true {\"service\":\"orders\"}",
                        "POST /v1/agent/drain {\"undo\":true}"),
                requests);
        assertEquals(2, run("drain", "--endpoints", "a:1,b:1"));
        assertEquals(
                "rollcall: drain is for one agent: name it with --endpoints, see rollcall drain --help\n",
                complained());
    }

    @Test
    void membersThatDoNotAnswerShowDashes() {
        answers.put(
                "GET /v1/members",
                "[{\"id\":\"a\",\"name\":\"n1\",\"role\":\"voter\",\"leader\":true,\"term\":3,\"applied\":17,\"peerUrls\":[\"http://n1:2380\"],\"clientUrls\":[\"http://n1:2379\"]},"
                        + "{\"id\":\"b\",\"name\":\"n2\",\"role\":\"voter\",\"leader\":false,\"term\":null,\"applied\":null,\"peerUrls\":[\"http://n2:2380\"],\"clientUrls\":[]}]");
        assertEquals(0, run("members"));
        assertEquals("""
                ID  NAME  ROLE   LEADER  TERM  APPLIED  PEER URLS       CLIENT URLS
                a   n1    voter  yes     3     17       http://n1:2380  http://n1:2379
                b   n2    voter  -       -     -        http://n2:2380  -
                """, said());
    }

    @Test
    void whatTheAgentExplainsIsPassedOn() {
        assertEquals(1, run("services"));
        assertEquals("rollcall: " + address() + " answers 404: not here\n", complained());
    }

    @Test
    void theNextAgentIsAskedIfOneIsDown() {
        answers.put("GET /v1/services", "{\"services\":[]}");
        assertEquals(0, run("services", "--endpoints", "127.0.0.1:1," + address()));
        assertEquals(1, run("services", "--endpoints", "127.0.0.1:1"));
        assertEquals(
                "rollcall: no agent answers at 127.0.0.1:1 (cannot connect): name one with --endpoints\n",
                complained());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "frobnicate|unknown command 'frobnicate', see rollcall --help",
                "instances|Missing required parameter: 'SERVICE', see rollcall instances --help",
                "services --endpoints https://a:1|endpoint https://a:1: https is not supported yet, see rollcall services --help",
                "kv|Missing required subcommand, see rollcall kv --help",
                "kv put k v --lease xyz|--lease: 'xyz' is not a lease id in hexadecimal, see rollcall kv put --help",
                "drain --wait --undo|--wait and --undo contradict each other, see rollcall drain --help",
                "--nmae x|unknown flag --nmae: did you mean --name?",
                "agent stray|unexpected argument 'stray': an agent takes only flags, see --help",
            })
    void wrongLinesAreOneLineAndExitCode2(String line, String message) {
        assertEquals(2, run(line.split(" ", -1)));
        assertEquals("rollcall: " + message + "\n", complained());
    }

    @ParameterizedTest
    @CsvSource({"services", "instances", "drain", "members", "status", "kv", "kv get", "kv put", "kv del", "kv watch"})
    void everyCommandExplainsItselfWithAnExample(String command) {
        List<String> words = new ArrayList<>(Arrays.asList(command.split(" ", -1)));
        words.add("--help");
        assertEquals(0, run(words.toArray(String[]::new)));
        assertTrue(said().contains("Example: rollcall " + command));
    }

    @Test
    void anAgentIsStartedByFlagsOrByTheEnvironmentAlone() {
        assertEquals(40, run("agent", "--name", "x"));
        assertEquals(40, run("--name", "x"));
        assertEquals(40, run(Map.of("ROLLCALL_JOIN", "a:1")));
        assertEquals(0, run(Map.of("ROLLCALL_SERVICE_PORT", "80")));
        assertTrue(said().startsWith("Rollcall: service discovery"));
        assertEquals(0, run("--name", "x", "--help"));
        assertTrue(said().contains("--initial-cluster "));
        assertEquals(0, run("--version"));
        assertEquals("rollcall 0.1.0\netcd API 3.6.0\n", said());
    }

    @Test
    void keysAndValuesOverTheWire() {
        try (Wire wire = new Wire()) {
            ClientPort port = wire.serve(new MemoryBackend());
            String at = Wire.endpoint(port).toString();
            assertEquals(0, run("kv", "put", "a/b", "1", "--endpoints", at));
            assertEquals("OK\n", said());
            assertEquals(0, run("kv", "get", "a/b", "--endpoints", at));
            assertEquals("a/b\n1\n", said());
            assertEquals(0, run("kv", "get", "--prefix", "a/", "-w", "json", "--endpoints", at));
            JsonObject answer = new JsonObject(said());
            assertEquals("1", answer.getJsonArray("kvs").getJsonObject(0).getString("value"));
            assertEquals(1, run("kv", "get", "none", "--endpoints", at));
            assertEquals("rollcall: there is no key 'none'\n", complained());
            assertEquals(0, run("kv", "del", "a/b", "--endpoints", at));
            assertEquals("1\n", said());
        }
    }

    @Test
    void statusFailsIfAnEndpointDoes() {
        assertEquals(1, run("status", "--endpoints", "127.0.0.1:1"));
        List<String> lines = said().lines().toList();
        assertEquals(2, lines.size());
        assertTrue(lines.get(1).startsWith("127.0.0.1:1  -"));
        assertEquals("", complained());
    }

    private String address() {
        return "127.0.0.1:" + agent.getAddress().getPort();
    }

    private int run(String... args) {
        return run(Map.of("ROLLCALL_ENDPOINTS", "http://" + address()), args);
    }

    /** An agent's exit code is 40 here. */
    private int run(Map<String, String> environment, String... args) {
        out.reset();
        err.reset();
        return new Main(environment, stream(out), stream(err), config -> 40).run(List.of(args));
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String complained() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
