package dev.rollcall.agent;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.HeapShares;
import dev.rollcall.agent.http.metrics.Counter;
import dev.rollcall.agent.http.metrics.EtcdMetrics;
import dev.rollcall.agent.http.metrics.Histogram;
import dev.rollcall.agent.http.metrics.Metrics;
import dev.rollcall.agent.local.LocalBackend;
import dev.rollcall.agent.local.LocalLimits;
import dev.rollcall.agent.local.LocalParts;
import dev.rollcall.agent.local.StoreViews;
import dev.rollcall.agent.member.AutoCompactor;
import dev.rollcall.agent.member.Fatal;
import dev.rollcall.agent.member.Member;
import dev.rollcall.agent.member.MemberEvents;
import dev.rollcall.agent.member.Recovery;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.AlarmTable;
import dev.rollcall.storage.apply.ReplicatedState;
import dev.rollcall.storage.lease.LeaseTable;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.member.MemberTable;
import dev.rollcall.storage.mvcc.KvStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An agent with a store of its own, a voter of the cluster. */
final class VoterRole implements AgentRole {
    private static final Logger log = LoggerFactory.getLogger(VoterRole.class);
    private static final HeapShares HEAP = HeapShares.ofThisProcess();

    private final Vertx vertx;
    private final AgentConfig config;
    private final Member member;
    private final LocalBackend backend;

    /**
     * Recovers what is on disk, which may take long.
     *
     * @param leave ends the process, for the reason given: this member has no place in its cluster any more
     * @param recovery is told how far this has come
     */
    VoterRole(Vertx vertx, AgentConfig config, Metrics metrics, Consumer<String> leave, Recovery recovery) {
        this.vertx = vertx;
        this.config = config;
        this.member = new Member(vertx, config, Fatal.halt(), events(new EtcdMetrics(metrics), leave), recovery);
        this.backend = new LocalBackend(
                vertx,
                new LocalParts(
                        views(member.state()),
                        member.proposer(),
                        member.readIndex(),
                        member.leaseClock(),
                        member.committedLog(),
                        member.leaderMover(),
                        member.copies(),
                        member.info()),
                limits(config.limits()));
        bind(new EtcdMetrics(metrics));
        LimitMetrics limits = new LimitMetrics(metrics);
        limits.member(member);
        limits.snapshots(member.snapshotCounts());
        limits.backend(backend);
    }

    private MemberEvents events(EtcdMetrics metrics, Consumer<String> leave) {
        Histogram wal = metrics.walFsync();
        Histogram state = metrics.backendCommit();
        Counter leaders = metrics.leaderChanges();
        return new MemberEvents() {
            @Override
            public void logCommitted(long nanos) {
                wal.recordNanos(nanos);
            }

            @Override
            public void stateCommitted(long nanos) {
                state.recordNanos(nanos);
            }

            @Override
            public void leaderChanged(SoftState now) {
                leaders.increment();
                log.info("{} in term {}", describe(now.leader()), now.term());
            }

            @Override
            public void mustLeave(String why) {
                leave.accept(why);
            }
        };
    }

    private String describe(long leader) {
        if (leader == 0) {
            return "no leader";
        }
        MemberRow row = member.state().members().get(leader);
        String name = row == null || row.name().isEmpty() ? Long.toHexString(leader) : row.name();
        return leader == member.info().memberId() ? "this member leads" : "member " + name + " leads";
    }

    private void bind(EtcdMetrics metrics) {
        metrics.member(member.info());
        metrics.versions();
        metrics.learner(this::isLearner);
        metrics.revisions(
                () -> member.state().kv().revision(), () -> member.state().kv().compactRevision());
        metrics.proposalsPending(member::pendingProposals);
        metrics.proposalsFailed(member::failedProposals);
        metrics.peers(member::activePeers);
    }

    private boolean isLearner() {
        MemberRow self = member.state().members().get(member.info().memberId());
        return self != null && self.role() == MemberRole.LEARNER;
    }

    private static LocalLimits limits(AgentConfig.Limits limits) {
        LocalLimits defaults = LocalLimits.DEFAULT;
        return new LocalLimits(
                limits.maxTxnOps(),
                limits.maxRequestBytes(),
                limits.requestTimeout().toMillis(),
                defaults.applyBacklogEntries(),
                defaults.pendingReads(),
                HEAP.readBytes(),
                defaults.pendingAnswers(),
                HEAP.streamBytes(),
                defaults.leaderlessMs(),
                new LocalLimits.Watch(
                        limits.watchProgressNotifyInterval().toMillis(),
                        limits.maxRequestBytes() + (512 << 10),
                        defaults.watch().stepRevisions(),
                        defaults.watch().watchersPerStream()));
    }

    private static StoreViews views(ReplicatedState state) {
        return new StoreViews() {
            @Override
            public KvStore kv() {
                return state.kv();
            }

            @Override
            public LeaseTable leases() {
                return state.leases();
            }

            @Override
            public MemberTable members() {
                return state.members();
            }

            @Override
            public AlarmTable alarms() {
                return state.alarms();
            }
        };
    }

    Member member() {
        return member;
    }

    @Override
    public Backend backend() {
        return backend;
    }

    @Override
    public Future<Void> start() {
        AutoCompactor compactor = new AutoCompactor(
                config.autoCompaction(), member.state().kv(), member.info(), member.proposer(), System::nanoTime);
        return member.start().onSuccess(v -> compactor.start(vertx));
    }

    @Override
    public void stop() {
        backend.close();
        member.stop();
    }

    @Override
    public @Nullable String arriving() {
        return member.info().arriving();
    }

    @Override
    public String serviceAddress() {
        return config.advertiseClientUrls().get(0).host();
    }

    @Override
    public @Nullable String upstream() {
        return null;
    }
}
