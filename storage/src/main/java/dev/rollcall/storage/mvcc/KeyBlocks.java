package dev.rollcall.storage.mvcc;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Histories in the byte order of their keys: a sorted array of blocks, each a sorted array. One thread changes it by putting a
 * changed copy of a block in place; any thread reads. A block that is split or taken out is never changed again, so whoever
 * still has it finds in it every key that was there when it looked.
 */
final class KeyBlocks implements Iterable<KeyHistory> {
    /** Keys in a block at most. A new key copies its block; a full block copies the array of blocks. */
    static final int BLOCK = 256;

    private static final KeyHistory[] NONE = {};

    private static final class Block {
        /** Its keys are at or above this, and below that of the next block. */
        final byte[] low;

        volatile KeyHistory[] items;

        Block(byte[] low, KeyHistory[] items) {
            this.low = low;
            this.items = items;
        }
    }

    private volatile Block[] blocks = {new Block(new byte[0], NONE)};

    @Nullable
    KeyHistory find(byte[] key) {
        Block[] all = blocks;
        KeyHistory[] items = all[blockOf(all, key)].items;
        int at = position(items, key);
        return at < items.length && Arrays.equals(items[at].key, key) ? items[at] : null;
    }

    /** The writing thread; the key is not there. */
    void add(KeyHistory history) {
        Block[] all = blocks;
        int which = blockOf(all, history.key);
        Block block = all[which];
        KeyHistory[] items = block.items;
        int at = position(items, history.key);
        KeyHistory[] more = new KeyHistory[items.length + 1];
        System.arraycopy(items, 0, more, 0, at);
        more[at] = history;
        System.arraycopy(items, at, more, at + 1, items.length - at);
        if (more.length <= BLOCK) {
            block.items = more;
        } else {
            // Keys that come in order fill their blocks.
            split(all, which, at == items.length ? at : more.length / 2, more);
        }
    }

    private void split(Block[] all, int which, int at, KeyHistory[] items) {
        Block[] more = new Block[all.length + 1];
        System.arraycopy(all, 0, more, 0, which);
        more[which] = new Block(all[which].low, Arrays.copyOf(items, at));
        more[which + 1] = new Block(items[at].key, Arrays.copyOfRange(items, at, items.length));
        System.arraycopy(all, which + 1, more, which + 2, all.length - which - 1);
        blocks = more;
    }

    /** The writing thread; the history is there. */
    void remove(KeyHistory history) {
        Block[] all = blocks;
        int which = blockOf(all, history.key);
        KeyHistory[] items = all[which].items;
        int at = position(items, history.key);
        if (at == items.length || items[at] != history) {
            throw new IllegalStateException("the key to be removed is not in the index");
        }
        if (items.length == 1 && which > 0) {
            Block[] fewer = new Block[all.length - 1];
            System.arraycopy(all, 0, fewer, 0, which);
            System.arraycopy(all, which + 1, fewer, which, fewer.length - which);
            blocks = fewer;
            return;
        }
        KeyHistory[] fewer = new KeyHistory[items.length - 1];
        System.arraycopy(items, 0, fewer, 0, at);
        System.arraycopy(items, at + 1, fewer, at, fewer.length - at);
        all[which].items = fewer;
    }

    @Override
    public Iterator<KeyHistory> iterator() {
        return new Walk(new byte[0], null);
    }

    /** From one key on, and below the other if there is one. */
    Iterable<KeyHistory> between(byte[] from, byte @Nullable [] to) {
        return () -> new Walk(from, to);
    }

    /** The last block that begins at or below the key. */
    private static int blockOf(Block[] all, byte[] key) {
        int low = 0;
        int high = all.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (Arrays.compareUnsigned(all[middle].low, key) <= 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** The first place whose key is at or above this one. */
    private static int position(KeyHistory[] items, byte[] key) {
        int low = 0;
        int high = items.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Arrays.compareUnsigned(items[middle].key, key) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private final class Walk implements Iterator<KeyHistory> {
        private final Block[] all = blocks;
        private final byte @Nullable [] to;
        private int which;
        private KeyHistory[] items;
        private int at;
        private @Nullable KeyHistory next;

        Walk(byte[] from, byte @Nullable [] to) {
            this.to = to;
            which = blockOf(all, from);
            items = all[which].items;
            at = position(items, from);
            next = seek();
        }

        private @Nullable KeyHistory seek() {
            while (at == items.length) {
                if (++which == all.length) {
                    return null;
                }
                items = all[which].items;
                at = 0;
            }
            KeyHistory found = items[at];
            return to != null && Arrays.compareUnsigned(found.key, to) >= 0 ? null : found;
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public KeyHistory next() {
            KeyHistory found = next;
            if (found == null) {
                throw new NoSuchElementException();
            }
            at++;
            next = seek();
            return found;
        }
    }
}
