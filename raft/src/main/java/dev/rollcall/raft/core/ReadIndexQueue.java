package dev.rollcall.raft.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads that wait at a leader for proof that it still leads (ReadIndex, Raft thesis section 6.4). All that wait share one
 * round of heartbeats. A round begins after its reads have arrived, carries a number never used before, and takes the
 * commit index of its beginning; nothing begins before the leader has committed an entry of its term, for until then it does
 * not know how far its predecessors had committed.
 */
final class ReadIndexQueue {
    /**
     * @param from member that asks
     * @param id its name for the read
     * @param arrived tick of its arrival
     */
    record Request(long from, long id, long arrived) {}

    /** @param index what the requests are answered with, 0 if they failed */
    record Answer(List<Request> requests, long index) {}

    private record Round(long number, long index, List<Request> requests) {}

    private final int capacity;
    private final ArrayDeque<Request> waiting = new ArrayDeque<>();
    private final ArrayDeque<Round> rounds = new ArrayDeque<>();
    private int size;

    /** @param capacity reads that may wait at a time */
    ReadIndexQueue(int capacity) {
        this.capacity = capacity;
    }

    /** False if too many wait. */
    boolean add(Request request) {
        if (size >= capacity) {
            return false;
        }
        waiting.add(request);
        size++;
        return true;
    }

    /** Whether reads wait that no round carries. */
    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    boolean roundUnderWay() {
        return !rounds.isEmpty();
    }

    /** Takes out what no round carries. */
    List<Request> takeWaiting() {
        List<Request> taken = List.copyOf(waiting);
        waiting.clear();
        size -= taken.size();
        return taken;
    }

    /** All that wait now belong to the round with this number. */
    void begin(long round, long commit) {
        rounds.add(new Round(round, commit, List.copyOf(waiting)));
        waiting.clear();
    }

    /** A quorum has confirmed this round, and with it every earlier one. */
    List<Answer> confirmed(long round) {
        List<Answer> answers = new ArrayList<>();
        while (!rounds.isEmpty() && rounds.getFirst().number <= round) {
            Round done = rounds.removeFirst();
            size -= done.requests.size();
            answers.add(new Answer(done.requests, done.index));
        }
        return answers;
    }

    /** Takes out what arrived at this tick or before. */
    List<Request> expire(long arrivedBy) {
        List<Request> expired = new ArrayList<>();
        // Arrival order holds across rounds and waiting; a round expires with its youngest request.
        while (!rounds.isEmpty() && youngest(rounds.getFirst()).arrived <= arrivedBy) {
            expired.addAll(rounds.removeFirst().requests);
        }
        while (rounds.isEmpty() && !waiting.isEmpty() && waiting.getFirst().arrived <= arrivedBy) {
            expired.add(waiting.removeFirst());
        }
        size -= expired.size();
        return expired;
    }

    /** Takes out everything. */
    List<Request> drain() {
        return expire(Long.MAX_VALUE);
    }

    private static Request youngest(Round round) {
        return round.requests.get(round.requests.size() - 1);
    }
}
