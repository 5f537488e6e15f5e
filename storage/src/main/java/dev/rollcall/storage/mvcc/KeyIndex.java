package dev.rollcall.storage.mvcc;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** Keys in byte order, each with its history. The apply thread alone adds and removes keys; any thread reads. */
final class KeyIndex {
    private final ConcurrentSkipListMap<byte[], KeyHistory> keys = new ConcurrentSkipListMap<>(Arrays::compareUnsigned);

    @Nullable
    KeyHistory get(byte[] key) {
        return keys.get(key);
    }

    /** Apply thread. */
    KeyHistory getOrAdd(byte[] key) {
        KeyHistory known = keys.get(key);
        if (known != null) {
            return known;
        }
        KeyHistory added = new KeyHistory(key);
        keys.put(key, added);
        return added;
    }

    /** Apply thread. */
    void remove(KeyHistory history) {
        keys.remove(history.key);
    }

    /** Histories of the keys in this range, in order; iterating it meets every key that is there throughout. */
    Collection<KeyHistory> in(KeyRange range) {
        if (range.isEmpty()) {
            return List.of();
        }
        if (range.single()) {
            KeyHistory only = keys.get(range.from());
            return only == null ? List.of() : List.of(only);
        }
        byte[] to = range.to();
        return to == null
                ? keys.tailMap(range.from(), true).values()
                : keys.subMap(range.from(), true, to, false).values();
    }

    Collection<KeyHistory> all() {
        return keys.values();
    }
}
