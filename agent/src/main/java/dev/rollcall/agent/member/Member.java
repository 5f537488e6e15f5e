package dev.rollcall.agent.member;

import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.HeapShares;
import dev.rollcall.agent.peer.DirectoryBindings;
import dev.rollcall.agent.peer.PeerIdentity;
import dev.rollcall.agent.peer.Peers;
import dev.rollcall.raft.core.RaftConfig;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.raft.driver.RaftDriver;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.ReplicatedState;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.sqlite.DiskSpace;
import dev.rollcall.storage.sqlite.SnapshotCounts;
import dev.rollcall.storage.sqlite.SqliteLog;
import dev.rollcall.storage.sqlite.SqliteSnapshots;
import dev.rollcall.storage.sqlite.SqliteState;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store-holding member: its files, threads and peers, joined. Made, started and stopped once.
 *
 * <pre>
 *  event loops ── Proposals, Reads, LeaseRouter ──> raft thread ──> log writer ──┐
 *       ▲                                             │  ▲  └──> peers           │ persisted
 *       │                                   committed │  └───────────────────────┘
 *       └──────────── replies, watch wake-ups ── apply thread ──> state writer (behind the log)
 * </pre>
 */
public final class Member {
    private static final Logger log = LoggerFactory.getLogger(Member.class);
    private static final HeapShares HEAP = HeapShares.ofThisProcess();
    /** Committed entries handed to the apply thread at once. */
    private static final long APPLY_BYTES = 8L << 20;
    /** A peer must have been connected for this long before a change of membership counts on it, as in etcd. */
    private static final long HEALTHY_AFTER_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final Vertx vertx;
    private final AgentConfig config;
    private final MemberFiles files;
    private final Consensus consensus;
    private final LeaderLeases leases;
    private final SqliteSnapshots snapshots;
    private final Installer installer;
    private final AnswerBudget answers = new AnswerBudget(HEAP.writtenAnswerBytes());
    private final ApplyLoop applyLoop;
    private final Reads reads;
    private final Proposals proposals;
    private final LeaseRouter leaseRouter;
    private final Handover handover;
    private final LocalTable table;
    private final Retirement retirement;
    private final Peers peers;
    private final LocalInfo info;
    private final SpaceAlarm spaceAlarm;
    private final Fatal fatal;
    private final MemberEvents events;
    private final Recovery recovery;

    /**
     * Opens and recovers the member's files; nothing runs yet.
     *
     * @param recovery is told how far this has come, and how far {@link #start} has
     * @throws RuntimeException with one line for the operator if the directory cannot be used
     */
    public Member(Vertx vertx, AgentConfig config, Fatal fatal, MemberEvents events, Recovery recovery) {
        this.vertx = vertx;
        this.config = config;
        this.fatal = fatal;
        this.events = events;
        this.recovery = recovery;
        this.files = MemberFiles.open(config, recovery);
        long self = files.identity().memberId();
        long timeoutMs = config.limits().requestTimeout().toMillis();
        ReplicatedState state = files.state();
        this.consensus = new Consensus(fatal, events);
        this.leases = new LeaderLeases(state.lessor(), this::expire);
        this.table = new LocalTable(files, config, this::reads);
        this.retirement = new Retirement(vertx, "member " + Long.toHexString(self), files.log(), events::mustLeave);
        this.snapshots = new SqliteSnapshots(
                files.directory(),
                files.log(),
                files::file,
                state::applied,
                MemberFiles.stateLimits(),
                config.snapshots().bytesPerSecond());
        this.installer = new Installer(files, snapshots, flushed(), fatal);
        this.applyLoop =
                new ApplyLoop(state, files.file(), installer, consensus, leases, answers, this::membersChanged, fatal);
        this.info = new LocalInfo(
                files, consensus, applyLoop, snapshots, config.limits().quotaBackendBytes());
        this.peers = new Peers(
                vertx,
                new PeerIdentity(
                        files.identity().clusterId(), self, files.directory().directoryId()),
                bindings(files.log()),
                table,
                new PeerInbox(consensus, this::proposals, this::leaseRouter, retirement));
        this.reads = new Reads(timeoutMs, consensus, applyLoop);
        this.proposals = new Proposals(self, timeoutMs, HEAP.commandBytes(), consensus, peers, info, answers);
        this.leaseRouter = new LeaseRouter(timeoutMs, consensus, peers, reads, leases);
        this.handover = new Handover(self, timeoutMs, consensus, state.members());
        this.spaceAlarm = new SpaceAlarm(vertx, files.directory().space(), state.alarms(), self, proposals);
        ChangeChecks checks = new ChangeChecks(
                self,
                state.members(),
                config.limits().maxLearners(),
                peer -> peers.isConnectedFor(peer, 0),
                peer -> peers.isConnectedFor(peer, HEALTHY_AFTER_NANOS));
        consensus.join(
                driver(self),
                peers,
                applyLoop,
                reads,
                new MemberChanges(checks),
                List.of(
                        proposals,
                        leaseRouter,
                        handover,
                        new LogTruncation(
                                config.snapshots(),
                                files.log(),
                                files::file,
                                consensus::driver,
                                snapshots::keepsLogAbove)));
    }

    private Reads reads() {
        return reads;
    }

    /** On the apply thread. */
    private void membersChanged() {
        peers.members(table.peerUrls());
        if (table.selfWasRemoved()) {
            retirement.removed("its log says so");
        }
    }

    private Proposals proposals() {
        return proposals;
    }

    private LeaseRouter leaseRouter() {
        return leaseRouter;
    }

    private RaftDriver driver(long self) {
        int election = Math.max(2, config.cluster().electionMs() / 10);
        // Members that ask for pre-votes at the same moment give way in an order, so the spread may be small.
        RaftConfig raft = RaftConfig.defaults(self)
                .withTicks(Math.max(1, config.cluster().heartbeatMs() / 10), election, election + election / 2)
                .withMemory(space().pendingBytes(HEAP.uncommittedBytes()), HEAP.tailBytes(), APPLY_BYTES);
        return new RaftDriver(
                raft,
                files.state().members().membership(),
                files.recovered(),
                files.state().applied(),
                files.log(),
                consensus,
                consensus,
                snapshots,
                new SplittableRandom(UUID.randomUUID().getLeastSignificantBits()));
    }

    private static DirectoryBindings bindings(SqliteLog store) {
        return new DirectoryBindings() {
            @Override
            public Map<Long, UUID> bound() {
                return store.boundDirectories();
            }

            @Override
            public void bind(long member, UUID directory) {
                store.bind(member, directory);
            }
        };
    }

    private void expire(byte[] body, long term) {
        consensus.post(() -> {
            if (!proposals.proposeAsLeader(CommandKind.LEASE_EXPIRE, body, term)) {
                applyLoop.post(leases::expiryNotTaken);
            }
        });
    }

    /** Starts every thread and the peer port; fails if that is taken. */
    public Future<Void> start() {
        recovery.replaying(info);
        files.log().start(consensus);
        installer.start();
        snapshots.start(consensus.snapshots(), cause -> fatal.stop("the snapshots' thread", cause));
        applyLoop.start(proposals);
        return peers.listen(config.cluster().listenPeerUrls().stream()
                        .map(url -> URI.create(url.toString()))
                        .toList())
                .onSuccess(v -> {
                    peers.members(table.peerUrls());
                    consensus.start();
                    new Publication(vertx, config, info.memberId(), state().members(), reads, proposals).begin();
                    spaceAlarm.begin();
                });
    }

    private SqliteState.Flushed flushed() {
        return new SqliteState.Flushed() {
            @Override
            public void flushed(StateMeta durableInFile) {
                applyLoop.flushed(durableInFile.applied());
            }

            @Override
            public void committed(long nanos, int rows) {
                events.stateCommitted(nanos);
            }
        };
    }

    public ReplicatedState state() {
        return files.state();
    }

    public Proposer proposer() {
        return proposals;
    }

    public ReadIndex readIndex() {
        return reads;
    }

    public LeaseClock leaseClock() {
        return leaseRouter;
    }

    public LeaderMover leaderMover() {
        return handover;
    }

    public CommittedLog committedLog() {
        return applyLoop;
    }

    /** Copies of the state to save, and the order of its file. */
    public StateCopies copies() {
        return new LocalCopies(vertx, snapshots);
    }

    public MemberInfo info() {
        return info;
    }

    /** Room on the disk of the data directory. */
    public DiskSpace space() {
        return files.directory().space();
    }

    /** What has become of snapshots. */
    public SnapshotCounts snapshotCounts() {
        return snapshots.counts();
    }

    /** Peers this member can send to now. */
    public int activePeers() {
        return peers.active();
    }

    /** Commands that wait for their outcome. */
    public int pendingProposals() {
        return proposals.pending();
    }

    /** Bytes of the commands that wait for their outcome. */
    public long pendingProposalBytes() {
        return proposals.pendingBytes();
    }

    /** Bytes of answers to commands that have not been handed over. */
    public long writtenAnswerBytes() {
        return answers.takenBytes();
    }

    /** Callers that wait for a linearizable read. */
    public int pendingReads() {
        return reads.pending();
    }

    /** Questions about leases that wait for the leader's answer. */
    public int pendingLeaseQuestions() {
        return leaseRouter.pending();
    }

    /** Commands that ended without an outcome. */
    public long failedProposals() {
        return proposals.failures();
    }

    /** Hands leadership over, then stops every thread and closes the files. Blocks; not for event loops. */
    public void stop() {
        spaceAlarm.stop();
        handOver();
        peers.close();
        consensus.stop();
        proposals.stop();
        reads.stop();
        leaseRouter.stop();
        handover.stop();
        applyLoop.stop();
        snapshots.close();
        installer.stop();
        files.close();
    }

    private void handOver() {
        SoftState now = info.soft();
        if (now.role() != Role.LEADER
                || files.state().members().membership().voters().size() < 2) {
            return;
        }
        consensus.post(() -> consensus.driver().transferLeadership(0));
        long deadline = System.nanoTime()
                + TimeUnit.MILLISECONDS.toNanos(config.cluster().electionMs());
        while (info.soft().role() == Role.LEADER && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(Consensus.TICK_NANOS);
        }
        log.info(
                info.soft().role() == Role.LEADER
                        ? "no other member could take over leadership"
                        : "leadership is handed over");
    }
}
