package dev.rollcall.agent.local;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import dev.rollcall.agent.member.CommittedLog;
import dev.rollcall.agent.member.LeaderMover;
import dev.rollcall.agent.member.LeaseClock;
import dev.rollcall.agent.member.MemberInfo;
import dev.rollcall.agent.member.Proposer;
import dev.rollcall.agent.member.ReadIndex;
import dev.rollcall.agent.member.StateCopies;
import dev.rollcall.raft.core.ConfigEntry;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.AlarmTable;
import dev.rollcall.storage.apply.Command;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.apply.LeaseExpiry;
import dev.rollcall.storage.apply.Outcome;
import dev.rollcall.storage.apply.ReplicatedState;
import dev.rollcall.storage.apply.StateImage;
import dev.rollcall.storage.apply.StateLimits;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.lease.LeaseTable;
import dev.rollcall.storage.lease.Lessor;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.member.MemberTable;
import dev.rollcall.storage.mvcc.KvStore;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberPromoteRequest;
import dev.rollcall.storage.proto.MemberRemoveRequest;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A member of a cluster of one, without Raft, files or peers: the real state machine, and an apply thread on which every
 * proposal is applied at once.
 */
final class FakeMember
        implements StoreViews,
                Proposer,
                ReadIndex,
                LeaseClock,
                CommittedLog,
                LeaderMover,
                StateCopies,
                MemberInfo,
                AutoCloseable {
    static final long CLUSTER = 0xC1;
    static final long MEMBER = 0xA1;
    static final long TERM = 7;

    private final ExecutorService applyThread = Executors.newSingleThreadExecutor(task -> new Thread(task, "apply"));
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Map<Long, byte[]> file = new ConcurrentHashMap<>();
    private final Vertx vertx;
    private final ReplicatedState state;
    private final boolean cold;

    volatile SoftState soft = new SoftState(TERM, MEMBER, Role.LEADER);
    volatile long commitAhead;
    volatile long dbSizeBytes = 4096;
    volatile long quotaBytes = 2L << 30;
    volatile long indexQuotaBytes = Long.MAX_VALUE;
    volatile boolean shortOfSpace;
    volatile boolean sweep = true;
    volatile @Nullable EtcdException proposalFailure;

    /** What was last proposed. */
    volatile byte @Nullable [] lastBody;

    /** With everything in memory. */
    FakeMember(Vertx vertx) {
        this(vertx, StateLimits.DEFAULTS, false, MemberRole.VOTER);
    }

    /**
     * @param cold whether every value leaves memory as soon as it can
     */
    FakeMember(Vertx vertx, StateLimits limits, boolean cold, MemberRole role) {
        this.vertx = vertx;
        this.cold = cold;
        state = ReplicatedState.recover(StateImage.empty(), file::get, limits);
        onApply(() -> {
            state.bootstrap(List.of(new MemberRow(
                    MEMBER, "one", role, List.of("http://127.0.0.1:2380"), List.of("http://127.0.0.1:2379"))));
            state.apply(new Entry(1, TERM, EntryKind.NOOP, new byte[0]));
            state.lessor().becomeLeader(TERM);
            return true;
        });
    }

    LocalParts parts() {
        return new LocalParts(this, this, this, this, this, this, this, this);
    }

    /** Runs this on the apply thread and waits for it. */
    <T> T onApply(Supplier<T> task) {
        try {
            return applyThread.submit(task::get).get(10, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Holds the apply thread until the permit comes. */
    void holdApply(Semaphore permit) {
        applyThread.execute(permit::acquireUninterruptibly);
    }

    /** Applies without a client, and waits. */
    Outcome apply(CommandKind kind, byte[] body) {
        return onApply(() -> applyNow(kind, body));
    }

    private Outcome applyNow(CommandKind kind, byte[] body) {
        long before = state.kv().revision();
        Command command = new Command(kind, 1, MEMBER, 0, TERM, "", UnsafeByteOperations.unsafeWrap(body));
        Outcome outcome = Objects.requireNonNull(state.apply(entry(command)));
        while (sweep && state.compactionPending()) {
            state.compactStep(100);
        }
        if (cold) {
            flush();
        }
        if (state.kv().revision() != before) {
            listeners.forEach(Runnable::run);
        }
        return outcome;
    }

    private Entry entry(Command command) {
        long index = state.applied() + 1;
        return command.kind().reconfigures()
                ? new Entry(index, TERM, EntryKind.CONFIG, new ConfigEntry(next(command), command.encode()).encode())
                : new Entry(index, TERM, EntryKind.NORMAL, command.encode());
    }

    /** What a leader would make of the configuration. */
    private Membership next(Command command) {
        TreeSet<Long> voters = new TreeSet<>(state.members().membership().voters());
        TreeSet<Long> learners = new TreeSet<>(state.members().membership().learners());
        try {
            switch (command.kind()) {
                case MEMBER_ADD -> {
                    Member member = Member.parseFrom(command.body());
                    (member.getIsLearner() ? learners : voters).add(member.getID());
                }
                case MEMBER_PROMOTE -> {
                    long id = MemberPromoteRequest.parseFrom(command.body()).getID();
                    if (learners.remove(id)) {
                        voters.add(id);
                    }
                }
                default -> {
                    long id = MemberRemoveRequest.parseFrom(command.body()).getID();
                    voters.remove(id);
                    learners.remove(id);
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
        return Membership.of(voters, learners);
    }

    @Override
    public Future<Void> moveLeader(long target, long timeoutMs) {
        return members().get(target) == null
                ? Future.failedFuture(EtcdError.BAD_LEADER_TRANSFEREE.exception())
                : Future.succeededFuture();
    }

    /** What a copy of the state would hold; null if none can be made. */
    volatile byte @Nullable [] saved = new byte[0];

    final AtomicInteger openCopies = new AtomicInteger();

    @Override
    public Future<Copy> save() {
        byte[] bytes = saved;
        if (bytes == null) {
            return Future.failedFuture(new EtcdException(14, "rollcall: no snapshot: for want of room"));
        }
        openCopies.incrementAndGet();
        return Future.succeededFuture(new Copy() {
            @Override
            public long sizeBytes() {
                return bytes.length;
            }

            @Override
            public byte[] read(long offset, int length) {
                return Arrays.copyOfRange(bytes, (int) offset, (int) offset + length);
            }

            @Override
            public void close() {
                openCopies.decrementAndGet();
            }
        });
    }

    @Override
    public Future<Void> defragment() {
        return saved == null
                ? Future.failedFuture(new EtcdException(14, "rollcall: no defragmentation: for want of room"))
                : Future.succeededFuture();
    }

    private void flush() {
        var batch = state.seal();
        for (KvRow row : batch.rows()) {
            file.put(row.rowId(), row.value());
        }
        for (long row : batch.deletedRows()) {
            file.remove(row);
        }
        state.flushed(batch.meta().applied());
    }

    /** Lets lease time pass, with everything that runs out in it. */
    void ticks(int count) {
        onApply(() -> {
            for (int i = 0; i < count; i++) {
                List<LeaseExpiry.Item> due = state.lessor().tick();
                if (!due.isEmpty()) {
                    applyNow(CommandKind.LEASE_EXPIRE, new LeaseExpiry(due).encode());
                }
            }
            return true;
        });
    }

    private <T> Future<T> later(Supplier<T> task) {
        Context caller = vertx.getOrCreateContext();
        Promise<T> promise = Promise.promise();
        applyThread.execute(() -> {
            try {
                T result = task.get();
                caller.runOnContext(nothing -> promise.complete(result));
            } catch (RuntimeException e) {
                caller.runOnContext(nothing -> promise.fail(e));
            }
        });
        return promise.future();
    }

    private void needLeader() {
        if (soft.leader() == 0) {
            throw EtcdError.TIMEOUT.exception();
        }
    }

    @Override
    public Future<Outcome> propose(CommandKind kind, byte[] body, long timeoutMs) {
        lastBody = body;
        EtcdException failure = proposalFailure;
        if (failure != null) {
            return Future.failedFuture(failure);
        }
        return later(() -> {
            needLeader();
            return applyNow(kind, body);
        });
    }

    @Override
    public Future<Void> await(long timeoutMs) {
        return later(() -> {
                    needLeader();
                    return true;
                })
                .mapEmpty();
    }

    @Override
    public Future<Long> renew(long leaseId) {
        return later(() -> {
            needLeader();
            long ttl = state.lessor().renew(leaseId);
            return ttl < 0 ? Lessor.UNKNOWN : ttl;
        });
    }

    @Override
    public Future<Long> remaining(long leaseId) {
        return later(() -> {
            OptionalLong ticks = state.lessor().remainingTicks(leaseId);
            return ticks.isPresent() ? Math.floorDiv(ticks.getAsLong(), Lessor.TICKS_PER_SECOND) : UNKNOWN;
        });
    }

    @Override
    public Runnable onPublished(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Calls the listeners as if something had been published. */
    void wakeListeners() {
        listeners.forEach(Runnable::run);
    }

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

    @Override
    public long clusterId() {
        return CLUSTER;
    }

    @Override
    public long memberId() {
        return MEMBER;
    }

    @Override
    public SoftState soft() {
        return soft;
    }

    @Override
    public long commitIndex() {
        return state.applied() + commitAhead;
    }

    @Override
    public long appliedIndex() {
        return state.applied();
    }

    @Override
    public long durableIndex() {
        return state.applied();
    }

    @Override
    public long dbSizeBytes() {
        return dbSizeBytes;
    }

    @Override
    public long dbSizeInUseBytes() {
        return Math.min(dbSizeBytes, 2048);
    }

    @Override
    public long dbSizeQuotaBytes() {
        return quotaBytes;
    }

    @Override
    public long indexQuotaBytes() {
        return indexQuotaBytes;
    }

    @Override
    public boolean shortOfSpace() {
        return shortOfSpace;
    }

    @Override
    public void close() {
        applyThread.shutdownNow();
    }
}
