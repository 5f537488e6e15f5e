package dev.rollcall.raft.core;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The sending side of replication, for one term of leadership: every other member's progress, and the commit rule. */
final class Replication {
    private final MemberState state;
    private final TreeMap<Long, Progress> followers = new TreeMap<>();

    Replication(MemberState state) {
        this.state = state;
        follow(state.log.lastIndex() + 1);
    }

    /**
     * The membership has changed. A newcomer is probed with the last entry: only an answer tells what it lacks. Whoever was
     * removed hears of it, as far as it holds the entry that says so, before it is forgotten.
     */
    void configure() {
        for (Progress follower : followers.values()) {
            if (!state.membership.contains(follower.id())) {
                heartbeat(follower);
            }
        }
        followers.keySet().removeIf(id -> !state.membership.contains(id));
        follow(state.log.lastIndex());
    }

    /** Newcomers start as probes from this index on. */
    private void follow(long next) {
        for (long id : state.membership.members()) {
            if (id != state.self() && !followers.containsKey(id)) {
                followers.put(id, new Progress(id, next, state.config, state.now));
            }
        }
    }

    /** The leader lives; and the commit index, as far as the follower holds what it covers. */
    void heartbeat(Progress follower) {
        long commit = commitFor(follower);
        follower.commitSent(commit);
        state.outbox.send(new Message.HeartbeatRequest(
                state.self(), follower.id(), state.role.term(), commit, state.lastRound()));
    }

    /** What has been committed since it was last told, unless an append has just said so. */
    void noticeOfCommit(Progress follower) {
        long commit = commitFor(follower);
        if (commit > follower.sentCommit()) {
            follower.commitSent(commit);
            state.outbox.send(new Message.CommitNotice(state.self(), follower.id(), state.role.term(), commit));
        }
    }

    private long commitFor(Progress follower) {
        return Math.min(follower.match(), state.log.commit());
    }

    @Nullable
    Progress of(long id) {
        return followers.get(id);
    }

    Iterable<Progress> all() {
        return followers.values();
    }

    /** Raises commit to what a quorum holds durably, if that is of this term (Raft paper, section 5.4.2). */
    void advanceCommit() {
        long durable = Quorum.reachedBy(state.membership, this::durableAt);
        if (durable > state.log.commit() && state.log.termAt(durable) == state.role.term()) {
            state.log.commitTo(durable);
        }
    }

    boolean committedInTerm() {
        return state.log.commit() > 0 && state.log.termAt(state.log.commit()) == state.role.term();
    }

    /** The voter whose log is longest, of those heard from; null if there is none. */
    @Nullable
    Progress bestFollower() {
        Progress best = null;
        for (Progress follower : followers.values()) {
            if (state.membership.voters().contains(follower.id())
                    && heard(follower)
                    && (best == null || follower.match() > best.match())) {
                best = follower;
            }
        }
        return best;
    }

    /** Followers that are there and can only be helped by a snapshot. */
    List<Long> lagging() {
        List<Long> lagging = List.of();
        for (Progress follower : followers.values()) {
            if (follower.state() == ProgressState.SNAPSHOT && heard(follower)) {
                lagging = lagging.isEmpty() ? new ArrayList<>() : lagging;
                lagging.add(follower.id());
            }
        }
        return lagging;
    }

    /** Whether a follower was heard from within an election timeout. */
    boolean heard(Progress follower) {
        return follower.heardWithin(state.config.electionTicksMin(), state.now);
    }

    void answered(Progress follower, Message.AppendResponse response) {
        if (response.index() > state.log.lastIndex()) {
            throw new RaftInvariantException("member " + follower.id() + " answers for index " + response.index()
                    + " of term " + response.term() + ", the leader's log ends at " + state.log.lastIndex());
        }
        if (!response.rejected()) {
            follower.accepted(response.index(), state.now);
            advanceCommit();
            return;
        }
        // Below the base nothing is known of this log; the hint itself then says that a snapshot is needed.
        boolean known = response.hintIndex() >= state.log.base();
        long possible =
                known ? state.log.possibleMatch(response.hintIndex(), response.hintTerm()) : response.hintIndex();
        if (follower.state() != ProgressState.SNAPSHOT) {
            follower.rejected(response.index(), possible);
        } else if (known) {
            follower.becomeProbe(possible + 1);
        }
    }

    /**
     * Sends a follower that has been silent an append without entries, behind all that was sent. It refuses if something was
     * lost, and that is how the loss of the last append comes to light.
     */
    void pokeIfSilent(Progress follower) {
        boolean owes = follower.match() < state.log.lastIndex() && follower.state() != ProgressState.PROBE;
        if (owes && follower.silentFor(state.config.heartbeatTicks(), state.now)) {
            follower.asked(state.now);
            long prev = follower.state() == ProgressState.SNAPSHOT ? state.log.lastIndex() : follower.next() - 1;
            if (prev < state.log.base()) {
                follower.becomeSnapshot(); // the log was truncated under a full window
            } else {
                send(follower, prev, List.of());
            }
        } else if (follower.state() == ProgressState.PROBE && follower.next() > state.log.lastIndex()) {
            // It lacks nothing, so no entry will show that it is there: without this it would stay a probe until the
            // next one.
            send(follower, follower.next() - 1, List.of());
        }
    }

    /** Sends everything that the windows allow. */
    void sendAll() {
        for (Progress follower : followers.values()) {
            sendWhatFits(follower);
        }
    }

    /** Entries have come from the disk for whoever waits at that place. */
    void loaded(List<Entry> entries) {
        long first = entries.get(0).index();
        for (Progress follower : followers.values()) {
            if (!follower.paused() && follower.next() == first) {
                sendEntries(follower, atMost(entries, state.config.maxAppendBytes()));
            }
        }
    }

    private void sendWhatFits(Progress follower) {
        RaftLog log = state.log;
        while (!follower.paused() && follower.next() <= log.lastIndex()) {
            if (follower.next() <= log.base()) {
                follower.becomeSnapshot();
            } else if (log.inMemory(follower.next())) {
                sendEntries(follower, log.slice(follower.next(), log.lastIndex(), state.config.maxAppendBytes()));
            } else {
                state.loads.request(follower.next(), log.memoryFirst() - 1, state.config.maxAppendBytes());
                return;
            }
        }
    }

    private void sendEntries(Progress follower, List<Entry> entries) {
        long bytes = 0;
        for (Entry entry : entries) {
            bytes += entry.sizeBytes();
        }
        long prev = follower.next() - 1;
        follower.sent(prev + entries.size(), bytes);
        follower.commitSent(Math.min(state.log.commit(), prev + entries.size()));
        send(follower, prev, entries);
    }

    private void send(Progress follower, long prev, List<Entry> entries) {
        state.outbox.send(new Message.AppendRequest(
                state.self(),
                follower.id(),
                state.role.term(),
                prev,
                state.log.termAt(prev),
                state.log.commit(),
                entries));
    }

    private long durableAt(long id) {
        if (id == state.self()) {
            return state.persistence.durableIndex();
        }
        Progress follower = followers.get(id);
        return follower == null ? 0 : follower.match();
    }

    private static List<Entry> atMost(List<Entry> entries, long maxBytes) {
        List<Entry> fitting = new ArrayList<>();
        long bytes = 0;
        for (Entry entry : entries) {
            bytes += entry.sizeBytes();
            if (bytes > maxBytes && !fitting.isEmpty()) {
                break;
            }
            fitting.add(entry);
        }
        return List.copyOf(fitting);
    }
}
