package dev.rollcall.agent.process;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What {@link FaultyDisk} has recorded: everything that was asked of a directory's file system, in order. */
final class DiskTrace {
    private static final int HEADER_BYTES = 17;

    /** What was asked; the order is that of {@code disk.c}. */
    enum Kind {
        CREATE,
        WRITE,
        TRUNCATE,
        SYNC_BEGIN,
        SYNC_END,
        UNLINK,
        RENAME,
        MKDIR,
        UNKNOWN
    }

    /**
     * @param name the file, below the directory; empty for the directory itself
     * @param number offset, length or the number of the sync
     * @param data what was written, or the new name
     * @param end where this record ends in the trace
     */
    record Step(Kind kind, String name, long number, byte[] data, long end) {}

    private DiskTrace() {}

    /** Reads a trace whose process has ended; of a record that its end cut short, nothing counts. */
    static List<Step> read(Path trace) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(trace)).order(ByteOrder.LITTLE_ENDIAN);
        List<Step> steps = new ArrayList<>();
        while (bytes.remaining() >= HEADER_BYTES) {
            Kind kind = Kind.values()[bytes.get() - 1];
            byte[] name = take(bytes, bytes.getInt());
            if (bytes.remaining() < Long.BYTES + Integer.BYTES) {
                break;
            }
            long number = bytes.getLong();
            int length = bytes.getInt();
            if (bytes.remaining() < length) {
                break;
            }
            byte[] data = take(bytes, length);
            if (kind == Kind.UNKNOWN) {
                throw new IOException(
                        new String(name, StandardCharsets.UTF_8) + " was changed in a way that is not recorded");
            }
            steps.add(new Step(kind, new String(name, StandardCharsets.UTF_8), number, data, bytes.position()));
        }
        return steps;
    }

    private static byte[] take(ByteBuffer bytes, int length) {
        byte[] taken = new byte[Math.min(length, bytes.remaining())];
        bytes.get(taken);
        return taken;
    }
}
