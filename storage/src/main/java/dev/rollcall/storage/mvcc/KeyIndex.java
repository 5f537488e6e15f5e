package dev.rollcall.storage.mvcc;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keys in byte order, each with its history. The apply thread alone adds and removes keys; any thread reads, without a lock.
 *
 * <p>Two structures, each for what it does best: blocks of sorted keys for ranges, a hash table for single keys. Together
 * they take 15 to 25 bytes a key; a skip list takes 36, and a miss of the cache on every one of its twenty levels.
 */
final class KeyIndex {
    private final KeyBlocks ordered = new KeyBlocks();
    private final KeyTable byKey = new KeyTable(ordered);

    @Nullable
    KeyHistory get(byte[] key) {
        return byKey.find(key);
    }

    /** Apply thread. */
    KeyHistory getOrAdd(byte[] key) {
        KeyHistory known = get(key);
        if (known != null) {
            return known;
        }
        KeyHistory added = new KeyHistory(key);
        ordered.add(added);
        byKey.add(added);
        return added;
    }

    /** Apply thread. */
    void remove(KeyHistory history) {
        byKey.remove(history);
        ordered.remove(history);
    }

    /** Histories of the keys in this range, in order; iterating it meets every key that is there throughout. */
    Iterable<KeyHistory> in(KeyRange range) {
        if (range.isEmpty()) {
            return List.of();
        }
        if (range.single()) {
            KeyHistory only = get(range.from());
            return only == null ? List.of() : List.of(only);
        }
        return ordered.between(range.from(), range.to());
    }

    Iterable<KeyHistory> all() {
        return ordered;
    }
}
