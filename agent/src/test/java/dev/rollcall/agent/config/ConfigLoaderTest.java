package dev.rollcall.agent.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.config.AgentConfig.AutoCompaction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
    private static final Map<String, String> HOST = Map.of("HOSTNAME", "box-7");

    /** The start line of etcd's own three-member tutorial. */
    private static final String ETCD_LINE =
            "--name n1 --data-dir /var/lib/etcd --listen-client-urls http://10.0.0.1:2379"
                    + " --advertise-client-urls http://10.0.0.1:2379 --listen-peer-urls http://10.0.0.1:2380"
                    + " --initial-advertise-peer-urls http://10.0.0.1:2380 --initial-cluster-token tkn"
                    + " --initial-cluster n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380 --initial-cluster-state new";

    @Test
    void withoutAnythingItIsOneVoterWithEtcdsDefaults() throws ConfigException {
        AgentConfig config = load("", HOST);
        assertEquals(Role.VOTER, config.role());
        assertEquals("default", config.name());
        assertEquals("box-7", config.agentId());
        assertEquals(Path.of("default.rollcall"), config.dataDir());
        assertEquals(List.of(new HttpUrl("localhost", 2379)), config.listenClientUrls());
        assertEquals(config.listenClientUrls(), config.advertiseClientUrls());
        AgentConfig.Cluster cluster = config.cluster();
        assertEquals(Map.of("default", List.of(new HttpUrl("localhost", 2380))), cluster.initialCluster());
        assertEquals("etcd-cluster", cluster.token());
        assertEquals(100, cluster.heartbeatMs());
        assertEquals(1_000, cluster.electionMs());
        AgentConfig.Limits limits = config.limits();
        assertEquals(128, limits.maxTxnOps());
        assertEquals(1_572_864, limits.maxRequestBytes());
        assertEquals(2L << 30, limits.quotaBackendBytes());
        assertEquals(Duration.ofSeconds(7), limits.requestTimeout());
        assertEquals(Duration.ofMinutes(10), limits.watchProgressNotifyInterval());
        assertEquals(new AutoCompaction(AutoCompaction.Mode.PERIODIC, Duration.ofHours(1), 0), config.autoCompaction());
        assertEquals(Duration.ofSeconds(3), config.drainDelay());
        assertEquals(LogFormat.TEXT, config.logFormat());
        assertEquals(LogLevel.INFO, config.logLevel());
        assertEquals(Set.of(), config.hostWhitelist());
        assertEquals(List.of(), config.services());
        assertEquals(List.of(), config.warnings());
    }

    @Test
    void anEtcdStartLineIsFollowed() throws ConfigException {
        AgentConfig config = load(ETCD_LINE, HOST);
        assertEquals("n1", config.name());
        assertEquals("n1", config.agentId());
        assertEquals(Path.of("/var/lib/etcd"), config.dataDir());
        assertEquals(
                List.of("n1", "n2"),
                List.copyOf(config.cluster().initialCluster().keySet()));
        assertEquals("tkn", config.cluster().token());
        assertFalse(config.cluster().existing());
        assertEquals(List.of(), config.warnings());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-name x", "--name x", "--name=x", "-name=x", "--name y --name x"})
    void everyFormOfAFlag(String line) throws ConfigException {
        assertEquals("x", load(line, HOST).name());
    }

    @Test
    void flagThenOwnVariableThenEtcds() throws ConfigException {
        Map<String, String> both = Map.of("ROLLCALL_NAME", "ours", "ETCD_NAME", "theirs");
        assertEquals("flag", load("--name flag", both).name());
        assertEquals("ours", load("", both).name());
        assertEquals("theirs", load("", Map.of("ETCD_NAME", "theirs")).name());
        assertEquals(
                "theirs",
                load("", Map.of("ETCD_NAME", "theirs", "ROLLCALL_NAME", "")).agentId());
    }

    @Test
    void etcdVariablesCountOnlyForFlagsOfEtcd() throws ConfigException {
        assertEquals(
                Role.VOTER,
                load("", Map.of("ETCD_JOIN", "a:1", "ETCD_APP_NAME", "x")).role());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--nmae x|unknown flag --nmae: did you mean --name?",
                "--frobnicate|unknown flag --frobnicate: see --help",
                "--name|--name needs a value",
                "--name --data-dir x|--name needs a value",
                "stray|unexpected argument 'stray': an agent takes only flags, see --help",
                "--name a=b|--name: 'a=b' is no name: use at most 255 characters without '=' and ','",
                "--listen-client-urls https://a:1|--listen-client-urls: 'https://a:1': TLS is not supported yet, use http:// on a trusted network",
                "--listen-client-urls a:1|--listen-client-urls: 'a:1' is not of the form http://host:port",
                "--listen-client-urls http://a|--listen-client-urls: 'http://a' is not of the form http://host:port",
                "--listen-client-urls http://a:1/x|--listen-client-urls: 'http://a:1/x' is not of the form http://host:port",
                "--listen-client-urls unix://a|--listen-client-urls: 'unix://a': unix sockets are not supported, use http://host:port",
                "--listen-client-urls http://0.0.0.0:2379|--advertise-client-urls is needed: http://0.0.0.0:2379 listens everywhere, so it does not say where others reach this member",
                "--advertise-client-urls http://0.0.0.0:1|--advertise-client-urls: 'http://0.0.0.0:1' is nowhere others can connect to: give a name or address of this machine and a port",
                "--role observer|--role: 'observer' is not one of voter, client",
                "--role client|a client agent needs members to talk to: add --join host:port",
                "--role voter --join a:1|--role voter and --join contradict each other: --join makes a client, --initial-cluster a voter",
                "--join a:1 --initial-cluster x=http://a:1|--initial-cluster contradicts --join: a client agent has no store; drop one of the two",
                "--join a:1 --data-dir x|--data-dir contradicts --join: a client agent has no store; drop one of the two",
                "--join a|--join: 'a' is not of the form host:port",
                "--join https://a:1|--join: 'https://a:1': TLS is not supported yet, use http:// on a trusted network",
                "--join ,|--join: no member given: expected host:port",
                "--initial-cluster a=http://a:1|--initial-cluster: this member 'default' is not in it (has a): set --name to one of them, or add it",
                "--initial-cluster a|--initial-cluster: 'a' is not of the form name=http://host:port",
                "--name a --initial-cluster a=http://x:1,b=http://x:1|--initial-cluster: http://x:1 is given to both a and b",
                "--name a --initial-cluster a=http://x:1 --initial-advertise-peer-urls http://y:1|--initial-cluster: has [http://x:1] for this member but --initial-advertise-peer-urls is [http://y:1]: they must be the same",
                "--initial-cluster-state old|--initial-cluster-state: 'old' is not one of new, existing",
                "--election-timeout 400|--election-timeout of 400 ms must be at least 5 times --heartbeat-interval of 100 ms",
                "--election-timeout 50001|--election-timeout: '50001' is not a whole number from 50 to 50000",
                "--heartbeat-interval x|--heartbeat-interval: 'x' is not a time with a unit such as 500ms, 10s or 5m",
                "--max-txn-ops 0|--max-txn-ops: '0' is not a whole number from 1 to 1000000",
                "--watch-progress-notify-interval 5ms|--watch-progress-notify-interval: '5ms' is too short: at least 100ms",
                "--drain-delay 5|--drain-delay: '5' is not a time with a unit such as 500ms, 10s or 5m",
                "--log-level loud|--log-level: 'loud' is not one of debug, info, warn, error, dpanic, panic, fatal",
                "--log-format xml|--log-format: 'xml' is not one of text, json, console",
                "--config-file x|--config-file is not supported: give the cluster with --initial-cluster and the rest as flags",
                "--discovery-srv x|--discovery-srv is not supported: give the cluster with --initial-cluster and the rest as flags",
                "--client-cert-auth=maybe|--client-cert-auth: 'maybe' is neither true nor false",
            })
    void wrongLinesSayWhatToDo(String line, String message) {
        assertEquals(message, refused(line, HOST));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--cert-file x",
                "--key-file=x",
                "--trusted-ca-file x",
                "--client-cert-auth",
                "--client-cert-auth=true",
                "--auto-tls",
                "--peer-cert-file x",
                "--peer-key-file x",
                "--peer-auto-tls=1",
                "--peer-client-cert-auth",
                "--peer-trusted-ca-file x",
                "--cipher-suites x",
                "--tls-min-version TLS1.3",
                "--auth-token jwt,pub-key=x",
                "--bcrypt-cost 12",
                "--auth-token-ttl 60"
            })
    void neverLessSecureThanAsked(String line) {
        assertTrue(refused(line, HOST).contains("TLS or authentication, which are not supported yet"));
    }

    @Test
    void securityIsAskedForInTheEnvironmentToo() {
        assertTrue(refused("", Map.of("ETCD_CERT_FILE", "/x")).startsWith("ETCD_CERT_FILE asks for TLS"));
        assertTrue(refused("", Map.of("ROLLCALL_KEY_FILE", "/x")).startsWith("ROLLCALL_KEY_FILE asks for TLS"));
    }

    @Test
    void flagsThatAskForNothingAreNoErrors() throws ConfigException {
        AgentConfig config = load(
                "--client-cert-auth=false --auto-tls=f --cert-file= --auth-token simple --pre-vote --logger zap"
                        + " --strict-reconfig-check=true --log-outputs stderr --metrics basic",
                HOST);
        assertEquals(List.of(), config.warnings());
    }

    @Test
    void flagsOfEtcdThatAreNotHereAreNamed() throws ConfigException {
        AgentConfig config = load(
                "--experimental-memory-mlock --enable-pprof --name x --strict-reconfig-check=false",
                Map.of("ETCD_WAL_DIR", "/w"));
        assertEquals("x", config.name());
        assertEquals(
                List.of(
                        "--experimental-memory-mlock is a flag of etcd that Rollcall does not have; it is ignored",
                        "--enable-pprof is a flag of etcd that Rollcall does not have; it is ignored",
                        "--strict-reconfig-check is a flag of etcd that Rollcall does not have; it is ignored",
                        "ETCD_WAL_DIR is a flag of etcd that Rollcall does not have; it is ignored"),
                config.warnings());
    }

    @Test
    void aClientHasNoStore() throws ConfigException {
        AgentConfig config =
                load("--join n1:2379,http://n2:2379,n1:2379", Map.of("ETCD_DATA_DIR", "/x", "HOSTNAME", "pod-3"));
        assertEquals(Role.CLIENT, config.role());
        assertEquals(List.of("n1:2379", "n2:2379"), config.join());
        assertEquals("pod-3", config.agentId());
        assertEquals(List.of("ETCD_DATA_DIR is ignored: a client agent has no store"), config.warnings());
    }

    @Test
    void aClientMayListenEverywhereWithoutAdvertising() throws ConfigException {
        AgentConfig config = load("--join [::1]:2379 --listen-client-urls http://0.0.0.0:2379", HOST);
        assertEquals(List.of("[::1]:2379"), config.join());
        assertEquals(List.of(), config.advertiseClientUrls());
    }

    @Test
    void thePeerUrlIsTakenFromTheClusterIfNotGiven() throws ConfigException {
        AgentConfig config = load("--name b --initial-cluster a=http://a:1,b=http://b:1,b=http://b:2", HOST);
        assertEquals(
                List.of(new HttpUrl("b", 1), new HttpUrl("b", 2)),
                config.cluster().initialAdvertisePeerUrls());
    }

    @Test
    void anExistingDirectoryWins(@TempDir Path dir) throws Exception {
        Files.createFile(dir.resolve("log.db"));
        AgentConfig config = load("--name gone --data-dir " + dir + " --initial-cluster a=http://a:1", HOST);
        assertEquals(List.of(dir + " has a store already, which wins over --initial-cluster"), config.warnings());
    }

    @Test
    void numbersAndTimesAsEtcdWritesThem() throws ConfigException {
        AgentConfig config = load(
                "--heartbeat-interval 200ms --election-timeout 2s --quota-backend-bytes -1"
                        + " --max-concurrent-streams 4294967295 --auto-compaction-retention 2 --log-format console"
                        + " --log-level fatal --drain-delay 1m30s --host-whitelist A.example,*",
                HOST);
        assertEquals(200, config.cluster().heartbeatMs());
        assertEquals(Duration.ofSeconds(9), config.limits().requestTimeout());
        assertEquals(Long.MAX_VALUE, config.limits().quotaBackendBytes());
        assertEquals(Integer.MAX_VALUE, config.limits().maxConcurrentStreams());
        assertEquals(Duration.ofHours(2), config.autoCompaction().retention());
        assertEquals(LogFormat.TEXT, config.logFormat());
        assertEquals(LogLevel.ERROR, config.logLevel());
        assertEquals(Duration.ofSeconds(90), config.drainDelay());
        assertEquals(Set.of("a.example", "*"), config.hostWhitelist());
    }

    @Test
    void autoCompactionByRevisionOrNotAtAll() throws ConfigException {
        assertEquals(
                new AutoCompaction(AutoCompaction.Mode.REVISION, Duration.ZERO, 500),
                load("--auto-compaction-mode revision --auto-compaction-retention 500", HOST)
                        .autoCompaction());
        assertEquals(
                AutoCompaction.Mode.OFF,
                load("--auto-compaction-retention 0", HOST).autoCompaction().mode());
        assertEquals(
                Duration.ofMinutes(5),
                load("--auto-compaction-retention 5m", HOST).autoCompaction().retention());
    }

    @Test
    void theEnvironmentAloneMayMeanAnAgent() {
        assertFalse(ConfigLoader.environmentNamesAgent(Map.of("PATH", "/bin", "ROLLCALL_PORT", "tcp://10.0.0.1:2379")));
        assertFalse(ConfigLoader.environmentNamesAgent(Map.of("ROLLCALL_SERVICE_PORT", "2379")));
        assertFalse(ConfigLoader.environmentNamesAgent(Map.of("ROLLCALL_ENDPOINTS", "http://a:1")));
        assertTrue(ConfigLoader.environmentNamesAgent(Map.of("ROLLCALL_JOIN", "a:2379")));
        assertTrue(ConfigLoader.environmentNamesAgent(Map.of("ETCD_NAME", "a")));
    }

    private static AgentConfig load(String line, Map<String, String> environment) throws ConfigException {
        String[] args = line.isEmpty() ? new String[0] : line.split(" ", -1);
        return ConfigLoader.load(args, new HashMap<>(environment));
    }

    private static String refused(String line, Map<String, String> environment) {
        return assertThrows(ConfigException.class, () -> load(line, environment))
                .line();
    }
}
