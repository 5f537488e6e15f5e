package dev.rollcall.agent.config;

import dev.rollcall.registry.model.ServiceDefinition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All that an agent is told at its start; checked, complete and immutable.
 *
 * @param role voter or client
 * @param name member name, {@code default} if none was given as in etcd
 * @param agentId who writes this agent's registrations: the name if one was given, else the host's name
 * @param hostName name of this machine
 * @param dataDir the store's directory; a client never creates it
 * @param listenClientUrls where the client port listens
 * @param advertiseClientUrls where others reach the client port; may be empty on a client
 * @param cluster the voter's place in its cluster; on a client its defaults, unused
 * @param limits bounds on what callers may do
 * @param snapshots how long a log the member keeps, and how fast it sends copies of its state
 * @param autoCompaction which revisions are forgotten without being asked
 * @param join {@code host:port} of the members that a client agent talks to; empty on a voter
 * @param services what runs beside this agent
 * @param drainDelay how long endpoints are given to notice that an instance leaves
 * @param logFormat how log lines are written
 * @param logLevel the least severe lines that are logged
 * @param hostWhitelist further names that an HTTP Host header may carry; {@code *} for any
 * @param warnings what to log, one line each, before anything else
 */
public record AgentConfig(
        Role role,
        String name,
        String agentId,
        String hostName,
        Path dataDir,
        List<HttpUrl> listenClientUrls,
        List<HttpUrl> advertiseClientUrls,
        Cluster cluster,
        Limits limits,
        Snapshots snapshots,
        AutoCompaction autoCompaction,
        List<String> join,
        List<ServiceDefinition> services,
        Duration drainDelay,
        LogFormat logFormat,
        LogLevel logLevel,
        Set<String> hostWhitelist,
        List<String> warnings) {

    public AgentConfig {
        listenClientUrls = List.copyOf(listenClientUrls);
        advertiseClientUrls = List.copyOf(advertiseClientUrls);
        join = List.copyOf(join);
        services = List.copyOf(services);
        hostWhitelist = Set.copyOf(hostWhitelist);
        warnings = List.copyOf(warnings);
    }

    /**
     * A voter's place in its cluster.
     *
     * @param listenPeerUrls where peers are listened for
     * @param initialAdvertisePeerUrls where peers reach this member, at the first start
     * @param initialCluster peer URLs by member name, in the order given; used at the first start only, and
     *     empty at a later one that does not repeat it
     * @param existing {@code --initial-cluster-state existing}: this member joins a cluster that runs already
     * @param token keeps clusters with the same URLs apart
     * @param heartbeatMs milliseconds between a leader's heartbeats
     * @param electionMs milliseconds without a leader until an election, at the least
     */
    public record Cluster(
            List<HttpUrl> listenPeerUrls,
            List<HttpUrl> initialAdvertisePeerUrls,
            Map<String, List<HttpUrl>> initialCluster,
            boolean existing,
            String token,
            int heartbeatMs,
            int electionMs) {}

    /**
     * Bounds on what callers may do.
     *
     * @param maxTxnOps operations in one transaction
     * @param maxRequestBytes bytes of one request
     * @param maxConcurrentStreams gRPC streams of one connection
     * @param maxLearners learners the cluster may have at once
     * @param quotaBackendBytes bytes of the state file; {@link Long#MAX_VALUE} if there is no quota
     * @param requestTimeout how long the server works on a call that names no deadline
     * @param watchProgressNotifyInterval between progress notifications of an idle watch
     */
    public record Limits(
            int maxTxnOps,
            int maxRequestBytes,
            int maxConcurrentStreams,
            int maxLearners,
            long quotaBackendBytes,
            Duration requestTimeout,
            Duration watchProgressNotifyInterval) {}

    /**
     * How long a log a member keeps, and how fast it sends copies of its state.
     *
     * @param count entries after which the state file is checkpointed, so that the log before them may go
     * @param catchUpEntries entries that are kept all the same, for members that are behind
     * @param bytesPerSecond how fast copies are sent, to all who need one together
     */
    public record Snapshots(int count, int catchUpEntries, long bytesPerSecond) {}

    /**
     * Which revisions are forgotten without being asked.
     *
     * @param mode what {@link #retention} or {@link #revisions} counts
     * @param retention {@code PERIODIC}: how long a revision is kept
     * @param revisions {@code REVISION}: how many are kept
     */
    public record AutoCompaction(Mode mode, Duration retention, long revisions) {
        /** What is counted. */
        public enum Mode {
            OFF,
            PERIODIC,
            REVISION
        }
    }
}
