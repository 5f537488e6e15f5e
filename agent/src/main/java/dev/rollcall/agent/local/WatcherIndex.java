package dev.rollcall.agent.local;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Finds the watchers of a key: those of that key alone by hash, those of ranges by interval tree. Belongs to one event
 * loop.
 */
final class WatcherIndex {
    private final Map<ByteString, Set<Watcher>> singles = new HashMap<>();
    private final IntervalTree<Watcher> ranges = new IntervalTree<>();
    private int size;

    void add(Watcher watcher) {
        boolean added = watcher.range().single()
                ? singles.computeIfAbsent(keyOf(watcher), key -> new LinkedHashSet<>())
                        .add(watcher)
                : ranges.add(watcher.range(), watcher);
        size += added ? 1 : 0;
    }

    void remove(Watcher watcher) {
        if (!watcher.range().single()) {
            size -= ranges.remove(watcher.range(), watcher) ? 1 : 0;
            return;
        }
        Set<Watcher> same = singles.get(keyOf(watcher));
        if (same != null && same.remove(watcher)) {
            size--;
            if (same.isEmpty()) {
                singles.remove(keyOf(watcher));
            }
        }
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Calls back with every watcher whose range has this event's key. The index must not be changed meanwhile. */
    void forEachOf(WatchedEvent event, Consumer<Watcher> consumer) {
        Set<Watcher> same = singles.get(event.key());
        if (same != null) {
            same.forEach(consumer);
        }
        ranges.forEachAround(event.keyBytes(), consumer);
    }

    /** All of them, as they are now. */
    List<Watcher> all() {
        List<Watcher> all = new ArrayList<>(size);
        singles.values().forEach(all::addAll);
        all.addAll(ranges.all());
        return all;
    }

    private static ByteString keyOf(Watcher watcher) {
        return ByteString.copyFrom(watcher.range().from());
    }
}
