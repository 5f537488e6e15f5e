package dev.rollcall.agent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.registry.model.CheckDefinition;
import dev.rollcall.registry.model.ServiceDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceConfigTest {
    @TempDir
    private Path dir;

    @Test
    void flagsDescribeOneService() throws ConfigException {
        ServiceDefinition service = only(
                "--service orders --service-port 8080 --service-id o-1 --service-address 10.0.0.7 --service-tag blue"
                        + " --service-tag canary --service-meta version=7 --service-meta a=b=c --service-zone eu-1"
                        + " --service-weight 50 --ttl 5s --check http://10.0.0.7:8080/ok --check-interval 500ms"
                        + " --check-timeout 250ms --check-rise 1 --check-fall 5",
                Map.of());
        assertEquals("orders", service.name());
        assertEquals("o-1", service.id());
        assertEquals("10.0.0.7", service.address());
        assertEquals(8080, service.port());
        assertEquals(List.of("blue", "canary"), service.tags());
        assertEquals(Map.of("version", "7", "a", "b=c"), service.meta());
        assertEquals("eu-1", service.zone());
        assertEquals(50, service.weight());
        assertEquals(5, service.ttlSeconds());
        assertEquals(
                List.of(new CheckDefinition(
                        CheckDefinition.Type.HTTP,
                        "http://10.0.0.7:8080/ok",
                        Duration.ofMillis(500),
                        Duration.ofMillis(250),
                        1,
                        5)),
                service.checks());
    }

    @Test
    void soDoesTheEnvironment() throws ConfigException {
        ServiceDefinition service = only(
                "",
                Map.of(
                        "ROLLCALL_APP_NAME", "orders",
                        "ROLLCALL_APP_PORT", "8080",
                        "ROLLCALL_APP_ID", "o-1",
                        "ROLLCALL_APP_ADDRESS", "10.0.0.7",
                        "ROLLCALL_APP_TAGS", "blue, canary",
                        "ROLLCALL_APP_META", "version=7,team=x",
                        "ROLLCALL_APP_ZONE", "eu-1",
                        "ROLLCALL_APP_CHECK", "tcp://10.0.0.7:8080",
                        "ROLLCALL_APP_TTL", "30s"));
        assertEquals("o-1", service.id());
        assertEquals("10.0.0.7", service.address());
        assertEquals(List.of("blue", "canary"), service.tags());
        assertEquals(Map.of("version", "7", "team", "x"), service.meta());
        assertEquals("eu-1", service.zone());
        assertEquals(30, service.ttlSeconds());
        assertEquals(List.of(CheckDefinition.tcp("10.0.0.7:8080")), service.checks());
    }

    @Test
    void whatKubernetesInjectsIsNotRead() throws ConfigException {
        Map<String, String> injected = Map.of(
                "ROLLCALL_SERVICE_HOST", "10.96.0.1",
                "ROLLCALL_SERVICE_PORT", "2379",
                "ROLLCALL_SERVICE_ID", "x",
                "ROLLCALL_PORT", "tcp://10.96.0.1:2379",
                "ROLLCALL_APP_PORT", "tcp://10.96.0.2:80");
        assertEquals(List.of(), load("", injected).services());
        assertEquals(
                "--service: a service needs its port: add --service-port (or ROLLCALL_APP_PORT)",
                refused("--service orders", injected));
    }

    @Test
    void theAddressIsTheAdvertisedHostButAClientsIsKnownLater() throws ConfigException {
        String service = " --service orders --service-port 1";
        assertEquals(
                "10.0.0.1",
                only("--advertise-client-urls http://10.0.0.1:2379" + service, Map.of())
                        .address());
        assertNull(only("--join a:2379" + service, Map.of()).address());
        assertEquals(
                "10.0.0.2",
                only("--join a:2379 --advertise-client-urls http://10.0.0.2:2379" + service, Map.of())
                        .address());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--service-port 80|--service-port describes a service: name it with --service (or ROLLCALL_APP_NAME)",
                "--check tcp://a:1|--check describes a service: name it with --service (or ROLLCALL_APP_NAME)",
                "--service orders|--service: a service needs its port: add --service-port (or ROLLCALL_APP_PORT)",
                "--service orders --service-port 0|--service-port: '0' is not a whole number from 1 to 65535",
                "--service orders --service-port 80 --services-file x|--service and --services-file are alternatives: put the service into the file",
                "--service orders --service-port 80 --check-rise 2|--check-rise: describes a check: add --check (or ROLLCALL_APP_CHECK)",
                "--service orders --service-port 80 --service-meta x|--service-meta: 'x' is not of the form key=value",
                "--service orders --service-port 80 --ttl 1500ms|--ttl: '1500ms' is not a whole number of seconds such as 10s",
                "--service orders --service-port 80 --ttl 1s|--service orders: ttl of 1s is out of range: use whole seconds from 2s to 24h",
                "--services-file /nonexistent.yaml|--services-file: /nonexistent.yaml does not exist",
            })
    void wrongLinesSayWhatToDo(String line, String message) {
        assertEquals(message, refused(line, Map.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--service Orders --service-port 80", "--service orders --service-port 80 --check ftp://a"})
    void theModelsRulesAreErrorsOfTheStartLine(String line) {
        assertTrue(refused(line, Map.of()).startsWith("--"));
    }

    @Test
    void aFileDescribesSeveral() throws Exception {
        AgentConfig config = file("""
                services:
                  - name: orders
                    port: 8080
                    id: o-1
                    address: 10.0.0.7
                    zone: eu-1
                    weight: 10
                    tags: [blue, "canary"]
                    meta: {version: 7, ok: true}
                    ttl: 5s
                    checks:
                      - http: http://10.0.0.7:8080/ok
                        interval: 500ms
                        rise: 1
                      - {tcp: "10.0.0.7:8080", timeout: 2s, fall: 4}
                  - {name: billing, port: 9090}
                """);
        assertEquals(2, config.services().size());
        ServiceDefinition orders = config.services().get(0);
        assertEquals(List.of("blue", "canary"), orders.tags());
        assertEquals(Map.of("version", "7", "ok", "true"), orders.meta());
        assertEquals(10, orders.weight());
        assertEquals(5, orders.ttlSeconds());
        assertEquals(Duration.ofMillis(500), orders.checks().get(0).interval());
        assertEquals(4, orders.checks().get(1).fall());
        assertEquals("localhost", config.services().get(1).address());
    }

    @Test
    void anEmptyFileIsNoService() throws Exception {
        assertEquals(List.of(), file("# nothing yet\n").services());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "service: []|line 1, column 1: unknown key 'service', known are services",
                "services: {a: 1}|line 1, column 11: services must be a list",
                "services: [{name: a, port: 1, prot: 2}]|line 1, column 31: unknown key 'prot', known are name, id, address, port, zone, weight, tags, meta, ttl, checks",
                "services: [{name: a, port: 1, port: 2}]|line 1, column 31: 'port' is given twice",
                "services: [{port: 1}]|line 1, column 12: this service has no 'name'",
                "services: [{name: a}]|line 1, column 12: this service has no 'port'",
                "services: [{name: a, port: x}]|line 1, column 28: port: 'x' is not a whole number from 1 to 65535",
                "services: [{name: a, port: 1, checks: [{}]}]|line 1, column 40: a check needs either 'http' or 'tcp'",
                "services: [{name: a, port: 1, checks: [{http: h, tcp: t}]}]|line 1, column 40: a check needs either 'http' or 'tcp'",
                "services: [{name: a, port: 1, checks: [{tcp: 'a:1', every: 2s}]}]|line 1, column 53: unknown key 'every', known are http, tcp, interval, timeout, rise, fall",
                "services: [{name: a, port: 1, checks: [{tcp: 'a:1', interval: 2}]}]|line 1, column 63: interval: '2' is not a time with a unit such as 500ms, 10s or 5m",
                "services: [{name: a, port: 1, ttl: 1s}]|line 1, column 12: ttl of 1s is out of range: use whole seconds from 2s to 24h",
                "services: [{name: a, port: 1, zone: }]|line 1, column 36: zone needs a value",
                "services: [{name: a, port: 1}, {name: a, port: 1}]|service a is given twice as localhost:1: give each instance an id of its own",
            })
    void fileErrorsNameTheirPlace(String yaml, String message) {
        String line = assertThrows(ConfigException.class, () -> file(yaml)).line();
        assertEquals(message, line.replace("--services-file: ", "").replace(dir.resolve("s.yaml") + ": ", ""));
    }

    @Test
    void whatIsNoYamlNamesItsPlaceToo() {
        String line = assertThrows(ConfigException.class, () -> file("services:\n  - {name: a\n"))
                .line();
        assertTrue(line.contains("line 3, column 1: not YAML"), line);
        assertTrue(line.endsWith("in what began at line 2, column 5"), line);
    }

    private AgentConfig file(String yaml) throws Exception {
        Path file = Files.writeString(dir.resolve("s.yaml"), yaml);
        return load("--services-file " + file, Map.of());
    }

    private static ServiceDefinition only(String line, Map<String, String> environment) throws ConfigException {
        List<ServiceDefinition> services = load(line, environment).services();
        assertEquals(1, services.size());
        return services.get(0);
    }

    private static AgentConfig load(String line, Map<String, String> environment) throws ConfigException {
        String[] args = line.isBlank() ? new String[0] : line.strip().split(" ", -1);
        return ConfigLoader.load(args, environment);
    }

    private static String refused(String line, Map<String, String> environment) {
        return assertThrows(ConfigException.class, () -> load(line, environment))
                .line();
    }
}
