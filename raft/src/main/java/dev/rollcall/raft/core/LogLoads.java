package dev.rollcall.raft.core;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Reads of old entries from the disk: at most one at a time for each place in the log. */
final class LogLoads {
    private final TreeSet<Long> outstanding = new TreeSet<>();
    private List<Ready.Load> wanted = new ArrayList<>();

    void request(long first, long last, long maxBytes) {
        if (outstanding.add(first)) {
            wanted.add(new Ready.Load(first, last, (int) Math.min(maxBytes, Integer.MAX_VALUE)));
        }
    }

    void arrived(long first) {
        outstanding.remove(first);
    }

    List<Ready.Load> take() {
        List<Ready.Load> taken = wanted;
        wanted = new ArrayList<>();
        return taken;
    }
}
