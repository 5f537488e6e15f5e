package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Entry;
import java.util.Arrays;

/** Hashes that are the same in every run. */
final class Hash {
    private static final int WHOLE_MAX = 4096;

    private Hash() {}

    static long mix(long hash, long value) {
        long h = (hash ^ value) * 0x9E3779B97F4A7C15L;
        return h ^ (h >>> 29);
    }

    /** The hash of a log that ends with this entry, from the hash of what is before it. */
    static long chain(long before, Entry entry) {
        long h = mix(mix(before, entry.index()), entry.term());
        return mix(mix(h, entry.kind().code()), Arrays.hashCode(entry.data()));
    }

    /** Of a message on the wire; of a long one only samples are taken. */
    static long wire(byte[] bytes) {
        if (bytes.length <= WHOLE_MAX) {
            return Arrays.hashCode(bytes);
        }
        long h = bytes.length;
        for (int i = 0; i < bytes.length; i += bytes.length / 64) {
            h = mix(h, bytes[i]);
        }
        return h;
    }
}
