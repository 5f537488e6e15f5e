package dev.rollcall.raft.driver;

import dev.rollcall.raft.core.ChangeResult;
import dev.rollcall.raft.core.ConfigEntry;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.MembershipChange;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.ProposeResult;
import dev.rollcall.raft.core.Raft;
import dev.rollcall.raft.core.RaftConfig;
import dev.rollcall.raft.core.RaftInvariantException;
import dev.rollcall.raft.core.RaftStatus;
import dev.rollcall.raft.core.Ready;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.core.SoftState;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The consensus core joined to its ports. Inputs only step the core; {@link #flush} carries out what has accumulated, so
 * that whatever arrived together shares one disk write, one append per follower and one round of proof.
 *
 * <p>One thread owns it and makes every call, the completions included. A {@link RaftInvariantException} out of any method
 * means that this member must stop.
 */
public final class RaftDriver {
    private final Raft raft;
    private final LogStore store;
    private final Transport transport;
    private final StateMachine machine;
    private final RaftConfig.@Nullable LeaseReads leaseReads;
    private final SnapshotSender sender;
    private final SnapshotReceiver receiver;

    /**
     * @param membership the configuration in force at {@code applied}
     * @param log what the disk held
     * @param applied index up to which the state machine already holds the log; {@link StateMachine#apply} starts above it
     * @param random draws the election timeouts
     */
    public RaftDriver(
            RaftConfig config,
            Membership membership,
            RecoveredLog log,
            long applied,
            LogStore store,
            Transport transport,
            StateMachine machine,
            SnapshotStore snapshots,
            RandomGenerator random) {
        this.raft = new Raft(
                config,
                membership,
                log.hardState(),
                log.snapshotIndex(),
                log.snapshotTerm(),
                log.termRuns(),
                log.tail(),
                applied,
                random);
        this.store = store;
        this.transport = transport;
        this.machine = machine;
        this.leaseReads = config.leaseReads();
        this.sender = new SnapshotSender(raft, config.id(), snapshots, config.electionTicksMin());
        this.receiver = new SnapshotReceiver(raft, config.id(), snapshots);
    }

    /** 10 ms have passed. Ticks missed in a pause are not made up for: the caller ticks once. */
    public void tick() {
        raft.tick();
        sender.tick();
    }

    /** A peer said this. The caller has checked that it comes from the member it names. */
    public void receive(Message message) {
        raft.receive(message);
        if (message.to() != raft.id()) {
            return;
        }
        if (message instanceof Message.SnapshotOffer offer) {
            receiver.offered(offer);
        } else if (message instanceof Message.SnapshotChunk chunk) {
            receiver.arrived(chunk);
        } else if (message instanceof Message.SnapshotAnswer answer && raft.isForLeader(answer)) {
            sender.answered(answer);
        }
    }

    /** Puts one entry for each command into the log, all of them or none. */
    public ProposeResult propose(List<byte[]> commands) {
        return raft.propose(commands);
    }

    /**
     * Proposes a change of membership as a {@code CONFIG} entry, whose data is a {@link ConfigEntry}. It takes effect with
     * {@link #configure}; a joint configuration is left by itself.
     *
     * @param context the state machine's own bytes, which come back with the entry
     */
    public ChangeResult proposeChange(MembershipChange change, byte[] context) {
        return raft.change(change, context);
    }

    /**
     * Asks from which index on a read that starts now sees every acknowledged write; answered by {@link
     * StateMachine#readReady} or {@link StateMachine#readFailed}. Works on every member.
     *
     * @param id chosen by the caller, not in use
     */
    public void readIndex(long id) {
        raft.readIndex(id);
    }

    /**
     * Hands leadership over; does nothing unless this member leads. Proposals are refused until it is done or given up.
     *
     * @param target a voter, or 0 for the one whose log is longest
     */
    public void transferLeadership(long target) {
        raft.transferLeadership(target);
    }

    /** The connection to this peer closed and a new one was refused: its process is gone. */
    public void peerGone(long id) {
        raft.peerGone(id);
    }

    /** The write with this number, and every one before it, is durable. */
    public void persisted(long seq) {
        raft.persisted(seq);
    }

    /** The state machine holds everything up to this index. */
    public void applied(long index) {
        raft.applied(index);
    }

    /** What {@link LogStore#load} was asked for; empty if the log no longer begins that early. */
    public void entriesLoaded(long first, List<Entry> entries) {
        raft.entriesLoaded(first, entries);
    }

    /** {@link SnapshotStore#prepare} has made this copy. */
    public void snapshotPrepared(SnapshotMeta copy) {
        sender.prepared(copy);
    }

    /** {@link SnapshotStore#prepare} has failed; it is asked again after a while if it is still needed. */
    public void snapshotUnavailable() {
        sender.unavailable();
    }

    /** What {@link SnapshotStore#read} was asked for. */
    public void snapshotRead(long to, SnapshotMeta copy, long offset, byte[] bytes) {
        sender.read(to, copy, offset, bytes);
    }

    /** {@link SnapshotStore#write} has put this snapshot's bytes up to {@code through} on disk. */
    public void snapshotWritten(SnapshotMeta snapshot, long through) {
        receiver.written(snapshot, through);
    }

    /** What {@link SnapshotStore#verify} has found; false also, at any time, for one that cannot be stored. */
    public void snapshotVerified(SnapshotMeta snapshot, boolean good) {
        receiver.verified(snapshot, good);
    }

    /**
     * Index up to which the log may be truncated without cutting off a follower that is being sent a snapshot; {@link
     * Long#MAX_VALUE} if none is.
     */
    public long truncatableThrough() {
        return sender.needsLogAbove();
    }

    /** The log on disk no longer holds anything up to this index, which is applied. */
    public void truncatedThrough(long index) {
        raft.truncatedThrough(index);
    }

    /**
     * The configuration in force, once the entry that changed it is applied; to be told before {@link #applied} is told of that
     * entry.
     */
    public void configure(Membership now) {
        raft.configure(now);
    }

    /** Carries out what has accumulated. Call it after every batch of inputs. */
    public void flush() {
        sender.serve(raft.lagging(), raft.logBase());
        Ready ready = raft.takeReady(leaseReads == null ? 0 : leaseReads.clock().getAsLong());
        if (!ready.messages().isEmpty()) {
            transport.send(ready.messages());
        }
        Ready.Write write = ready.write();
        if (write != null) {
            store.append(new LogWrite(write.seq(), write.hardState(), write.snapshot(), write.entries()));
        }
        for (Ready.Load load : ready.loads()) {
            store.load(load.first(), load.last(), load.maxBytes());
        }
        if (ready.softState() != null) {
            machine.leadership(ready.softState());
        }
        if (ready.restored() != null) {
            machine.restored(ready.restored());
        }
        if (!ready.committed().isEmpty()) {
            machine.apply(ready.committed());
        }
        for (Ready.Read read : ready.reads()) {
            if (read.index() == 0) {
                machine.readFailed(read.id());
            } else {
                machine.readReady(read.id(), read.index());
            }
        }
    }

    /** Term, leader and role as of the last input: what decides whether the next proposal is taken. */
    public SoftState softState() {
        return raft.softState();
    }

    public RaftStatus status() {
        return raft.status();
    }
}
