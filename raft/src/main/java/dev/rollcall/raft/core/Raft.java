package dev.rollcall.raft.core;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Consensus of one member as a function of (state, input): every method is an input, and {@link #takeReady} is the output.
 * No clock but {@link #tick}, no chance but the generator it is given, nothing that blocks.
 *
 * <p>This class holds the rules that come before all others: what a message's term does, who may become what, and what
 * happens at each change of role. The rest is with {@link Election}, {@link Leader} and {@link FollowerLog}.
 */
public final class Raft {
    private final MemberState state;
    private final Election election;
    private final FollowerLog followerLog;
    private final ReadForwarder forwarder;
    private @Nullable Leader leader;
    private final List<Ready.Read> reads = new ArrayList<>();
    private @Nullable SoftState reported;
    private @Nullable SnapshotMeta restored;
    /** Until when an order to campaign, given by the leader of the present term, may still be followed. */
    private long orderedUntil;

    /**
     * @param membership the configuration in force at {@code applied}
     * @param snapshotIndex index that the log follows
     * @param termRuns of the whole log above it
     * @param tail at least everything above what is committed
     * @param applied index up to which the state machine already holds the log
     */
    public Raft(
            RaftConfig config,
            Membership membership,
            HardState hardState,
            long snapshotIndex,
            long snapshotTerm,
            List<TermRun> termRuns,
            List<Entry> tail,
            long applied,
            RandomGenerator random) {
        // What was applied was committed, even if the hint on disk is older.
        long commit = Math.max(Math.max(hardState.commit(), applied), snapshotIndex);
        RaftLog log = new RaftLog(snapshotIndex, snapshotTerm, termRuns, tail, commit);
        if (applied < snapshotIndex) {
            throw new RaftInvariantException(
                    "the log begins above " + snapshotIndex + ", only " + applied + " is applied");
        }
        if (log.lastTerm() > hardState.term()) {
            throw new RaftInvariantException(
                    "the log ends in term " + log.lastTerm() + ", the recorded term is " + hardState.term());
        }
        this.state = new MemberState(config, membership, hardState, log, applied, random);
        this.election = new Election(state);
        this.followerLog = new FollowerLog(state);
        this.forwarder = new ReadForwarder(state);
    }

    public void tick() {
        state.now++;
        state.persistence.tick();
        for (long id : forwarder.expire(state.config.electionTicksMin())) {
            reads.add(new Ready.Read(id, 0));
        }
        if (leader != null) {
            if (!leader.tick()) {
                becomeFollower(state.role.term(), 0);
            }
        } else if (state.membership.isOnlyVoter(state.self()) && state.role.role() != Role.CANDIDATE) {
            if (state.mayCampaign() && !election.keepsPromise()) {
                becomeCandidate(false);
            }
        } else if (election.tick()) {
            becomePreCandidate();
        } else {
            settleElection();
        }
    }

    public void receive(Message message) {
        if (message.to() == state.self() && message.from() != state.self()) {
            step(message);
            settle();
        }
    }

    public ProposeResult propose(List<byte[]> commands) {
        return leader == null ? ProposeResult.NOT_LEADER : leader.propose(commands);
    }

    public ChangeResult change(MembershipChange change, byte[] context) {
        return leader == null
                ? new ChangeResult(ChangeResult.Reason.NOT_LEADER, "member " + state.self() + " does not lead")
                : leader.change(change, context);
    }

    public void readIndex(long id) {
        if (leader != null) {
            leader.read(state.self(), id);
        } else if (state.role.leader() == 0 || !forwarder.add(id)) {
            reads.add(new Ready.Read(id, 0));
        }
    }

    public void transferLeadership(long target) {
        if (leader != null && target != state.self()) {
            leader.transfer(target);
        }
    }

    public void peerGone(long id) {
        if (leader != null) {
            leader.peerGone(id);
        } else if (state.role.leader() == id) {
            state.role.forgetLeader();
            failForwarded();
            election.hurry();
        }
    }

    public void persisted(long seq) {
        state.persistence.persisted(seq);
        SnapshotMeta durable = state.persistence.takeRestored();
        if (durable != null) {
            state.apply.restored(durable.index());
            restored = durable;
            configure(durable.membership());
        }
        state.outbox.release();
        if (leader != null) {
            leader.replication().advanceCommit();
        }
        evict();
        settle();
    }

    public void applied(long index) {
        state.apply.applied(index);
        evict();
        campaignIfOrdered();
        settle();
    }

    /** Old entries, all of them committed, have been read. */
    public void entriesLoaded(long first, List<Entry> entries) {
        state.loads.arrived(first);
        if (entries.isEmpty() || first <= state.log.base()) {
            return; // truncated meanwhile
        }
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (entry.index() != first + i || !state.log.matches(entry.index(), entry.term())) {
                throw new RaftInvariantException("entry " + entry + " was read where " + (first + i) + " of term "
                        + state.log.termAt(first + i) + " belongs");
            }
        }
        state.apply.loaded(entries, state.log);
        if (leader != null) {
            leader.replication().loaded(entries);
        }
    }

    /** The disk no longer holds the log up to this index. */
    public void truncatedThrough(long index) {
        if (index > Math.min(state.apply.applied(), state.persistence.durableIndex())) {
            throw new RaftInvariantException("the log was truncated through " + index + ", applied is "
                    + state.apply.applied() + ", durable " + state.persistence.durableIndex());
        }
        state.log.truncatedThrough(index);
    }

    public void configure(Membership now) {
        state.membership = now;
        if (leader != null && !leader.configure()) {
            becomeFollower(state.role.term(), 0);
        } else if (state.role.role() != Role.LEADER
                && state.role.role() != Role.FOLLOWER
                && !now.isVoter(state.self())) {
            becomeFollower(state.role.term(), 0);
        }
    }

    /**
     * Whether a snapshot that the leader of this term offers would bring this member further. If not, the leader is told so,
     * and nothing needs to be sent.
     */
    public boolean needsSnapshot(Message.SnapshotOffer offer) {
        return isFromLeader(offer)
                && !state.persistence.restoring()
                && followerLog.needs(offer.snapshot(), offer.from());
    }

    /** Whether this message is of the present term and its sender leads that, as far as this member knows. */
    public boolean isFromLeader(Message message) {
        return leader == null && message.term() == state.role.term() && message.from() == state.role.leader();
    }

    /** Followers that are heard from and can only be helped by a snapshot; none unless this member leads. */
    public List<Long> lagging() {
        return leader == null ? List.of() : leader.replication().lagging();
    }

    /** Whether this message is of the present term and this member leads that. */
    public boolean isForLeader(Message message) {
        return leader != null && message.term() == state.role.term();
    }

    public boolean leads() {
        return leader != null;
    }

    /** This member. */
    public long id() {
        return state.self();
    }

    /** Index that the log's first entry follows. */
    public long logBase() {
        return state.log.base();
    }

    /**
     * A snapshot has arrived whole, is checked, and is on disk: takes it over if it still brings this member further. What it
     * replaces stays in force until the write that makes the log follow it is durable.
     *
     * @return whether that write will come
     */
    public boolean snapshotReceived(SnapshotMeta snapshot) {
        boolean follows = state.role.role() == Role.FOLLOWER || state.role.role() == Role.PRE_CANDIDATE;
        if (!follows
                || state.persistence.restoring()
                || snapshot.index() <= state.log.commit()
                || state.log.matches(snapshot.index(), snapshot.term())) {
            return false;
        }
        followerLog.restart(snapshot, state.role.leader());
        return true;
    }

    /** Sends a message about a snapshot, no sooner than the term it carries is durable. */
    public void say(Message message) {
        state.outbox.send(message);
    }

    /**
     * What is to be carried out now.
     *
     * @param nanos what the clock of {@link RaftConfig.LeaseReads} shows, after every input so far; without meaning if there
     *     is none
     */
    public Ready takeReady(long nanos) {
        if (leader != null) {
            leader.send(nanos);
            leader.answerReads();
        } else if (state.role.leader() != 0) {
            forwarder.ask();
        }
        state.apply.fill(state.log, state.loads);
        Ready.Write write = state.persistence.takeWrite(state.role.hardState(state.log.commit()), state.log);
        List<Ready.Read> outcomes = List.copyOf(reads);
        reads.clear();
        SnapshotMeta nowRestored = restored;
        restored = null;
        return new Ready(
                state.outbox.take(),
                write,
                nowRestored,
                state.apply.take(),
                takeSoftState(),
                outcomes,
                state.loads.take());
    }

    /** Term, leader and role as they are now, unlike those last reported. */
    public SoftState softState() {
        return state.role.softState();
    }

    public RaftStatus status() {
        List<RaftStatus.Follower> followers = new ArrayList<>();
        if (leader != null) {
            for (Progress follower : leader.replication().all()) {
                followers.add(follower.status(leader.replication().heard(follower)));
            }
        }
        return new RaftStatus(
                state.self(),
                state.role.softState(),
                state.log.base() + 1,
                state.log.commit(),
                state.apply.applied(),
                state.log.lastIndex(),
                state.persistence.durableIndex(),
                state.membership,
                leader == null ? 0 : leader.transferTarget(),
                List.copyOf(followers));
    }

    /** What the term of a message means comes first; then its kind. */
    private void step(Message message) {
        if (message instanceof Message.PreVoteRequest request) {
            learnCommit(request.commit(), request.commitTerm());
            election.answerPreVote(request); // never a reason to change the own term
            return;
        }
        if (message instanceof Message.PreVoteResponse response) {
            learnCommit(response.commit(), response.commitTerm());
        }
        if (message instanceof Message.PreVoteResponse response && message.term() < state.role.term()) {
            // Asking taught the other nothing, so its term may well be lower; the round says what this answers.
            election.countPreVote(response);
            return;
        }
        if (message.term() < state.role.term()) {
            tellNewerTerm(message);
            return;
        }
        if (message.term() > state.role.term()) {
            if (message instanceof Message.VoteRequest request && !request.transfer() && election.inContact()) {
                return; // the leader works: whoever campaigns was cut off, or removed
            }
            becomeFollower(message.term(), 0);
        }
        if (message instanceof Message.AppendRequest request) {
            heardFromLeader(request.from());
            followerLog.append(request);
        } else if (message instanceof Message.HeartbeatRequest request) {
            heardFromLeader(request.from());
            followerLog.heartbeat(request);
        } else if (message instanceof Message.CommitNotice notice) {
            heardFromLeader(notice.from());
            followerLog.commit(notice);
        } else if (message instanceof Message.SnapshotOffer || message instanceof Message.SnapshotChunk) {
            heardFromLeader(message.from());
        } else if (message instanceof Message.VoteRequest request) {
            election.answerVote(request);
        } else if (message instanceof Message.PreVoteResponse response) {
            election.countPreVote(response);
        } else if (message instanceof Message.VoteResponse response) {
            election.countVote(response);
        } else if (message instanceof Message.TimeoutNow) {
            orderedUntil = state.now + state.config.electionTicksMin();
            campaignIfOrdered();
        } else if (message instanceof Message.ReadIndexRequest request) {
            stepReadRequest(request);
        } else if (message instanceof Message.ReadIndexResponse response) {
            stepReadResponse(response);
        } else if (leader != null) {
            stepLeader(leader, message);
        }
    }

    private static void stepLeader(Leader leader, Message message) {
        if (message instanceof Message.AppendResponse response) {
            leader.answered(response);
        } else if (message instanceof Message.HeartbeatResponse response) {
            leader.answered(response);
        } else if (message instanceof Message.SnapshotAnswer answer) {
            leader.answered(answer);
        }
    }

    private void stepReadRequest(Message.ReadIndexRequest request) {
        if (leader != null) {
            leader.read(request.from(), request.id());
        } else {
            state.outbox.send(
                    new Message.ReadIndexResponse(state.self(), request.from(), state.role.term(), request.id(), 0));
        }
    }

    private void stepReadResponse(Message.ReadIndexResponse response) {
        if (leader == null && response.from() == state.role.leader()) {
            for (long id : forwarder.answered(response.id())) {
                reads.add(new Ready.Read(id, response.index()));
            }
        }
    }

    /**
     * An old leader or candidate is told of the newer term. Without an answer a member whose term is ahead, and whose votes
     * the others ignore because they have a leader, would stay outside for ever.
     */
    private void tellNewerTerm(Message message) {
        if (message instanceof Message.AppendRequest
                || message instanceof Message.HeartbeatRequest
                || message instanceof Message.CommitNotice
                || message instanceof Message.SnapshotOffer) {
            state.outbox.send(new Message.HeartbeatResponse(state.self(), message.from(), state.role.term(), 0));
        } else if (message instanceof Message.VoteRequest) {
            state.outbox.send(new Message.VoteResponse(state.self(), message.from(), state.role.term(), false));
        }
    }

    /**
     * What one member knows to be committed is committed for all whose log holds it. Those who ask around without a leader need
     * this: one who knows of a new configuration may be outside it and not campaign, yet have the longest log, while the
     * others count by the old configuration and need its vote.
     */
    private void learnCommit(long index, long term) {
        if (leader == null && index > state.log.commit() && state.log.matches(index, term)) {
            state.log.commitTo(index);
        }
    }

    private void heardFromLeader(long id) {
        if (state.role.role() == Role.LEADER) {
            throw new RaftInvariantException(
                    "members " + state.self() + " and " + id + " both lead term " + state.role.term());
        }
        if (state.role.role() != Role.FOLLOWER) {
            becomeFollower(state.role.term(), id);
        }
        state.role.learnLeader(id);
        election.heardFromLeader();
    }

    /** The order may come a moment too early, while a change of membership is still being applied: it is kept for a while. */
    private void campaignIfOrdered() {
        if (state.now < orderedUntil && state.role.role() == Role.FOLLOWER && state.mayCampaign()) {
            becomeCandidate(true);
        }
    }

    private void becomeFollower(long term, long of) {
        boolean newTerm = term != state.role.term();
        state.role.follow(term, of);
        if (newTerm) {
            termChanged();
        }
        endLeadership();
        failForwarded();
        election.restartTimer();
    }

    private void becomePreCandidate() {
        state.role.askAround();
        failForwarded();
        election.beginPreVote();
        settleElection();
    }

    private void becomeCandidate(boolean ordered) {
        state.role.campaign();
        termChanged();
        failForwarded();
        election.beginVote(ordered);
    }

    private void termChanged() {
        state.outbox.termChanged();
        orderedUntil = 0;
    }

    private void becomeLeader() {
        state.role.lead();
        leader = new Leader(state, reads);
    }

    private void endLeadership() {
        if (leader != null) {
            leader.end();
            leader = null;
        }
    }

    private void failForwarded() {
        for (long id : forwarder.drain()) {
            reads.add(new Ready.Read(id, 0));
        }
    }

    /** Steps what this member has told itself, and draws the consequences of votes. */
    private void settle() {
        for (Message own = state.outbox.pollToSelf(); own != null; own = state.outbox.pollToSelf()) {
            step(own);
        }
        settleElection();
    }

    private void settleElection() {
        Role role = state.role.role();
        if (role == Role.PRE_CANDIDATE && election.won() && state.mayCampaign()) {
            becomeCandidate(false);
        } else if (role == Role.CANDIDATE && election.won()) {
            becomeLeader();
        } else if (role == Role.CANDIDATE && election.lost()) {
            becomeFollower(state.role.term(), 0);
        }
    }

    private void evict() {
        state.log.evict(state.persistence.durableIndex(), state.apply.applied(), state.config.maxTailBytes());
    }

    private @Nullable SoftState takeSoftState() {
        SoftState now = state.role.softState();
        if (now.equals(reported)) {
            return null;
        }
        reported = now;
        return now;
    }
}
