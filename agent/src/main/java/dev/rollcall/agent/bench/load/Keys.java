package dev.rollcall.agent.bench.load;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** The keys of a load: {@code b} and a number, filled up with zeros to their size. */
final class Keys {
    private static final byte FIRST = 'b';

    private final int sizeBytes;

    Keys(int sizeBytes) {
        this.sizeBytes = sizeBytes;
    }

    /** Most keys that differ in so many bytes. */
    static long most(int sizeBytes) {
        long most = 1;
        for (int digit = 1; digit < sizeBytes && most < Long.MAX_VALUE / 10; digit++) {
            most *= 10;
        }
        return most;
    }

    /** Writes key number {@code number} into a message. */
    void write(long number, byte[] to, int offset) {
        to[offset] = FIRST;
        long rest = number;
        for (int at = offset + sizeBytes - 1; at > offset; at--) {
            to[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    /** One key on its own. */
    byte[] key(long number) {
        byte[] key = new byte[sizeBytes];
        write(number, key, 0);
        return key;
    }

    /** A value of letters and digits, the same each time. */
    static byte[] value(int sizeBytes) {
        SplittableRandom random = new SplittableRandom(1);
        byte[] letters = "abcdefghijklmnopqrstuvwxyz0123456789".getBytes(StandardCharsets.US_ASCII);
        byte[] value = new byte[sizeBytes];
        for (int i = 0; i < value.length; i++) {
            value[i] = letters[random.nextInt(letters.length)];
        }
        return value;
    }
}
