package dev.rollcall.agent.member;

import dev.rollcall.agent.peer.Peers;
import dev.rollcall.raft.codec.MessageCodec;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.ProposeResult;
import dev.rollcall.raft.core.RaftStatus;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.raft.driver.RaftDriver;
import dev.rollcall.raft.driver.StateMachine;
import dev.rollcall.raft.driver.Transport;
import dev.rollcall.storage.apply.Command;
import dev.rollcall.storage.sqlite.SqliteLog;
import dev.rollcall.storage.sqlite.SqliteSnapshots;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The raft thread: owns the driver, feeds it ticks, messages and completions, and flushes it once per batch of whatever has
 * arrived. Everything that touches the driver is posted here.
 */
final class Consensus implements RaftPort, Loop.Work, Transport, StateMachine, SqliteLog.Completions {
    static final long TICK_NANOS = 10_000_000;
    private static final int TICKS_PER_BEAT = 5;
    /** Peer messages that may wait for this thread; more are dropped, and Raft sends again. */
    static final int MAX_INBOX = 16_384;
    /** So much is done by the thread that brings it; more is worth waking another one. */
    static final int FEW = 16;

    /** The apply side, as this thread sees it. */
    interface Applier {
        /** Apply these, then call {@link Consensus#applied}. */
        void apply(List<Entry> committed);

        void leadership(SoftState now);

        /** The state is this snapshot now; entries that follow come behind it. */
        void restored(SnapshotMeta snapshot);

        /** 10 ms have passed. */
        void tick();
    }

    private final Loop loop;
    /** How much an event loop has posted since it last lent itself; 0 if it is not about to. */
    private final ThreadLocal<int[]> posted = ThreadLocal.withInitial(() -> new int[1]);

    private final Fatal fatal;
    private final MemberEvents events;
    private final List<RaftPart> parts = new ArrayList<>();
    private @Nullable RaftDriver driver;
    private @Nullable Peers peers;
    private @Nullable Applier applier;
    private @Nullable Reads reads;
    private @Nullable MemberChanges changes;
    private @Nullable SoftState changed;
    private int ticks;
    private long lastLeader;
    /** Snapshots installed: what the apply side says of the state before the last one is void. */
    private int generation;

    private volatile @Nullable RaftStatus status;

    Consensus(Fatal fatal, MemberEvents events) {
        this.fatal = fatal;
        this.events = events;
        this.loop = new Loop("raft", TICK_NANOS, this, fatal);
    }

    /** Joins the parts; before {@link #start}. */
    void join(
            RaftDriver raftDriver,
            Peers peerStreams,
            Applier apply,
            Reads readIndex,
            MemberChanges memberChanges,
            List<? extends RaftPart> others) {
        driver = raftDriver;
        changes = memberChanges;
        peers = peerStreams;
        applier = apply;
        reads = readIndex;
        parts.addAll(others);
        parts.add(readIndex); // last, so that a proof another part asks for begins in the same batch
        status = raftDriver.status();
    }

    void start() {
        loop.start();
    }

    void stop() {
        loop.stop();
    }

    @Override
    public void post(Runnable task) {
        loop.add(task);
        wake();
    }

    /** An event loop does what it has posted itself once it has read all there is to read, if that is little. */
    private void wake() {
        Context here = Context.isOnEventLoopThread() ? Vertx.currentContext() : null;
        if (here == null) {
            loop.wake();
            return;
        }
        int[] count = posted.get();
        if (count[0]++ == 0) {
            here.runOnContext(v -> {
                int few = count[0];
                count[0] = 0;
                lendOrWake(few);
            });
        }
    }

    private void lendOrWake(int tasks) {
        if (tasks <= FEW) {
            loop.lend();
        } else {
            loop.wake();
        }
    }

    @Override
    public SoftState softState() {
        return driver().softState();
    }

    @Override
    public ProposeResult propose(byte[] command) {
        return driver().propose(List.of(command));
    }

    @Override
    public Verdict proposeChange(Command command) {
        return joined(changes).propose(command, driver());
    }

    @Override
    public void readIndex(long id) {
        driver().readIndex(id);
    }

    /** Raft thread. */
    RaftDriver driver() {
        return joined(driver);
    }

    /** Any thread, never older than the last flush. */
    RaftStatus status() {
        return joined(status);
    }

    /** A peer's message; dropped, and then false, while too many wait. Any thread. */
    boolean receive(Message message) {
        boolean taken = loop.offer(() -> driver().receive(message), MAX_INBOX);
        if (taken) {
            wake();
        }
        return taken;
    }

    /** A peer's process is gone. Any thread. */
    void peerGone(long peer) {
        loop.post(() -> driver().peerGone(peer));
    }

    /**
     * This configuration is in force from the entry on that is applied next. Any thread, before {@link #applied}.
     *
     * @param of how many snapshots the apply side has taken over
     */
    void configure(Membership membership, int of) {
        loop.post(() -> {
            if (of == generation) {
                driver().configure(membership);
            }
        });
    }

    /**
     * Everything up to this index is applied. Any thread.
     *
     * @param of how many snapshots the apply side has taken over
     * @param entries how many that were; only room for more waits for that, so a few are noted with whatever comes next, at the
     *     latest with the next tick
     */
    void applied(long index, int of, int entries) {
        loop.add(() -> {
            if (of == generation) {
                driver().applied(index);
            }
        });
        if (entries > FEW) {
            wake();
        }
    }

    @Override
    public void tick() {
        driver().tick();
        joined(applier).tick();
        if (++ticks % TICKS_PER_BEAT == 0) {
            long now = System.nanoTime();
            parts.forEach(part -> part.beat(now));
        }
    }

    @Override
    public void afterBatch() {
        parts.forEach(RaftPart::beforeFlush);
        RaftDriver raft = driver();
        raft.flush();
        status = raft.status();
        SoftState now = changed;
        if (now != null) {
            changed = null;
            if (now.leader() != lastLeader) {
                lastLeader = now.leader();
                events.leaderChanged(now);
            }
            joined(applier).leadership(now);
            parts.forEach(part -> part.leadership(now));
            loop.post(() -> {}); // what the parts did now goes out with the next flush, at once
        }
    }

    @Override
    public void send(List<Message> messages) {
        Peers out = joined(peers);
        for (Message message : messages) {
            if (message instanceof Message.SnapshotChunk) {
                out.sendSnapshot(message.to(), MessageCodec.encode(message));
            } else {
                boolean urgent = !(message instanceof Message.AppendRequest);
                out.send(message.to(), MessageCodec.encode(message), urgent);
            }
        }
    }

    @Override
    public void apply(List<Entry> committed) {
        joined(applier).apply(committed);
    }

    @Override
    public void restored(SnapshotMeta snapshot) {
        generation++;
        parts.forEach(RaftPart::restored);
        joined(applier).restored(snapshot);
    }

    @Override
    public void leadership(SoftState now) {
        changed = now;
    }

    @Override
    public void readReady(long id, long index) {
        joined(reads).ready(id, index);
    }

    @Override
    public void readFailed(long id) {
        joined(reads).failed(id);
    }

    @Override
    public void persisted(long seq) {
        loop.add(() -> driver().persisted(seq)); // and committed follows
    }

    @Override
    public void loaded(long first, List<Entry> entries) {
        loop.post(() -> driver().entriesLoaded(first, entries));
    }

    @Override
    public void committed(long commitNanos, int entries) {
        events.logCommitted(commitNanos);
        lendOrWake(entries);
    }

    @Override
    public void truncated(long throughIndex) {
        loop.post(() -> driver().truncatedThrough(throughIndex));
    }

    /** What becomes of this driver's snapshots. */
    SqliteSnapshots.Completions snapshots() {
        return new SqliteSnapshots.Completions() {
            @Override
            public void prepared(SnapshotMeta copy) {
                loop.post(() -> driver().snapshotPrepared(copy));
            }

            @Override
            public void unavailable() {
                loop.post(() -> driver().snapshotUnavailable());
            }

            @Override
            public void read(long to, SnapshotMeta copy, long offset, byte[] bytes) {
                loop.post(() -> driver().snapshotRead(to, copy, offset, bytes));
            }

            @Override
            public void written(SnapshotMeta snapshot, long through) {
                loop.post(() -> driver().snapshotWritten(snapshot, through));
            }

            @Override
            public void verified(SnapshotMeta snapshot, boolean good) {
                loop.post(() -> driver().snapshotVerified(snapshot, good));
            }
        };
    }

    @Override
    public void failed(Throwable cause) {
        fatal.stop("the log writer", cause);
    }

    private static <T> T joined(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the raft thread runs before its parts are joined");
        }
        return part;
    }
}
