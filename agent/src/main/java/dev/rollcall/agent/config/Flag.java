package dev.rollcall.agent.config;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every flag of an agent. This table drives the parser, the help text and {@code docs/flags.md}, so they cannot disagree.
 */
public enum Flag {
    NAME(
            Section.AGENT,
            "name",
            "NAME",
            "default",
            "Name of this member; also the agent's id, which is else the host's name."),
    ROLE(
            Section.AGENT,
            "role",
            "voter|client",
            "client with --join, else voter",
            "voter: holds the store and votes; client: forwards to members.",
            Trait.OURS),
    JOIN(
            Section.AGENT,
            "join",
            "HOST:PORT,..",
            "",
            "Members (or a real etcd) that a client agent talks to.",
            Trait.OURS),
    LISTEN_CLIENT_URLS(
            Section.AGENT,
            "listen-client-urls",
            "URL,..",
            "http://localhost:2379",
            "Where the client port listens: gRPC and HTTP."),
    ADVERTISE_CLIENT_URLS(
            Section.AGENT, "advertise-client-urls", "URL,..", "the listen URLs", "Where others reach the client port."),
    HOST_WHITELIST(
            Section.AGENT,
            "host-whitelist",
            "HOST,..",
            "",
            "Further names that an HTTP Host header may carry; * for any."),

    DATA_DIR(Section.VOTER, "data-dir", "DIR", "<name>.rollcall", "Directory of the store.", Trait.VOTER),
    LISTEN_PEER_URLS(
            Section.VOTER,
            "listen-peer-urls",
            "URL,..",
            "http://localhost:2380",
            "Where peers are listened for.",
            Trait.VOTER),
    INITIAL_ADVERTISE_PEER_URLS(
            Section.VOTER,
            "initial-advertise-peer-urls",
            "URL,..",
            "http://localhost:2380",
            "Where peers reach this member. First start only.",
            Trait.VOTER),
    INITIAL_CLUSTER(
            Section.VOTER,
            "initial-cluster",
            "NAME=URL,..",
            "this member alone",
            "Every voter and its peer URL. First start only.",
            Trait.VOTER),
    INITIAL_CLUSTER_STATE(
            Section.VOTER,
            "initial-cluster-state",
            "new|existing",
            "new",
            "existing: join a cluster that has this member in its list. First start only.",
            Trait.VOTER),
    INITIAL_CLUSTER_TOKEN(
            Section.VOTER,
            "initial-cluster-token",
            "TOKEN",
            "etcd-cluster",
            "Keeps clusters with the same URLs apart. First start only.",
            Trait.VOTER),
    HEARTBEAT_INTERVAL(
            Section.VOTER,
            "heartbeat-interval",
            "MS",
            "100",
            "Milliseconds between a leader's heartbeats.",
            Trait.VOTER),
    ELECTION_TIMEOUT(
            Section.VOTER,
            "election-timeout",
            "MS",
            "1000",
            "Milliseconds without a leader until an election; at least 5 heartbeats, at most 50000.",
            Trait.VOTER),
    QUOTA_BACKEND_BYTES(
            Section.VOTER,
            "quota-backend-bytes",
            "BYTES",
            "0",
            "Size of the state file that raises NOSPACE; 0 is 2 GiB, below 0 is no quota.",
            Trait.VOTER),
    SNAPSHOT_COUNT(
            Section.VOTER,
            "snapshot-count",
            "N",
            "10000",
            "Entries after which the state file is checkpointed, so that the log before them may go.",
            Trait.VOTER),
    SNAPSHOT_CATCHUP_ENTRIES(
            Section.VOTER,
            "snapshot-catchup-entries",
            "N",
            "10000",
            "Entries of the log that are kept for members that are behind; at most 64 MiB of them.",
            Trait.VOTER),
    SNAPSHOT_BYTES_PER_SECOND(
            Section.VOTER,
            "snapshot-bytes-per-second",
            "BYTES",
            "67108864",
            "How fast copies of the state are sent to members that are further behind.",
            Trait.VOTER,
            Trait.OURS),
    AUTO_COMPACTION_MODE(
            Section.VOTER,
            "auto-compaction-mode",
            "periodic|revision",
            "periodic",
            "What --auto-compaction-retention counts.",
            Trait.VOTER),
    AUTO_COMPACTION_RETENTION(
            Section.VOTER,
            "auto-compaction-retention",
            "TIME|COUNT",
            "1h",
            "How much history is kept; a bare number is hours in periodic mode; 0 keeps all.",
            Trait.VOTER),

    MAX_TXN_OPS(Section.LIMITS, "max-txn-ops", "N", "128", "Operations in one transaction.", Trait.VOTER),
    MAX_REQUEST_BYTES(Section.LIMITS, "max-request-bytes", "BYTES", "1572864", "Size of one request."),
    MAX_CONCURRENT_STREAMS(
            Section.LIMITS, "max-concurrent-streams", "N", "20000", "gRPC streams of one client connection."),
    MAX_LEARNERS(
            Section.LIMITS,
            "max-learners",
            "N",
            "1",
            "Learners the cluster may have at once; what the leader is started with counts.",
            Trait.VOTER),
    WATCH_PROGRESS_NOTIFY_INTERVAL(
            Section.LIMITS,
            "watch-progress-notify-interval",
            "TIME",
            "10m",
            "Between progress notifications of an idle watch; at least 100ms.",
            Trait.VOTER),

    SERVICE(Section.SERVICE, "service", "NAME", "", "Registers one service; the flags below describe it.", Trait.APP) {
        @Override
        public String environment() {
            return "APP_NAME";
        }
    },
    SERVICE_PORT(Section.SERVICE, "service-port", "PORT", "", "Where it listens.", Trait.APP),
    SERVICE_ID(
            Section.SERVICE,
            "service-id",
            "ID",
            "<service>-<address>-<port>",
            "Instance id, unique in its service.",
            Trait.APP),
    SERVICE_ADDRESS(
            Section.SERVICE,
            "service-address",
            "HOST",
            "host of --advertise-client-urls; on a client the address its upstream sees",
            "Where others reach it.",
            Trait.APP),
    SERVICE_TAG(Section.SERVICE, "service-tag", "TAG", "", "A tag.", Trait.APP, Trait.REPEATED) {
        @Override
        public String environment() {
            return "APP_TAGS";
        }
    },
    SERVICE_META(Section.SERVICE, "service-meta", "K=V", "", "A metadata entry.", Trait.APP, Trait.REPEATED),
    SERVICE_ZONE(Section.SERVICE, "service-zone", "ZONE", "", "Its zone.", Trait.APP),
    SERVICE_WEIGHT(Section.SERVICE, "service-weight", "N", "100", "Its share of the traffic.", Trait.APP),
    CHECK(
            Section.SERVICE,
            "check",
            "URL",
            "TCP on the port",
            "Health check: http://.., https://.. or tcp://host:port.",
            Trait.APP),
    CHECK_INTERVAL(Section.SERVICE, "check-interval", "TIME", "2s", "Between checks.", Trait.APP),
    CHECK_TIMEOUT(Section.SERVICE, "check-timeout", "TIME", "1s", "A check without an answer has failed.", Trait.APP),
    CHECK_RISE(Section.SERVICE, "check-rise", "N", "2", "Passes that make a critical instance passing.", Trait.APP),
    CHECK_FALL(Section.SERVICE, "check-fall", "N", "3", "Failures that make a passing instance critical.", Trait.APP),
    TTL(
            Section.SERVICE,
            "ttl",
            "TIME",
            "10s",
            "How long a registration outlives a dead agent; whole seconds, at least 2.",
            Trait.APP),
    SERVICES_FILE(
            Section.SERVICE, "services-file", "FILE", "", "YAML list of services, instead of --service.", Trait.OURS),
    DRAIN_DELAY(
            Section.SERVICE,
            "drain-delay",
            "TIME",
            "3s",
            "How long endpoints are given to notice that an instance leaves.",
            Trait.OURS),

    LOG_FORMAT(Section.LOGGING, "log-format", "text|json", "text", "json: one object per line."),
    LOG_LEVEL(Section.LOGGING, "log-level", "LEVEL", "info", "debug, info, warn or error.");

    /** Where a flag stands in the help text. */
    public enum Section {
        AGENT("Agent"),
        VOTER("Voter"),
        LIMITS("Limits"),
        SERVICE("Service"),
        LOGGING("Logging");

        private final String title;

        Section(String title) {
            this.title = title;
        }

        public String title() {
            return title;
        }
    }

    private enum Trait {
        /** Not one of etcd's: no {@code ETCD_} variable. */
        OURS,
        /** Means nothing without a store. One of etcd's. */
        VOTER,
        /** Describes the one service of {@code --service}; {@code ROLLCALL_APP_} in the environment. */
        APP,
        /** May be given many times. */
        REPEATED
    }

    private static final Map<String, Flag> BY_NAME = byName();

    private final Section section;
    private final String flag;
    private final String placeholder;
    private final String defaultText;
    private final String meaning;
    private final boolean etcd;
    private final boolean voterOnly;
    private final boolean ofService;
    private final boolean repeated;

    Flag(Section section, String flag, String placeholder, String defaultText, String meaning, Trait... traits) {
        this.section = section;
        this.flag = flag;
        this.placeholder = placeholder;
        this.defaultText = defaultText;
        this.meaning = meaning;
        this.voterOnly = has(traits, Trait.VOTER);
        this.ofService = has(traits, Trait.APP);
        this.repeated = has(traits, Trait.REPEATED);
        this.etcd = !ofService && !has(traits, Trait.OURS);
    }

    private static boolean has(Trait[] traits, Trait wanted) {
        for (Trait trait : traits) {
            if (trait == wanted) {
                return true;
            }
        }
        return false;
    }

    private static Map<String, Flag> byName() {
        Map<String, Flag> flags = new HashMap<>();
        for (Flag flag : values()) {
            flags.put(flag.flag, flag);
        }
        return flags;
    }

    /** The flag of this name, without dashes; null if there is none. */
    public static @Nullable Flag named(String name) {
        return BY_NAME.get(name);
    }

    /** Name without dashes. */
    public String flag() {
        return flag;
    }

    /**
     * Name of its variable without {@code ROLLCALL_} or {@code ETCD_}. A service's are {@code APP_*}: Kubernetes injects
     * {@code ROLLCALL_SERVICE_PORT} and the like for a Service named rollcall.
     */
    public String environment() {
        String tail = flag.startsWith("service-") && ofService ? flag.substring("service-".length()) : flag;
        return (ofService ? "APP_" : "") + tail.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    public Section section() {
        return section;
    }

    /** What stands for the value in the help text. */
    public String placeholder() {
        return placeholder;
    }

    /** The default for people; empty if there is none. */
    public String defaultText() {
        return defaultText;
    }

    /** One or two sentences for the help text. */
    public String meaning() {
        return meaning;
    }

    /** Whether etcd has it too, so that {@code ETCD_*} is read as a fallback. */
    public boolean etcd() {
        return etcd;
    }

    /** Whether it means nothing without a store. */
    public boolean voterOnly() {
        return voterOnly;
    }

    /** Whether it describes the service of {@code --service}. */
    public boolean ofService() {
        return ofService;
    }

    /** Whether it may be given many times; in the environment its values are separated by commas. */
    public boolean repeated() {
        return repeated;
    }
}
