package dev.rollcall.raft.sim;

import java.util.PriorityQueue;

/** Simulated time in microseconds, and what is due when. Events of the same moment run in the order they were made. */
final class Timeline {
    private record Event(long at, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long now;
    private long order;

    long now() {
        return now;
    }

    void after(long micros, Runnable action) {
        events.add(new Event(now + Math.max(0, micros), order++, action));
    }

    /** Runs what is due up to a moment, and moves there. */
    void runUntil(long micros) {
        for (Event next = events.peek(); next != null && next.at <= micros; next = events.peek()) {
            events.remove();
            now = next.at;
            next.action.run();
        }
        now = micros;
    }
}
