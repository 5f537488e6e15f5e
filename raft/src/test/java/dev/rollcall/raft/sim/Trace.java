package dev.rollcall.raft.sim;

import java.util.ArrayDeque;

/** What happened: a hash over everything, and the last events in words. Two runs of one seed have the same hash. */
final class Trace {
    private static final int KEPT = 120;

    private record Item(long at, long node, String what, Object detail) {
        @Override
        public String toString() {
            return at / 1000 + "." + String.format("%03d", at % 1000) + " ms  " + (node == 0 ? "-" : node) + "  " + what
                    + " " + detail;
        }
    }

    private final Timeline timeline;
    private final ArrayDeque<Item> last = new ArrayDeque<>();
    private long hash = 17;
    private long events;

    Trace(Timeline timeline) {
        this.timeline = timeline;
    }

    /**
     * @param node 0 for the cluster as a whole
     * @param digest of the detail; equal in every run of the seed
     */
    void record(long node, String what, Object detail, long digest) {
        events++;
        hash = Hash.mix(Hash.mix(Hash.mix(hash, timeline.now()), node * 31 + what.hashCode()), digest);
        last.add(new Item(timeline.now(), node, what, detail));
        if (last.size() > KEPT) {
            last.removeFirst();
        }
    }

    long hash() {
        return hash;
    }

    long events() {
        return events;
    }

    String lastEvents() {
        StringBuilder text = new StringBuilder();
        for (Item item : last) {
            text.append(item).append('\n');
        }
        return text.toString();
    }
}
