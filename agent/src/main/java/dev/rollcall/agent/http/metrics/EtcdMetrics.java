package dev.rollcall.agent.http.metrics;

import dev.rollcall.agent.Version;
import dev.rollcall.agent.member.MemberInfo;
import dev.rollcall.raft.core.Role;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;

/**
 * The metrics that etcd's dashboards and alerts read, under etcd's names. Each appears on the page once someone provides it:
 * a line that always says 0 would hide what it claims to show.
 */
public final class EtcdMetrics {
    private final Metrics metrics;

    public EtcdMetrics(Metrics metrics) {
        this.metrics = metrics;
    }

    /** What a member knows of itself. */
    public void member(MemberInfo info) {
        metrics.gauge(
                "etcd_server_has_leader",
                "1 if this member knows a leader, else 0.",
                () -> info.soft().leader() != 0 ? 1 : 0);
        metrics.gauge(
                "etcd_server_is_leader",
                "1 if this member leads, else 0.",
                () -> info.soft().role() == Role.LEADER ? 1 : 0);
        metrics.gauge("etcd_server_id", "Member id in the label, in hexadecimal.", () -> 1, "server_id", hex(info));
        metrics.gauge("etcd_server_proposals_committed_total", "Index of the last committed entry.", info::commitIndex);
        metrics.gauge("etcd_server_proposals_applied_total", "Index of the last applied entry.", info::appliedIndex);
        metrics.gauge(
                "etcd_server_quota_backend_bytes",
                "Bytes the state file may grow to before writes are refused.",
                info::dbSizeQuotaBytes);
        metrics.gauge("etcd_mvcc_db_total_size_in_bytes", "Bytes of the state file.", info::dbSizeBytes);
        metrics.gauge(
                "etcd_mvcc_db_total_size_in_use_in_bytes",
                "Bytes of the state file that hold data.",
                info::dbSizeInUseBytes);
    }

    /** Which etcd this stands in for, and which Rollcall it is. */
    public void versions() {
        metrics.gauge(
                "etcd_server_version",
                "The etcd release this member stands in for, in the label.",
                () -> 1,
                "server_version",
                Version.ETCD_SERVER);
        metrics.gauge(
                "etcd_cluster_version",
                "The level of features of the cluster, in the label.",
                () -> 1,
                "cluster_version",
                Version.ETCD_CLUSTER.substring(0, Version.ETCD_CLUSTER.lastIndexOf('.')));
        metrics.gauge(
                "rollcall_version", "The version of Rollcall, in the label.", () -> 1, "version", Version.ROLLCALL);
    }

    public void learner(BooleanSupplier learner) {
        metrics.gauge(
                "etcd_server_is_learner",
                "1 if this member is a learner, else 0.",
                () -> learner.getAsBoolean() ? 1 : 0);
    }

    /** Revisions of the store. */
    public void revisions(DoubleSupplier current, DoubleSupplier compacted) {
        metrics.gauge("etcd_debugging_mvcc_current_revision", "Newest revision.", current);
        metrics.gauge("etcd_debugging_mvcc_compact_revision", "Revision up to which history was compacted.", compacted);
    }

    public void keys(DoubleSupplier keys) {
        metrics.gauge("etcd_debugging_mvcc_keys_total", "Keys with a value.", keys);
    }

    public void proposalsPending(DoubleSupplier pending) {
        metrics.gauge("etcd_server_proposals_pending", "Proposals of this member that wait for their commit.", pending);
    }

    /** How often this member saw the leader change. */
    public Counter leaderChanges() {
        return metrics.counter("etcd_server_leader_changes_seen_total", "Changes of the leader that this member saw.");
    }

    public void proposalsFailed(DoubleSupplier failed) {
        metrics.countedElsewhere("etcd_server_proposals_failed_total", "Proposals of this member that failed.", failed);
    }

    /** Peers whose stream is up. */
    public void peers(DoubleSupplier active) {
        metrics.gauge("rollcall_active_peers", "Peers that this member can send to now.", active);
    }

    public Counter leasesExpired() {
        return metrics.counter("etcd_debugging_server_lease_expired_total", "Leases that expired.");
    }

    /** Forcing the log to disk. */
    public Histogram walFsync() {
        return metrics.histogram(
                "etcd_disk_wal_fsync_duration_seconds", "Time of one forced write of the Raft log.", 0.001, 14);
    }

    /** Committing to the state file. */
    public Histogram backendCommit() {
        return metrics.histogram(
                "etcd_disk_backend_commit_duration_seconds", "Time of one commit to the state file.", 0.001, 14);
    }

    /** A message to a peer and back. */
    public Histogram peerRoundTrip(String peerId) {
        return metrics.histogram(
                "etcd_network_peer_round_trip_time_seconds",
                "Time of a message to a peer and back.",
                0.0001,
                16,
                "To",
                peerId);
    }

    private static String hex(MemberInfo info) {
        return Long.toHexString(info.memberId());
    }
}
