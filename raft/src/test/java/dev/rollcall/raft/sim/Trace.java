package dev.rollcall.raft.sim;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What happened: a hash over everything, and the last of it in words. Two runs of one seed have the same hash. */
final class Trace {
    private static final int KEPT = 160;

    private record Item(long at, long node, String what, Object detail) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT, "%8d.%03d ms  %s  %s %s", at / 1000, at % 1000, node == 0 ? "-" : node, what, detail);
        }
    }

    private final Timeline timeline;
    private final @Nullable Item[] last = new Item[KEPT];
    private long recorded;
    private long hash = 17;
    private long events;

    Trace(Timeline timeline) {
        this.timeline = timeline;
    }

    /**
     * Something worth knowing.
     *
     * @param node 0 for the cluster as a whole
     * @param digest of the detail; equal in every run of the seed
     */
    void record(long node, String what, Object detail, long digest) {
        hash = Hash.mix(Hash.mix(Hash.mix(hash, timeline.now()), node * 31 + what.hashCode()), digest);
        last[(int) (recorded++ % KEPT)] = new Item(timeline.now(), node, what, detail);
    }

    /** An input that a node is about to take: an event. */
    void step(long node, String what, Object detail, long digest) {
        events++;
        record(node, what, detail, digest);
    }

    long hash() {
        return hash;
    }

    /** Inputs that nodes have taken: ticks, messages, completions of disk and state machine, requests of clients. */
    long events() {
        return events;
    }

    String lastEvents() {
        StringBuilder text = new StringBuilder();
        for (long i = Math.max(0, recorded - KEPT); i < recorded; i++) {
            text.append(last[(int) (i % KEPT)]).append('\n');
        }
        return text.toString();
    }
}
