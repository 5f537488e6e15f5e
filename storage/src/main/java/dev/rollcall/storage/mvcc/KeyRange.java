package dev.rollcall.storage.mvcc;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The keys a request names, in etcd's terms: an empty range end means the key alone, a range end of one zero byte means
 * every key from it on, any other means {@code [key, rangeEnd)}, which is empty when it is reversed.
 */
public final class KeyRange {
    private final byte[] from;
    private final byte @Nullable [] to;
    private final boolean single;

    private KeyRange(byte[] from, byte @Nullable [] to, boolean single) {
        this.from = from;
        this.to = to;
        this.single = single;
    }

    public static KeyRange of(ByteString key, ByteString rangeEnd) {
        byte[] from = key.toByteArray();
        if (rangeEnd.isEmpty()) {
            return new KeyRange(from, Arrays.copyOf(from, from.length + 1), true);
        }
        boolean open = rangeEnd.size() == 1 && rangeEnd.byteAt(0) == 0;
        return new KeyRange(from, open ? null : rangeEnd.toByteArray(), false);
    }

    /** First key in it. */
    public byte[] from() {
        return from;
    }

    /** First key behind it; null if it has no end. */
    public byte @Nullable [] to() {
        return to;
    }

    /** Whether the request named one key. */
    public boolean single() {
        return single;
    }

    /** Whether no key can be in it. */
    public boolean isEmpty() {
        return to != null && Arrays.compareUnsigned(from, to) >= 0;
    }

    public boolean contains(byte[] key) {
        return Arrays.compareUnsigned(from, key) <= 0 && (to == null || Arrays.compareUnsigned(key, to) < 0);
    }
}
