package dev.rollcall.storage.sqlite;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * CRC-32C over a sequence of numbers and byte strings. Lengths count too, so that bytes cannot move from one field to the
 * next unnoticed. Not thread-safe; use again after {@link #start}.
 */
final class Checksum {
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer numbers = ByteBuffer.allocate(128);

    Checksum start() {
        crc.reset();
        numbers.clear();
        return this;
    }

    Checksum add(long number) {
        if (numbers.remaining() < Long.BYTES) {
            drain();
        }
        numbers.putLong(number);
        return this;
    }

    Checksum add(byte[] bytes) {
        return add(bytes, 0, bytes.length);
    }

    Checksum add(byte[] bytes, int offset, int length) {
        add(length);
        drain();
        crc.update(bytes, offset, length);
        return this;
    }

    Checksum add(String text) {
        return add(text.getBytes(StandardCharsets.UTF_8));
    }

    /** From 0 to 2^32 - 1. */
    long value() {
        drain();
        return crc.getValue();
    }

    private void drain() {
        crc.update(numbers.array(), 0, numbers.position());
        numbers.clear();
    }
}
