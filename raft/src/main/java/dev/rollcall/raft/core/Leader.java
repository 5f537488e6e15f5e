package dev.rollcall.raft.core;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a member does while it leads one term. It gives up by itself when a quorum has not been heard from, or when its own
 * disk no longer keeps up: a leader that cannot write must not keep others from leading.
 */
final class Leader {
    private final MemberState state;
    private final Replication replication;
    private final Reconfiguration reconfiguration;
    private final ReadIndexQueue reads;
    private final @Nullable LeaderLease lease;
    private final List<Ready.Read> outcomes;
    private final long began;
    private long commitAtLastCheck;
    private boolean heartbeatDue;
    private long transferTarget;
    private long transferBegan;
    private boolean transferOrdered;

    /** @param outcomes takes the outcomes of this member's own reads */
    Leader(MemberState state, List<Ready.Read> outcomes) {
        this.state = state;
        this.outcomes = outcomes;
        this.replication = new Replication(state);
        this.reads = new ReadIndexQueue(state.config.maxPendingReads());
        this.lease = LeaderLease.of(state.config);
        this.began = state.now;
        append(EntryKind.NOOP, new byte[0]);
        this.reconfiguration = new Reconfiguration(state, replication, state.log.lastIndex());
    }

    Replication replication() {
        return replication;
    }

    long transferTarget() {
        return transferTarget;
    }

    /** One tick. False if this member must no longer lead. */
    boolean tick() {
        long age = state.now - began;
        int timeout = state.config.electionTicksMin();
        if (age % state.config.heartbeatTicks() == 0) {
            heartbeatDue = true;
        }
        if (transferTarget != 0 && state.now - transferBegan >= timeout) {
            transferTarget = 0;
        }
        fail(reads.expire(state.now - timeout));
        if (state.membership.isOnlyVoter(state.self())) {
            return true; // nobody could do better
        }
        return hasQuorum() && (age % timeout != 0 ? !state.diskStalled() : diskKeepsUp());
    }

    ProposeResult propose(List<byte[]> commands) {
        if (transferTarget != 0) {
            return ProposeResult.TRANSFERRING;
        }
        long uncommitted = state.log.bytesBetween(state.log.commit(), state.log.lastIndex());
        long added = 0;
        for (byte[] command : commands) {
            added += command.length;
        }
        if (uncommitted > 0 && uncommitted + added > state.config.maxUncommittedBytes()) {
            return ProposeResult.OVERLOADED;
        }
        for (byte[] command : commands) {
            append(EntryKind.NORMAL, command);
        }
        return ProposeResult.ACCEPTED;
    }

    ChangeResult change(MembershipChange change, byte[] context) {
        if (transferTarget != 0) {
            return new ChangeResult(
                    ChangeResult.Reason.TRANSFERRING, "leadership is being handed to member " + transferTarget);
        }
        ChangeResult refusal = reconfiguration.refusal(change);
        if (refusal != null) {
            return refusal;
        }
        append(new ConfigEntry(state.membership.with(change), context));
        return ChangeResult.ACCEPTED;
    }

    void read(long from, long id) {
        ReadIndexQueue.Request request = new ReadIndexQueue.Request(from, id, state.now);
        if (!reads.add(request)) {
            fail(List.of(request));
        }
    }

    void answered(Message.AppendResponse response) {
        Progress follower = replication.of(response.from());
        if (follower != null) {
            follower.heard(state.now);
            replication.answered(follower, response);
            orderTransferIfCaughtUp();
        }
    }

    void answered(Message.HeartbeatResponse response) {
        Progress follower = replication.of(response.from());
        if (follower != null) {
            follower.heard(state.now);
            follower.heartbeatAnswered(response.round());
            replication.pokeIfSilent(follower);
        }
    }

    void answered(Message.SnapshotAnswer answer) {
        Progress follower = replication.of(answer.from());
        if (follower != null) {
            follower.heard(state.now);
        }
    }

    void peerGone(long id) {
        Progress follower = replication.of(id);
        if (follower != null) {
            follower.connectionLost();
        }
        if (id == transferTarget) {
            transferTarget = 0;
        }
    }

    void transfer(long target) {
        Progress follower = target == 0 ? replication.bestFollower() : replication.of(target);
        if (follower != null && state.membership.voters().contains(follower.id()) && transferTarget == 0) {
            transferTarget = follower.id();
            transferBegan = state.now;
            transferOrdered = false;
            orderTransferIfCaughtUp();
        }
    }

    /**
     * The membership has changed. False if this member must no longer lead; the member that has most of the log is then told to
     * take over, so that nobody waits for an election timeout.
     */
    boolean configure() {
        replication.configure();
        if (!state.membership.voters().contains(transferTarget)) {
            transferTarget = 0;
        }
        replication.advanceCommit();
        if (state.membership.isVoter(state.self())) {
            return true;
        }
        boolean ordered = transferTarget != 0 && transferOrdered; // two candidates would share the votes
        Progress successor = ordered ? null : replication.bestFollower();
        if (successor != null) {
            orderElection(successor);
        }
        return false;
    }

    /** Sends what has accumulated: one stream of appends and at most one heartbeat or notice for each follower. */
    void send(long nanos) {
        boolean mayRead = replication.committedInTerm();
        if (mayRead && lease != null && reads.hasWaiting() && lease.holds(confirmedByQuorum(), nanos)) {
            reads.takeWaiting().forEach(request -> answer(request, state.log.commit()));
        }
        if (mayRead && reads.hasWaiting() && (heartbeatDue || !reads.roundUnderWay())) {
            reads.begin(state.newRound(), state.log.commit());
            heartbeatDue = true;
        } else if (heartbeatDue && lease != null) {
            state.newRound();
        }
        if (heartbeatDue && lease != null) {
            lease.roundBegins(state.lastRound(), nanos);
        }
        if (transferTarget == 0 && reconfiguration.mayLeaveJoint()) {
            append(new ConfigEntry(state.membership.settled(), new byte[0]));
        }
        replication.sendAll();
        for (Progress follower : replication.all()) {
            if (heartbeatDue) {
                replication.heartbeat(follower);
            } else {
                replication.noticeOfCommit(follower);
            }
        }
        heartbeatDue = false;
    }

    /** Answers the reads whose round a quorum has confirmed. */
    void answerReads() {
        for (ReadIndexQueue.Answer answer : reads.confirmed(confirmedByQuorum())) {
            for (ReadIndexQueue.Request request : answer.requests()) {
                answer(request, answer.index());
            }
        }
    }

    /** Leadership is over, and with it every proof under way. */
    void end() {
        fail(reads.drain());
    }

    private void append(EntryKind kind, byte[] data) {
        long index = state.log.lastIndex() + 1;
        state.log.append(new Entry(index, state.role.term(), kind, data));
        state.persistence.entriesChanged(index);
    }

    private void append(ConfigEntry change) {
        append(EntryKind.CONFIG, change.encode());
        reconfiguration.proposed(state.log.lastIndex());
    }

    private void orderTransferIfCaughtUp() {
        Progress target = transferTarget == 0 ? null : replication.of(transferTarget);
        if (target != null && !transferOrdered && target.match() == state.log.lastIndex()) {
            transferOrdered = true;
            orderElection(target);
        }
    }

    private void orderElection(Progress successor) {
        if (lease != null) {
            lease.giveUp();
        }
        state.outbox.send(new Message.TimeoutNow(state.self(), successor.id(), state.role.term()));
    }

    private boolean hasQuorum() {
        return Quorum.holds(state.membership, id -> {
            Progress follower = replication.of(id);
            return id == state.self() || (follower != null && replication.heard(follower));
        });
    }

    /** Whether the own disk has by now what was committed at the check before. */
    private boolean diskKeepsUp() {
        long durable = state.persistence.durableIndex();
        boolean inTime = durable >= commitAtLastCheck;
        commitAtLastCheck = state.log.commit();
        boolean near = state.log.bytesBetween(durable, state.log.commit()) <= state.config.maxUndurableBytes();
        return inTime && near && !state.diskStalled();
    }

    private long confirmedByQuorum() {
        return Quorum.reachedBy(state.membership, this::confirmedRound);
    }

    private long confirmedRound(long id) {
        if (id == state.self()) {
            return state.lastRound();
        }
        Progress follower = replication.of(id);
        return follower == null ? 0 : follower.confirmedRound();
    }

    private void fail(List<ReadIndexQueue.Request> requests) {
        for (ReadIndexQueue.Request request : new ArrayList<>(requests)) {
            answer(request, 0);
        }
    }

    private void answer(ReadIndexQueue.Request request, long index) {
        if (request.from() == state.self()) {
            outcomes.add(new Ready.Read(request.id(), index));
        } else {
            state.outbox.send(new Message.ReadIndexResponse(
                    state.self(), request.from(), state.role.term(), request.id(), index));
        }
    }
}
