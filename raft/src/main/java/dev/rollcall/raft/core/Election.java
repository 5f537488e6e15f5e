package dev.rollcall.raft.core;

import java.util.TreeMap;

/**
 * When to campaign, whom to vote for, and who has voted.
 *
 * <p>Every campaign but the one a leader orders begins with a pre-vote, and contact with a leader forbids both kinds of vote
 * for the shortest election timeout. With the leader's own check of its quorum that keeps members that were paused, cut off
 * or removed from disturbing a leader that works, and still replaces one that does not.
 */
final class Election {
    private final MemberState state;
    private final TreeMap<Long, Boolean> votes = new TreeMap<>();
    private int elapsedTicks;
    private int timeoutTicks;
    private long preVoteRound;
    private boolean transfer;
    private long yieldUntil;
    /** Tick of the last contact with a leader, or of the start: who reads under a lease counts on it. */
    private long contactTick;

    Election(MemberState state) {
        this.state = state;
        restartTimer();
    }

    /** One tick of a member that does not lead. True when it is time to ask for pre-votes. */
    boolean tick() {
        elapsedTicks++;
        if (elapsedTicks >= timeoutTicks) {
            restartTimer();
            return state.mayCampaign();
        }
        if (elapsedTicks % state.config.heartbeatTicks() == 0) {
            ask();
        }
        return false;
    }

    /** Whether contact with a leader forbids voting. A leader is in contact with itself. */
    boolean inContact() {
        return state.role.role() == Role.LEADER
                || (state.role.leader() != 0 && elapsedTicks < state.config.electionTicksMin())
                || keepsPromise();
    }

    /**
     * Whether a leader may still read under a lease that rests on this member. It binds the only voter too: it may have become
     * that just now, by the removal of that leader.
     */
    boolean keepsPromise() {
        return promised() && state.now - contactTick < state.config.electionTicksMin();
    }

    void heardFromLeader() {
        contactTick = state.now;
        restartTimer();
    }

    /** Where leaders read under a lease, contact forbids votes whatever becomes of the leader or the term meanwhile. */
    private boolean promised() {
        return state.config.leaseReads() != null;
    }

    void restartTimer() {
        elapsedTicks = 0;
        int span = state.config.electionTicksMax() - state.config.electionTicksMin() + 1;
        timeoutTicks = state.config.electionTicksMin() + state.random.nextInt(span);
    }

    /** The leader's process is gone: the next pre-vote begins in 1 to 3 ticks. */
    void hurry() {
        if (!promised()) {
            elapsedTicks = 0;
            timeoutTicks = 1 + state.random.nextInt(3);
        }
    }

    void beginPreVote() {
        begin(false);
        preVoteRound = state.newToken();
        votes.put(state.self(), true);
        ask();
    }

    void beginVote(boolean ordered) {
        begin(ordered);
        ask();
        // Counts, like any other vote, once it is durable.
        state.outbox.send(new Message.VoteResponse(state.self(), state.self(), state.role.term(), true));
    }

    /** Answers without changing anything; a lower term is answered too, or its sender would never learn of ours. */
    void answerPreVote(Message.PreVoteRequest request) {
        boolean granted = !inContact()
                && request.campaignTerm() > state.role.term()
                && state.log.isCoveredBy(request.lastIndex(), request.lastTerm());
        if (granted && outranks(request)) {
            yieldUntil = state.now + state.config.heartbeatTicks() / 2;
        }
        state.outbox.send(new Message.PreVoteResponse(
                state.self(),
                request.from(),
                state.role.term(),
                request.round(),
                granted,
                state.log.commit(),
                state.log.termAt(state.log.commit())));
    }

    /** A request of the present term. A learner votes too: it may have been promoted without knowing it yet. */
    void answerVote(Message.VoteRequest request) {
        boolean free = state.role.vote() == request.from() || (state.role.vote() == 0 && state.role.leader() == 0);
        boolean granted = free && state.log.isCoveredBy(request.lastIndex(), request.lastTerm());
        if (granted) {
            state.role.follow(state.role.term(), 0);
            state.role.castVote(request.from());
            restartTimer();
        }
        state.outbox.send(new Message.VoteResponse(state.self(), request.from(), state.role.term(), granted));
    }

    void countPreVote(Message.PreVoteResponse response) {
        if (state.role.role() == Role.PRE_CANDIDATE && response.round() == preVoteRound) {
            votes.put(response.from(), response.granted());
        }
    }

    void countVote(Message.VoteResponse response) {
        if (state.role.role() == Role.CANDIDATE) {
            votes.putIfAbsent(response.from(), response.granted());
        }
    }

    /**
     * Whether the votes asked for make a quorum. Of two members that ask around at the same moment, the one with the shorter
     * log, or the lower id, gives the other a head start, so that they seldom split the vote.
     */
    boolean won() {
        boolean yielding = state.role.role() == Role.PRE_CANDIDATE && state.now < yieldUntil;
        return !yielding && Quorum.holds(state.membership, id -> votes.getOrDefault(id, false));
    }

    /** Whether refusals make a quorum of votes impossible in this term. */
    boolean lost() {
        return state.role.role() == Role.CANDIDATE
                && !Quorum.holds(state.membership, id -> votes.getOrDefault(id, true));
    }

    private void begin(boolean ordered) {
        votes.clear();
        transfer = ordered;
        restartTimer();
    }

    /** Asks those who have not said yes; again from time to time, for messages get lost. */
    private void ask() {
        Role role = state.role.role();
        if (role != Role.PRE_CANDIDATE && role != Role.CANDIDATE) {
            return;
        }
        long lastIndex = state.log.lastIndex();
        long lastTerm = state.log.lastTerm();
        long term = state.role.term();
        long commit = state.log.commit();
        long commitTerm = state.log.termAt(commit);
        for (long id : state.membership.members()) {
            if (id == state.self() || votes.getOrDefault(id, false) || !state.membership.isVoter(id)) {
                continue;
            }
            state.outbox.send(
                    role == Role.PRE_CANDIDATE
                            ? new Message.PreVoteRequest(
                                    state.self(), id, term, preVoteRound, lastIndex, lastTerm, commit, commitTerm)
                            : new Message.VoteRequest(state.self(), id, term, lastIndex, lastTerm, transfer));
        }
    }

    private boolean outranks(Message.PreVoteRequest request) {
        boolean sameLog = request.lastIndex() == state.log.lastIndex() && request.lastTerm() == state.log.lastTerm();
        return state.role.role() == Role.PRE_CANDIDATE && (!sameLog || request.from() > state.self());
    }
}
