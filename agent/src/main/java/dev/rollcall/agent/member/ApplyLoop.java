package dev.rollcall.agent.member;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.Outcome;
import dev.rollcall.storage.apply.ReplicatedState;
import dev.rollcall.storage.sqlite.SqliteState;
import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The apply thread: the only one that changes the replicated state. Per batch of committed entries it changes memory, hands
 * the sealed changes to the state writer, wakes watchers and sends the answers.
 */
final class ApplyLoop implements Loop.Work, Consensus.Applier, Reads.Applied, CommittedLog {
    private static final int COMPACTION_ROWS = 256;

    private record Barrier(long index, List<Consumer<Replies>> actions) {}

    private final Loop loop;
    private final ReplicatedState state;
    private final Function<SnapshotMeta, SqliteState> installer;
    private final Consensus consensus;
    private final LeaderLeases leases;
    private final AnswerBudget answers;
    private final Runnable membersChanged;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Queue<Barrier> barriers = new ArrayDeque<>();
    private final Replies replies = new Replies();
    private final AtomicBoolean tickPosted = new AtomicBoolean();
    private @Nullable Proposals proposals;
    private volatile SqliteState file;
    private int generation;
    private long lastTerm;
    private long published;
    private long membersVersion;
    private boolean unsealed;
    private volatile long applied;

    /**
     * @param installer makes {@code state} what a snapshot that has arrived holds, and gives the file that goes with it
     * @param membersChanged called on the apply thread after a batch that changed the members table; must return at once
     */
    ApplyLoop(
            ReplicatedState state,
            SqliteState file,
            Function<SnapshotMeta, SqliteState> installer,
            Consensus consensus,
            LeaderLeases leases,
            AnswerBudget answers,
            Runnable membersChanged,
            Fatal fatal) {
        this.membersChanged = membersChanged;
        this.membersVersion = state.members().version();
        this.state = state;
        this.file = file;
        this.installer = installer;
        this.consensus = consensus;
        this.leases = leases;
        this.answers = answers;
        this.applied = state.applied();
        this.lastTerm = state.appliedTerm();
        this.published = state.kv().revision();
        // Time comes from the raft thread's ticks; this loop's own are only an upper bound on how long it sleeps.
        this.loop = new Loop("apply", TimeUnit.SECONDS.toNanos(1), this, fatal);
    }

    void start(Proposals waiters) {
        proposals = waiters;
        loop.start();
    }

    void stop() {
        loop.stop();
    }

    /** Index of the last applied entry. Any thread. */
    long applied() {
        return applied;
    }

    /** Any thread. */
    void post(Runnable task) {
        loop.post(task);
    }

    @Override
    public void apply(List<Entry> committed) {
        // An event loop must not be held up by a large transaction or a cold value, and nobody but this loop's thread
        // by a
        // state writer that is behind.
        if (committed.size() <= Consensus.FEW && !Context.isOnEventLoopThread() && !file.crowded()) {
            loop.runOrPost(() -> applyBatch(committed));
        } else {
            loop.post(() -> applyBatch(committed));
        }
    }

    private void applyBatch(List<Entry> committed) {
        Proposals waiters = proposals;
        if (waiters == null) {
            throw new IllegalStateException("the apply thread runs before it is started");
        }
        for (Entry entry : committed) {
            Outcome outcome = state.apply(entry, answers);
            if (entry.term() > lastTerm) {
                lastTerm = entry.term();
                consensus.post(() -> waiters.termApplied(entry.term()));
            }
            leases.applied(entry.term());
            if (entry.kind() == EntryKind.CONFIG && (outcome == null || outcome.error() == null)) {
                consensus.configure(state.members().membership(), generation);
            }
            if (outcome != null) {
                waiters.completed(outcome, replies);
            }
        }
        unsealed = true;
        applied = committed.get(committed.size() - 1).index();
        consensus.applied(applied, generation, committed.size());
    }

    @Override
    public void restored(SnapshotMeta snapshot) {
        loop.post(() -> install(snapshot));
    }

    /** Entries that were handed over before are applied, or will never be handed over; what follows begins behind it. */
    private void install(SnapshotMeta snapshot) {
        file = installer.apply(snapshot);
        unsealed = false;
        generation++;
        lastTerm = state.appliedTerm();
        applied = state.applied();
    }

    @Override
    public void afterBatch() {
        compact();
        if (unsealed) {
            unsealed = false;
            file.submit(state.seal());
        }
        passBarriers();
        leases.afterApply();
        long revision = state.kv().revision();
        if (revision != published) {
            published = revision;
            listeners.forEach(Runnable::run);
        }
        if (state.members().version() != membersVersion) {
            membersVersion = state.members().version();
            membersChanged.run();
        }
        replies.flush();
    }

    private void compact() {
        if (state.compactionPending()) {
            state.compactStep(COMPACTION_ROWS);
            unsealed = true;
            loop.post(() -> {}); // the next step, after whatever else waits
        }
    }

    @Override
    public void once(long index, List<Consumer<Replies>> actions) {
        loop.post(() -> {
            barriers.add(new Barrier(index, actions));
            passBarriers();
        });
    }

    private void passBarriers() {
        Barrier next;
        while ((next = barriers.peek()) != null && next.index() <= applied) {
            barriers.remove();
            next.actions().forEach(action -> action.accept(replies));
        }
    }

    @Override
    public void leadership(SoftState now) {
        loop.post(() -> leases.leadership(now));
    }

    @Override
    public void tick() {
        // Raft's tick of 10 ms; if this thread lags, ticks merge: time that was not seen expires no lease.
        if (tickPosted.compareAndSet(false, true)) {
            loop.post(this::leaseTick);
        }
    }

    private void leaseTick() {
        tickPosted.set(false);
        leases.tick();
    }

    @Override
    public Runnable onPublished(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** The state file holds everything up to this index. Any thread. */
    void flushed(long index) {
        loop.post(() -> state.flushed(index));
    }
}
