package dev.rollcall.agent.config;

import dev.rollcall.agent.config.AgentConfig.AutoCompaction;
import dev.rollcall.registry.model.ServiceDefinition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes an {@link AgentConfig} of a start line and an environment. A flag wins over {@code ROLLCALL_*}, which wins over
 * {@code ETCD_*}. Flags that contradict each other are errors: an agent never guesses which of two was meant.
 */
public final class ConfigLoader {
    private static final long DEFAULT_QUOTA_BYTES = 2L << 30;
    private static final Duration MIN_PROGRESS_INTERVAL = Duration.ofMillis(100);

    private final Settings settings;
    private final Map<String, String> environment;
    private final List<String> warnings;

    private ConfigLoader(Settings settings, Map<String, String> environment) {
        this.settings = settings;
        this.environment = environment;
        this.warnings = new ArrayList<>(settings.warnings());
    }

    /**
     * Reads a start line.
     *
     * @param args flags, without the command before them
     * @param environment the process's environment
     * @throws ConfigException if they cannot be followed; the process exits with code 2
     */
    public static AgentConfig load(String[] args, Map<String, String> environment) throws ConfigException {
        return new ConfigLoader(Settings.read(List.of(args), environment), environment).load();
    }

    /** Whether the environment names a flag of an agent, so that a start without arguments means one. */
    public static boolean environmentNamesAgent(Map<String, String> environment) {
        return Settings.nameAgent(environment);
    }

    private AgentConfig load() throws ConfigException {
        List<String> join = Values.read(settings.get(Flag.JOIN), List.of(), ConfigLoader::endpoints);
        Role role = role(!join.isEmpty());
        String hostName = HostName.of(environment);
        String name = Values.read(settings.get(Flag.NAME), "default", ConfigLoader::name);
        Path dataDir = Path.of(Values.read(settings.get(Flag.DATA_DIR), name + ".rollcall", ConfigLoader::path));
        List<HttpUrl> listen = Values.read(
                settings.get(Flag.LISTEN_CLIENT_URLS), List.of(new HttpUrl("localhost", 2379)), Values::urls);
        List<HttpUrl> advertise = advertiseClientUrls(role, listen);
        AgentConfig.Cluster cluster = ClusterFlags.read(settings, name, role, dataDir, warnings);
        List<ServiceDefinition> services = ServiceFlags.read(settings, defaultAddress(role, advertise));
        return new AgentConfig(
                role,
                name,
                settings.has(Flag.NAME) ? name : hostName,
                hostName,
                dataDir,
                listen,
                advertise,
                cluster,
                limits(cluster.electionMs()),
                new AgentConfig.Snapshots(
                        number(Flag.SNAPSHOT_COUNT, 10_000, 1, 1_000_000_000),
                        number(Flag.SNAPSHOT_CATCHUP_ENTRIES, 10_000, 0, 1_000_000_000),
                        Values.read(
                                settings.get(Flag.SNAPSHOT_BYTES_PER_SECOND),
                                64L << 20,
                                text -> Values.number(text, 1 << 10, 1L << 40))),
                autoCompaction(),
                join,
                services,
                Values.read(settings.get(Flag.DRAIN_DELAY), Duration.ofSeconds(3), Values::duration),
                logFormat(),
                logLevel(),
                Values.read(settings.get(Flag.HOST_WHITELIST), Set.of(), ConfigLoader::hosts),
                warnings);
    }

    private Role role(boolean joins) throws ConfigException {
        Role byDefault = joins ? Role.CLIENT : Role.VOTER;
        Role role = Values.read(
                settings.get(Flag.ROLE),
                byDefault,
                text -> Role.valueOf(Values.word(text, "voter", "client").toUpperCase(Locale.ROOT)));
        if (role == Role.CLIENT && !joins) {
            throw new ConfigException("a client agent needs members to talk to: add --join host:port");
        }
        if (role == Role.VOTER && joins) {
            throw new ConfigException(
                    "--role voter and --join contradict each other: --join makes a client, --initial-cluster a voter");
        }
        if (role == Role.CLIENT) {
            for (Map.Entry<Flag, Settings.Setting> given : settings.given().entrySet()) {
                refuseOnClient(given.getKey(), given.getValue());
            }
        }
        return role;
    }

    /** A variable may be there for all containers of a pod; a flag was meant for this agent. */
    private void refuseOnClient(Flag flag, Settings.Setting given) throws ConfigException {
        if (!flag.voterOnly()) {
            return;
        }
        if (given.onStartLine()) {
            throw new ConfigException(
                    given.origin() + " contradicts --join: a client agent has no store; drop one of the two");
        }
        warnings.add(given.origin() + " is ignored: a client agent has no store");
    }

    private static String name(String text) throws ConfigException {
        if (text.isBlank() || text.length() > 255 || text.indexOf('=') >= 0 || text.indexOf(',') >= 0) {
            throw new ConfigException("'" + text + "' is no name: use at most 255 characters without '=' and ','");
        }
        return text;
    }

    private static String path(String text) throws ConfigException {
        if (text.isBlank()) {
            throw new ConfigException("empty: give a directory that lasts");
        }
        return text;
    }

    private static List<String> endpoints(String text) throws ConfigException {
        Set<String> endpoints = new LinkedHashSet<>();
        for (String endpoint : Values.list(text)) {
            endpoints.add(Values.endpoint(endpoint));
        }
        if (endpoints.isEmpty()) {
            throw new ConfigException("no member given: expected host:port");
        }
        return List.copyOf(endpoints);
    }

    private List<HttpUrl> advertiseClientUrls(Role role, List<HttpUrl> listen) throws ConfigException {
        Settings.Setting given = settings.get(Flag.ADVERTISE_CLIENT_URLS);
        if (given != null) {
            List<HttpUrl> urls = Values.read(given, listen, Values::urls);
            for (HttpUrl url : urls) {
                if (url.wildcard() || url.port() == 0) {
                    throw given.wrong("'" + url + "' is nowhere others can connect to: give a name or address of this"
                            + " machine and a port");
                }
            }
            return urls;
        }
        List<HttpUrl> reachable = listen.stream().filter(url -> !url.wildcard()).toList();
        if (role == Role.VOTER && reachable.isEmpty()) {
            throw new ConfigException("--advertise-client-urls is needed: " + listen.get(0)
                    + " listens everywhere, so it does not say where others reach this member");
        }
        return reachable;
    }

    /** Where a service listens that does not say so. A client's is the address its upstream sees, known only later. */
    private @Nullable String defaultAddress(Role role, List<HttpUrl> advertise) {
        boolean known = role == Role.VOTER || settings.has(Flag.ADVERTISE_CLIENT_URLS);
        return known && !advertise.isEmpty() ? advertise.get(0).host() : null;
    }

    private AgentConfig.Limits limits(int electionMs) throws ConfigException {
        long quota = Values.read(
                settings.get(Flag.QUOTA_BACKEND_BYTES),
                0L,
                text -> Values.number(text, Long.MIN_VALUE, Long.MAX_VALUE));
        long quotaBytes = quota == 0 ? DEFAULT_QUOTA_BYTES : quota < 0 ? Long.MAX_VALUE : quota;
        Duration progress =
                Values.read(settings.get(Flag.WATCH_PROGRESS_NOTIFY_INTERVAL), Duration.ofMinutes(10), text -> {
                    Duration interval = Values.duration(text);
                    if (interval.compareTo(MIN_PROGRESS_INTERVAL) < 0) {
                        throw new ConfigException("'" + text + "' is too short: at least 100ms");
                    }
                    return interval;
                });
        return new AgentConfig.Limits(
                number(Flag.MAX_TXN_OPS, 128, 1, 1_000_000),
                number(Flag.MAX_REQUEST_BYTES, 1_572_864, 1, 1 << 30),
                // etcd's own default is the largest unsigned 32-bit number, so that must be understood.
                number(Flag.MAX_CONCURRENT_STREAMS, 20_000, 1, 0xFFFF_FFFFL),
                number(Flag.MAX_LEARNERS, 1, 1, 1_000),
                quotaBytes,
                Duration.ofMillis(5_000L + 2L * electionMs),
                progress);
    }

    private int number(Flag flag, int byDefault, long min, long max) throws ConfigException {
        return Values.read(settings.get(flag), byDefault, text ->
                (int) Math.min(Values.number(text, min, max), Integer.MAX_VALUE));
    }

    private AutoCompaction autoCompaction() throws ConfigException {
        String mode = Values.read(
                settings.get(Flag.AUTO_COMPACTION_MODE),
                "periodic",
                text -> Values.word(text, "periodic", "revision", "0", "1"));
        Settings.Setting retention = settings.get(Flag.AUTO_COMPACTION_RETENTION);
        if (mode.equals("revision") || mode.equals("1")) {
            // As in etcd, which keeps everything until told how many revisions to keep.
            long revisions = Values.read(retention, 0L, text -> Values.number(text, 0, Long.MAX_VALUE));
            return new AutoCompaction(
                    revisions == 0 ? AutoCompaction.Mode.OFF : AutoCompaction.Mode.REVISION, Duration.ZERO, revisions);
        }
        Duration kept = Values.read(retention, Duration.ofHours(1), text -> {
            boolean hours = !text.isBlank() && text.strip().chars().allMatch(Character::isDigit);
            return hours ? Duration.ofHours(Values.number(text, 0, 876_000)) : Values.duration(text);
        });
        return new AutoCompaction(kept.isZero() ? AutoCompaction.Mode.OFF : AutoCompaction.Mode.PERIODIC, kept, 0);
    }

    private LogFormat logFormat() throws ConfigException {
        // etcd's name for the format that people read is console.
        return Values.read(
                settings.get(Flag.LOG_FORMAT),
                LogFormat.TEXT,
                text -> Values.word(text, "text", "json", "console").equals("json") ? LogFormat.JSON : LogFormat.TEXT);
    }

    private LogLevel logLevel() throws ConfigException {
        return Values.read(settings.get(Flag.LOG_LEVEL), LogLevel.INFO, text -> {
            String word = Values.word(text, "debug", "info", "warn", "error", "dpanic", "panic", "fatal");
            return switch (word) {
                case "debug" -> LogLevel.DEBUG;
                case "info" -> LogLevel.INFO;
                case "warn" -> LogLevel.WARN;
                default -> LogLevel.ERROR;
            };
        });
    }

    private static Set<String> hosts(String text) {
        Set<String> hosts = new LinkedHashSet<>();
        for (String host : Values.list(text)) {
            hosts.add(host.toLowerCase(Locale.ROOT));
        }
        return hosts;
    }
}
