package dev.rollcall.agent.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A voter's place in its cluster, checked as etcd checks it before it makes a new data directory. */
final class ClusterFlags {
    private static final HttpUrl DEFAULT_PEER_URL = new HttpUrl("localhost", 2380);
    /** What a data directory that has been used contains. */
    private static final String LOG_FILE = "log.db";

    private static final List<Flag> FIRST_START_ONLY = List.of(
            Flag.INITIAL_ADVERTISE_PEER_URLS,
            Flag.INITIAL_CLUSTER,
            Flag.INITIAL_CLUSTER_STATE,
            Flag.INITIAL_CLUSTER_TOKEN);

    private final Settings settings;
    private final String name;

    private ClusterFlags(Settings settings, String name) {
        this.settings = settings;
        this.name = name;
    }

    /**
     * Reads them.
     *
     * @param warnings receives what to log at the start
     */
    static AgentConfig.Cluster read(Settings settings, String name, Role role, Path dataDir, List<String> warnings)
            throws ConfigException {
        ClusterFlags flags = new ClusterFlags(settings, name);
        boolean voter = role == Role.VOTER;
        boolean firstStart = !Files.exists(dataDir.resolve(LOG_FILE));
        if (voter && !firstStart) {
            List<String> ignored = FIRST_START_ONLY.stream()
                    .map(settings::get)
                    .flatMap(Stream::ofNullable)
                    .map(Settings.Setting::origin)
                    .toList();
            if (!ignored.isEmpty()) {
                warnings.add(dataDir + " has a store already, which wins over " + String.join(", ", ignored));
            }
        }
        return flags.cluster(voter && firstStart);
    }

    private AgentConfig.Cluster cluster(boolean firstStart) throws ConfigException {
        List<HttpUrl> listen =
                Values.read(settings.get(Flag.LISTEN_PEER_URLS), List.of(DEFAULT_PEER_URL), Values::urls);
        Map<String, List<HttpUrl>> given =
                Values.read(settings.get(Flag.INITIAL_CLUSTER), Map.of(), ClusterFlags::members);
        List<HttpUrl> advertise = Values.read(
                settings.get(Flag.INITIAL_ADVERTISE_PEER_URLS),
                given.getOrDefault(name, List.of(DEFAULT_PEER_URL)),
                Values::urls);
        Map<String, List<HttpUrl>> members = given.isEmpty() && firstStart ? Map.of(name, advertise) : given;
        if (firstStart) {
            requireOwnPlace(members, advertise);
        }
        int heartbeatMs = milliseconds(Flag.HEARTBEAT_INTERVAL, 100, 10);
        int electionMs = milliseconds(Flag.ELECTION_TIMEOUT, 1_000, 50);
        if (electionMs < 5 * heartbeatMs) {
            throw new ConfigException("--election-timeout of " + electionMs + " ms must be at least 5 times"
                    + " --heartbeat-interval of " + heartbeatMs + " ms");
        }
        boolean existing = Values.read(
                settings.get(Flag.INITIAL_CLUSTER_STATE),
                false,
                text -> Values.word(text, "new", "existing").equals("existing"));
        String token = Values.read(settings.get(Flag.INITIAL_CLUSTER_TOKEN), "etcd-cluster", text -> text);
        return new AgentConfig.Cluster(
                listen, advertise, Collections.unmodifiableMap(members), existing, token, heartbeatMs, electionMs);
    }

    private int milliseconds(Flag flag, int byDefault, int min) throws ConfigException {
        return Values.read(settings.get(flag), byDefault, text -> (int) Values.milliseconds(text, min, 50_000));
    }

    /** {@code n1=http://a:2380,n2=http://b:2380}; a name may stand more than once, with one URL each. */
    private static Map<String, List<HttpUrl>> members(String text) throws ConfigException {
        Map<String, List<HttpUrl>> members = new LinkedHashMap<>();
        Map<HttpUrl, String> owners = new LinkedHashMap<>();
        for (String part : Values.list(text)) {
            int equals = part.indexOf('=');
            if (equals < 1) {
                throw new ConfigException("'" + part + "' is not of the form name=http://host:port");
            }
            String member = part.substring(0, equals).strip();
            HttpUrl url = HttpUrl.parse(part.substring(equals + 1));
            String owner = owners.put(url, member);
            if (owner != null) {
                throw new ConfigException(url + " is given to both " + owner + " and " + member);
            }
            members.computeIfAbsent(member, key -> new ArrayList<>()).add(url);
        }
        if (members.isEmpty()) {
            throw new ConfigException("no member given: expected name=http://host:port");
        }
        members.replaceAll((member, urls) -> List.copyOf(urls));
        return members;
    }

    private void requireOwnPlace(Map<String, List<HttpUrl>> members, List<HttpUrl> advertise) throws ConfigException {
        Settings.@Nullable Setting given = settings.get(Flag.INITIAL_CLUSTER);
        if (given == null) {
            return;
        }
        List<HttpUrl> own = members.get(name);
        if (own == null) {
            throw given.wrong("this member '" + name + "' is not in it (has " + String.join(", ", members.keySet())
                    + "): set --name to one of them, or add it");
        }
        if (!new HashSet<>(own).equals(new HashSet<>(advertise))) {
            throw given.wrong("has " + own + " for this member but --initial-advertise-peer-urls is " + advertise
                    + ": they must be the same");
        }
    }
}
