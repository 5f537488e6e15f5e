package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns entries into the data of a row and back, and chains their checksums: each covers the one before it, its index,
 * its term and its bytes. So an entry that is missing, moved, swapped or changed breaks the chain at its place. Not
 * thread-safe.
 *
 * <p>An entry in a row's data, big-endian: kind (1 byte), length (4), its bytes. Its index follows from the row's first
 * one, its term is the row's.
 */
final class EntryChain {
    private static final int HEADER_BYTES = 1 + Integer.BYTES;

    private final Checksum checksum = new Checksum();
    private long crc;

    /** Starts from the checksum of the entry before. */
    void startAt(long previousCrc) {
        crc = previousCrc;
    }

    /** Checksum of the last entry seen. */
    long crc() {
        return crc;
    }

    /** Bytes that the entry takes in a row. */
    static int encodedBytes(Entry entry) {
        return HEADER_BYTES + entry.data().length;
    }

    /** The data of a row with these entries, which go on from the last one seen. */
    byte[] encode(List<Entry> entries) {
        int bytes = 0;
        for (Entry entry : entries) {
            bytes = Math.addExact(bytes, encodedBytes(entry));
        }
        ByteBuffer out = ByteBuffer.allocate(bytes);
        for (Entry entry : entries) {
            int start = out.position();
            out.put((byte) entry.kind().code()).putInt(entry.data().length).put(entry.data());
            link(entry.index(), entry.term(), out.array(), start, out.position() - start);
        }
        return out.array();
    }

    /**
     * The entries of a row, which must go on from the last one seen. The caller compares {@link #crc} with the row's.
     *
     * @throws IllegalArgumentException if the data is not a row of just these entries
     */
    List<Entry> decode(long first, long last, long term, byte[] data) {
        List<Entry> entries = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(data);
        for (long index = first; index <= last; index++) {
            int start = in.position();
            if (in.remaining() < HEADER_BYTES) {
                throw new IllegalArgumentException("cut short before entry " + index);
            }
            EntryKind kind = EntryKind.of(in.get());
            int length = in.getInt();
            if (length < 0 || length > in.remaining()) {
                throw new IllegalArgumentException("entry " + index + " has a length of " + length);
            }
            byte[] bytes = new byte[length];
            in.get(bytes);
            link(index, term, data, start, in.position() - start);
            entries.add(new Entry(index, term, kind, bytes));
        }
        if (in.hasRemaining()) {
            throw new IllegalArgumentException(in.remaining() + " bytes after entry " + last);
        }
        return entries;
    }

    private void link(long index, long term, byte[] data, int offset, int length) {
        crc = checksum.start()
                .add(crc)
                .add(index)
                .add(term)
                .add(data, offset, length)
                .value();
    }
}
