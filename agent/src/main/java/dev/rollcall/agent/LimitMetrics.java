package dev.rollcall.agent;

import dev.rollcall.agent.grpc.CallLedgers;
import dev.rollcall.agent.grpc.ClientConnections;
import dev.rollcall.agent.http.discovery.DiscoveryRoutes;
import dev.rollcall.agent.http.metrics.Metrics;
import dev.rollcall.agent.local.LocalBackend;
import dev.rollcall.agent.member.Member;
import dev.rollcall.storage.sqlite.SnapshotCounts;
import java.util.Locale;

/** How full everything is that has a limit, as {@code docs/limits.md} lists it. */
final class LimitMetrics {
    private final Metrics metrics;

    LimitMetrics(Metrics metrics) {
        this.metrics = metrics;
    }

    /** The client port. */
    void clients(ClientConnections connections, CallLedgers calls) {
        metrics.gauge("rollcall_client_connections", "Connections of clients.", connections::open);
        metrics.countedElsewhere(
                "rollcall_client_connections_refused_total",
                "Connections closed because there were too many.",
                connections::refused);
        metrics.gauge("rollcall_calls_open", "gRPC calls and streams of clients.", calls::openCalls);
        metrics.countedElsewhere(
                "rollcall_calls_refused_total",
                "Calls refused because too many were open or too much was unread.",
                calls::callsRefused);
        metrics.gauge(
                "rollcall_client_held_bytes",
                "Bytes of answers that clients have not read and of requests that they have not finished.",
                calls::heldBytes);
        metrics.countedElsewhere(
                "rollcall_client_connections_cut_total",
                "Connections closed because of what was held for them.",
                calls::connectionsCutOff);
    }

    /** The discovery face. */
    void discovery(DiscoveryRoutes routes) {
        metrics.gauge("rollcall_event_streams", "Open event streams of services.", routes::openStreams);
    }

    /** What waits inside a member. */
    void member(Member member) {
        metrics.gauge("rollcall_commands_waiting", "Callers that wait for their command.", member::pendingProposals);
        metrics.gauge(
                "rollcall_command_bytes_waiting",
                "Bytes of the commands whose callers wait.",
                member::pendingProposalBytes);
        metrics.gauge(
                "rollcall_command_answer_bytes",
                "Memory of answers to commands until they are handed over.",
                member::writtenAnswerBytes);
        metrics.gauge("rollcall_reads_waiting", "Callers that wait for a linearizable read.", member::pendingReads);
        metrics.gauge(
                "rollcall_lease_questions_waiting",
                "Renewals and questions about leases that wait for the leader.",
                member::pendingLeaseQuestions);
        metrics.gauge(
                "rollcall_apply_backlog_entries",
                "Committed entries that wait to be applied.",
                () -> Math.max(0, member.info().commitIndex() - member.info().appliedIndex()));
        metrics.gauge(
                "rollcall_index_bytes",
                "Memory of the index of keys and revisions, and of leases.",
                () -> member.state().kv().indexBytes() + member.state().leases().bytes());
        metrics.gauge(
                "rollcall_index_quota_bytes",
                "What the index may take before writes are refused.",
                member.info()::indexQuotaBytes);
        metrics.gauge(
                "rollcall_disk_free_bytes", "Free space of the data directory's disk.", member.space()::usableBytes);
        metrics.gauge(
                "rollcall_disk_ballast",
                "1 while the ballast file keeps space for a full disk, 0 once it was given up.",
                () -> member.space().hasBallast() ? 1 : 0);
        metrics.gauge(
                "rollcall_leases", "Leases.", () -> member.state().leases().size());
    }

    /** What becomes of snapshots, step by step. */
    void snapshots(SnapshotCounts counts) {
        for (SnapshotCounts.Step step : SnapshotCounts.Step.values()) {
            String label = step.name().toLowerCase(Locale.ROOT);
            metrics.countedElsewhere(
                    "rollcall_snapshots_total",
                    "Snapshots that were copied for followers, sent, received, and made ready to install.",
                    () -> counts.done(step),
                    "step",
                    label);
            metrics.countedElsewhere(
                    "rollcall_snapshot_bytes_total", "Their bytes.", () -> counts.bytes(step), "step", label);
            metrics.countedElsewhere(
                    "rollcall_snapshot_seconds_total",
                    "How long they took.",
                    () -> counts.seconds(step),
                    "step",
                    label);
        }
    }

    /** What clients have open at a member. */
    void backend(LocalBackend backend) {
        metrics.gauge(
                "etcd_debugging_mvcc_watcher_total",
                "Open watches.",
                () -> backend.openStreams().watchers());
        metrics.gauge(
                "etcd_debugging_mvcc_watch_stream_total",
                "Open watch streams.",
                () -> backend.openStreams().watchStreams());
        metrics.gauge(
                "rollcall_keepalive_streams",
                "Open streams of lease renewals.",
                () -> backend.openStreams().keepAliveStreams());
        metrics.gauge(
                "rollcall_stream_bytes",
                "Memory of watches, and of lease renewals that are not answered.",
                () -> backend.openStreams().keptBytes());
        metrics.gauge("rollcall_heavy_reads", "Large reads that run or wait.", backend::heavyReads);
        metrics.gauge(
                "rollcall_heavy_read_bytes", "Memory of large answers while they are built.", backend::heavyReadBytes);
    }
}
