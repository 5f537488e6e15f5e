package dev.rollcall.agent.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * etcd's flags that an agent does not have: an etcd start line is followed as far as it can be, and says where it is not.
 * Names and defaults: etcd v3.4 to v3.6, {@code server/etcdmain/help.go}.
 */
final class EtcdFlags {
    /** What to do with such a flag. */
    enum Kind {
        /** A warning: the agent does without. */
        IGNORED,
        /** An error: an agent never starts less secure than asked. */
        SECURITY,
        /** An error: without it the agent would become a member of something else than asked. */
        REFUSED
    }

    /**
     * One of etcd's flags.
     *
     * @param name without dashes
     * @param kind what to do with it
     * @param bool takes no separate value
     * @param harmless values that ask for nothing but what an agent does anyway
     */
    record Foreign(String name, Kind kind, boolean bool, Set<String> harmless) {
        boolean asksForNothing(String value) {
            return value.isBlank() || harmless.contains(value);
        }
    }

    private static final Map<String, Foreign> BY_NAME = new HashMap<>();

    static {
        add(
                Kind.IGNORED,
                "wal-dir experimental-snapshot-catchup-entries max-snapshots max-wals"
                        + " backend-bbolt-freelist-type backend-batch-interval backend-batch-limit grpc-keepalive-min-time"
                        + " grpc-keepalive-interval grpc-keepalive-timeout raft-read-timeout raft-write-timeout"
                        + " listen-client-http-urls listen-metrics-urls log-rotation-config-json log-package-levels"
                        + " feature-gates corrupt-check-time compact-hash-check-time compaction-batch-limit"
                        + " compaction-sleep-interval downgrade-check-time warning-apply-duration"
                        + " warning-unary-request-duration bootstrap-defrag-threshold-megabytes"
                        + " distributed-tracing-address distributed-tracing-service-name distributed-tracing-instance-id"
                        + " distributed-tracing-sampling-rate proxy-failure-wait proxy-refresh-interval proxy-dial-timeout"
                        + " proxy-write-timeout proxy-read-timeout v2-deprecation self-signed-cert-validity cors"
                        + " experimental-watch-progress-notify-interval experimental-corrupt-check-time"
                        + " experimental-enable-v2v3 experimental-backend-bbolt-freelist-type"
                        + " experimental-compact-hash-check-time experimental-compaction-batch-limit"
                        + " experimental-compaction-sleep-interval experimental-downgrade-check-time"
                        + " experimental-warning-apply-duration experimental-warning-unary-request-duration"
                        + " experimental-bootstrap-defrag-threshold-megabytes experimental-max-learners"
                        + " experimental-distributed-tracing-address experimental-distributed-tracing-service-name"
                        + " experimental-distributed-tracing-instance-id experimental-distributed-tracing-sampling-rate");
        addBool(
                Kind.IGNORED,
                "false",
                "enable-pprof socket-reuse-port socket-reuse-address enable-log-rotation enable-v2 debug"
                        + " force-new-cluster unsafe-no-fsync memory-mlock enable-distributed-tracing"
                        + " stop-grpc-service-on-defrag experimental-initial-corrupt-check"
                        + " experimental-compact-hash-check-enabled experimental-enable-lease-checkpoint"
                        + " experimental-enable-lease-checkpoint-persist experimental-memory-mlock"
                        + " experimental-txn-mode-write-with-shared-buffer experimental-stop-grpc-service-on-defrag"
                        + " experimental-enable-distributed-tracing");
        // What an agent does in any case.
        addBool(
                Kind.IGNORED,
                "true",
                "pre-vote strict-reconfig-check initial-election-tick-advance enable-grpc-gateway");
        addHarmless(Kind.IGNORED, "logger", "zap");
        addHarmless(Kind.IGNORED, "log-outputs", "default", "stderr");
        addHarmless(Kind.IGNORED, "metrics", "basic");
        addHarmless(Kind.IGNORED, "proxy", "off");

        add(
                Kind.SECURITY,
                "cert-file key-file trusted-ca-file client-cert-file client-key-file client-crl-file"
                        + " client-cert-allowed-hostname peer-cert-file peer-key-file peer-trusted-ca-file"
                        + " peer-client-cert-file peer-client-key-file peer-crl-file peer-cert-allowed-cn"
                        + " peer-cert-allowed-hostname ca-file peer-ca-file cipher-suites tls-max-version");
        addBool(
                Kind.SECURITY,
                "false",
                "client-cert-auth auto-tls peer-client-cert-auth peer-auto-tls peer-skip-client-san-verification"
                        + " experimental-peer-skip-client-san-verification");
        addHarmless(Kind.SECURITY, "tls-min-version", "TLS1.2");
        addHarmless(Kind.SECURITY, "auth-token", "simple");
        addHarmless(Kind.SECURITY, "auth-token-ttl", "300");
        addHarmless(Kind.SECURITY, "bcrypt-cost", "10");

        add(
                Kind.REFUSED,
                "config-file discovery discovery-srv discovery-srv-name discovery-proxy discovery-token"
                        + " discovery-endpoints");
        addHarmless(Kind.REFUSED, "discovery-fallback", "proxy", "exit");
    }

    private EtcdFlags() {}

    /** The flag of this name, without dashes; null if etcd has none either. */
    static @Nullable Foreign named(String name) {
        return BY_NAME.get(name);
    }

    /** All of them, for the environment. */
    static Iterable<Foreign> all() {
        return List.copyOf(BY_NAME.values());
    }

    /**
     * Follows a flag that there is no way to follow.
     *
     * @param origin the flag or variable as it was given
     * @return the warning to log, or null if there is nothing to say
     * @throws ConfigException if starting without it would be wrong
     */
    static @Nullable String answer(Foreign foreign, String origin, String value) throws ConfigException {
        if (foreign.asksForNothing(value)) {
            return null;
        }
        return switch (foreign.kind()) {
            case SECURITY ->
                throw new ConfigException(origin + " asks for TLS or authentication, which are not supported yet:"
                        + " remove it only if a plain-text port is acceptable");
            case REFUSED ->
                throw new ConfigException(
                        origin + " is not supported: give the cluster with --initial-cluster and the rest as flags");
            case IGNORED -> origin + " is a flag of etcd that Rollcall does not have; it is ignored";
        };
    }

    private static void add(Kind kind, String names) {
        for (String name : names.split(" ", -1)) {
            BY_NAME.put(name, new Foreign(name, kind, false, Set.of()));
        }
    }

    private static void addBool(Kind kind, String harmless, String names) {
        for (String name : names.split(" ", -1)) {
            BY_NAME.put(name, new Foreign(name, kind, true, Set.of(harmless)));
        }
    }

    private static void addHarmless(Kind kind, String name, String... harmless) {
        BY_NAME.put(name, new Foreign(name, kind, false, Set.of(harmless)));
    }
}
