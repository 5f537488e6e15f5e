package dev.rollcall.storage.mvcc;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds a history by its whole key: open addressing, at most half full. One thread changes it, any thread reads.
 *
 * <p>A key has {@value #PROBES} places and no more. One that finds none of them free, as happens to whoever chooses keys for
 * that, is left out; while there is such a key, what is not found here is looked for in the order of the keys.
 */
final class KeyTable {
    static final int PROBES = 128;
    private static final int SLOTS_MIN = 64;

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(KeyHistory[].class);
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final KeyHistory REMOVED = new KeyHistory(new byte[0]);

    private static final class Slots {
        final KeyHistory[] items;
        volatile boolean incomplete;

        Slots(int size) {
            items = new KeyHistory[size];
        }
    }

    private final KeyBlocks ordered;
    private volatile Slots slots = new Slots(SLOTS_MIN);
    /** Places taken, those of removed keys included. */
    private int taken;

    private int live;

    /**
     * @param ordered holds every history, before it is added here and until after it is removed here
     */
    KeyTable(KeyBlocks ordered) {
        this.ordered = ordered;
    }

    @Nullable
    KeyHistory find(byte[] key) {
        Slots now = slots;
        KeyHistory[] items = now.items;
        int at = hash(key);
        for (int probe = 0; probe < PROBES; probe++, at++) {
            KeyHistory there = (KeyHistory) SLOT.getAcquire(items, at & (items.length - 1));
            if (there == null) {
                break;
            }
            if (there != REMOVED && Arrays.equals(there.key, key)) {
                return there;
            }
        }
        return now.incomplete ? ordered.find(key) : null;
    }

    /** The writing thread; the key is not here. */
    void add(KeyHistory history) {
        live++;
        if (taken < slots.items.length / 2) {
            put(slots, history);
        } else {
            rebuild();
        }
    }

    /** The writing thread; the key is here. */
    void remove(KeyHistory history) {
        live--;
        KeyHistory[] items = slots.items;
        int at = hash(history.key);
        for (int probe = 0; probe < PROBES; probe++, at++) {
            int place = at & (items.length - 1);
            if (items[place] == history) {
                SLOT.setRelease(items, place, REMOVED);
                return;
            }
        }
    }

    /** Between three sixteenths and three eighths full, so that the next time is far off; removed keys leave no trace. */
    private void rebuild() {
        int size = SLOTS_MIN;
        while (size * 3L < live * 8L) {
            size *= 2;
        }
        Slots rebuilt = new Slots(size);
        taken = 0;
        for (KeyHistory history : ordered) {
            put(rebuilt, history);
        }
        slots = rebuilt;
    }

    private void put(Slots into, KeyHistory history) {
        KeyHistory[] items = into.items;
        int at = hash(history.key);
        for (int probe = 0; probe < PROBES; probe++, at++) {
            int place = at & (items.length - 1);
            KeyHistory there = items[place];
            if (there == null || there == REMOVED) {
                SLOT.setRelease(items, place, history);
                taken += there == null ? 1 : 0;
                return;
            }
        }
        into.incomplete = true;
    }

    /** The same on every machine; what it must not do is put like keys side by side. */
    static int hash(byte[] key) {
        long hash = key.length;
        int at = 0;
        for (; at + Long.BYTES <= key.length; at += Long.BYTES) {
            hash = mixed(hash ^ (long) WORD.get(key, at));
        }
        for (; at < key.length; at++) {
            hash = (hash ^ key[at]) * 0x100000001B3L;
        }
        return (int) mixed(hash);
    }

    /** The finalizer of a 64-bit mixing function (David Stafford, "Better Bit Mixing", variant 13). */
    private static long mixed(long bits) {
        long first = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
        long second = (first ^ (first >>> 27)) * 0x94D049BB133111EBL;
        return second ^ (second >>> 31);
    }
}
