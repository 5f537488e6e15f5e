package dev.rollcall.raft.core;

import java.util.List;

/** The receiving side of replication: what a leader's appends and heartbeats do to the log of a follower. */
final class FollowerLog {
    private final MemberState state;

    FollowerLog(MemberState state) {
        this.state = state;
    }

    void append(Message.AppendRequest request) {
        RaftLog log = state.log;
        long self = state.self();
        long term = state.role.term();
        if (request.prevIndex() < log.base()) {
            // All of it that this log no longer holds is applied here. What is committed equals the leader's log.
            state.outbox.sendOnceLogged(
                    new Message.AppendResponse(self, request.from(), term, false, log.commit(), 0, 0));
            return;
        }
        if (!log.matches(request.prevIndex(), request.prevTerm())) {
            if (request.prevIndex() <= log.commit()) {
                throw new RaftInvariantException("leader " + request.from() + " of term " + term + " has term "
                        + request.prevTerm() + " at index " + request.prevIndex() + ", committed here with term "
                        + log.termAt(request.prevIndex()));
            }
            long hint = log.possibleMatch(request.prevIndex(), request.prevTerm());
            state.outbox.send(new Message.AppendResponse(
                    self, request.from(), term, true, request.prevIndex(), hint, log.termAt(hint)));
            return;
        }
        accept(request.entries());
        // Beyond the last entry of this message the log may still hold entries of an older leader.
        long agreed = request.prevIndex() + request.entries().size();
        log.commitTo(Math.min(request.commit(), agreed));
        state.outbox.sendOnceLogged(new Message.AppendResponse(self, request.from(), term, false, agreed, 0, 0));
    }

    void heartbeat(Message.HeartbeatRequest request) {
        state.log.commitTo(request.commit());
        state.outbox.send(
                new Message.HeartbeatResponse(state.self(), request.from(), state.role.term(), request.round()));
    }

    void commit(Message.CommitNotice notice) {
        state.log.commitTo(notice.commit());
    }

    /**
     * Whether a snapshot would bring this log further. If not, the leader is told how far it is; a log that holds the
     * snapshot's last entry needs only to know that it is committed.
     */
    boolean needs(SnapshotMeta snapshot, long leader) {
        RaftLog log = state.log;
        if (log.matches(snapshot.index(), snapshot.term())) {
            log.commitTo(snapshot.index());
        }
        if (snapshot.index() > log.commit()) {
            return true;
        }
        state.outbox.sendOnceLogged(
                new Message.AppendResponse(state.self(), leader, state.role.term(), false, log.commit(), 0, 0));
        return false;
    }

    /** Takes over a snapshot that is needed, in place of the whole log. */
    void restart(SnapshotMeta snapshot, long leader) {
        long committed = state.log.commit();
        state.log.restart(snapshot.index(), snapshot.term());
        state.persistence.restarted(snapshot, committed);
        if (leader != 0) {
            state.outbox.sendOnceLogged(
                    new Message.AppendResponse(state.self(), leader, state.role.term(), false, snapshot.index(), 0, 0));
        }
    }

    /** Takes over what is new. A message that was overtaken must not cut off what came after it. */
    private void accept(List<Entry> entries) {
        RaftLog log = state.log;
        for (Entry entry : entries) {
            if (log.matches(entry.index(), entry.term())) {
                continue;
            }
            if (entry.index() <= log.lastIndex()) {
                log.cut(entry.index());
            }
            state.persistence.entriesChanged(entry.index());
            log.append(entry);
        }
        log.evict(state.persistence.durableIndex(), state.apply.applied(), state.config.maxTailBytes());
    }
}
