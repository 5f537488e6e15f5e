package dev.rollcall.raft.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads that wait at a follower for the leader's answer. One question at a time goes out for all that wait; if no answer
 * comes it is put again under a new id, and an answer to the old one is no answer to anything.
 */
final class ReadForwarder {
    private record Waiting(long id, long arrived) {}

    private final MemberState state;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final ArrayDeque<Waiting> asked = new ArrayDeque<>();
    private long question;
    private long askedAt;

    ReadForwarder(MemberState state) {
        this.state = state;
    }

    /** False if too many wait. */
    boolean add(long id) {
        if (waiting.size() + asked.size() >= state.config.maxPendingReads()) {
            return false;
        }
        waiting.add(new Waiting(id, state.now));
        return true;
    }

    /** Asks the leader if reads wait and no question is open, or the open one seems lost. */
    void ask() {
        boolean lost = !asked.isEmpty() && state.now - askedAt >= 2L * state.config.heartbeatTicks();
        if (lost || (asked.isEmpty() && !waiting.isEmpty())) {
            asked.addAll(waiting);
            waiting.clear();
            question = state.newToken();
            askedAt = state.now;
            state.outbox.send(
                    new Message.ReadIndexRequest(state.self(), state.role.leader(), state.role.term(), question));
        }
    }

    /** Reads that this answers; none if it does not answer the open question. */
    List<Long> answered(long id) {
        return id == question ? take(asked, Long.MAX_VALUE) : List.of();
    }

    /** Takes out what has waited for this long, in ticks. */
    List<Long> expire(int ticks) {
        List<Long> expired = take(asked, state.now - ticks);
        expired.addAll(take(waiting, state.now - ticks));
        return expired;
    }

    /** Takes out everything. */
    List<Long> drain() {
        List<Long> all = take(asked, Long.MAX_VALUE);
        all.addAll(take(waiting, Long.MAX_VALUE));
        return all;
    }

    private static List<Long> take(ArrayDeque<Waiting> from, long arrivedBy) {
        List<Long> taken = new ArrayList<>();
        while (!from.isEmpty() && from.getFirst().arrived <= arrivedBy) {
            taken.add(from.removeFirst().id);
        }
        return taken;
    }
}
