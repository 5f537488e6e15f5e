package dev.rollcall.storage.mvcc;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * CRC32C over what a store logically holds between two revisions: for each key in order, every revision above {@code
 * compacted} and at most {@code upTo}, and before them the one a reader at {@code compacted} would still find. Whether
 * superseded revisions below are deleted yet, here or in the file, makes no difference.
 */
final class ContentHash {
    private final Generation store;
    private final long compacted;
    private final long upTo;
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer fixed = ByteBuffer.allocate(2 * Integer.BYTES + 4 * Long.BYTES);

    ContentHash(Generation store, long compacted, long upTo) {
        this.store = store;
        this.compacted = compacted;
        this.upTo = upTo;
    }

    /**
     * The hash; of no meaning, or null, if compaction has gone beyond {@code compacted} meanwhile. Blocks on the disk.
     */
    @Nullable
    Integer compute() {
        for (KeyHistory history : store.index.all()) {
            Revision[] all = history.all();
            for (int i = 0; i < all.length && all[i].main() <= upTo; i++) {
                boolean last = i + 1 == all.length || all[i + 1].main() > compacted;
                boolean counts = all[i].main() > compacted || (last && Compactor.outlives(all[i], compacted));
                if (counts && !add(all[i])) {
                    return null;
                }
            }
        }
        return (int) crc.getValue();
    }

    private boolean add(Revision revision) {
        byte[] key = revision.owner.key;
        byte[] value = store.values.glance(revision);
        if (value == null) {
            return false;
        }
        fixed.clear()
                .putInt(key.length)
                .putLong(revision.rowId)
                .putLong(revision.createRevision)
                .putLong(revision.version)
                .putLong(revision.lease)
                .putInt(value.length);
        crc.update(fixed.array(), 0, fixed.capacity());
        crc.update(key, 0, key.length);
        crc.update(value, 0, value.length);
        return true;
    }
}
