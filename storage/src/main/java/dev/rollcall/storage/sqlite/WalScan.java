package dev.rollcall.storage.sqlite;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Looks for damage in a WAL that SQLite would take for its end.
 *
 * <p>SQLite ends recovery at the first frame with a bad checksum and forgets all later ones, acknowledged or not. After a
 * crash that is right: only the last transaction can be torn, since each is synced before the next one is written. So a
 * transaction that was written <em>after</em> the first bad frame's own proves that the bad frame was once whole. Only
 * for files with {@code synchronous=FULL}, and only while SQLite does not have the file open.
 *
 * <p>Layout: https://sqlite.org/fileformat2.html#the_write_ahead_log
 */
final class WalScan {
    private static final int HEADER_BYTES = 32;
    private static final int FRAME_HEADER_BYTES = 24;
    private static final int MAGIC = 0x377f0682;

    private final Path wal;
    private final FileChannel channel;
    /** Byte order in which checksums are computed; numbers are stored big-endian. */
    private final ByteOrder order;

    private final int pageBytes;
    private final long salts;

    private WalScan(Path wal, FileChannel channel, ByteBuffer header) {
        this.wal = wal;
        this.channel = channel;
        order = (header.getInt(0) & 1) == 1 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        pageBytes = header.getInt(8);
        salts = header.getLong(16);
    }

    /**
     * Scans the WAL of this database, if it has one.
     *
     * @throws DamagedException if a transaction that was durable has a bad checksum
     */
    static void check(Path database) throws IOException {
        Path wal = Path.of(database + "-wal");
        if (!Files.exists(wal) || Files.size(wal) < HEADER_BYTES) {
            return;
        }
        try (FileChannel channel = FileChannel.open(wal, StandardOpenOption.READ)) {
            ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
            fill(channel, header, 0);
            if (header.getLong(0) == 0 && header.getLong(24) == 0) {
                // The file had grown, but the header's write never reached the disk.
                return;
            }
            WalScan scan = new WalScan(wal, channel, header);
            int page = scan.pageBytes;
            long stored = header.getLong(24);
            boolean plausible = (header.getInt(0) & ~1) == MAGIC && page >= 512 && page <= 65_536;
            if (!plausible || scan.sum(0, header, 0, 24) != stored) {
                throw new DamagedException(wal, "its header has a bad checksum");
            }
            scan.frames(stored);
        }
    }

    private void frames(long headerSum) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(FRAME_HEADER_BYTES + pageBytes);
        long count = (channel.size() - HEADER_BYTES) / frame.capacity();
        long firstBad = -1;
        // Of a damaged frame that was whole once either the checksum is right or what it covers: so the next one goes
        // on from the checksum as it is, or as it must have been.
        long previousSum = headerSum;
        long previousComputed = headerSum;
        boolean previousCommits = false;
        for (long i = 0; i < count; i++) {
            fill(channel, frame, HEADER_BYTES + i * frame.capacity());
            boolean current = frame.getLong(8) == salts;
            long stored = frame.getLong(16);
            long computed = sumBehind(previousSum, frame);
            boolean goesOn = computed == stored;
            if (!goesOn && previousComputed != previousSum) {
                long other = sumBehind(previousComputed, frame);
                goesOn = other == stored;
                computed = goesOn ? other : computed;
            }
            boolean follows = current && goesOn;
            if (!follows && firstBad < 0) {
                firstBad = i;
            } else if (follows && firstBad >= 0 && previousCommits) {
                // Left-overs of a torn transaction may lie here too, but none was written on top of a commit.
                throw new DamagedException(
                        wal, "frame " + firstBad + " has a bad checksum, and durable transactions follow it");
            }
            previousSum = stored;
            previousComputed = computed;
            previousCommits = isOfThisRound(frame) && frame.getInt(4) != 0;
        }
    }

    /** Left-overs of an earlier round through the WAL have two other salts, a frame whose salts are damaged has one of them. */
    private boolean isOfThisRound(ByteBuffer frame) {
        return frame.getInt(8) == (int) (salts >>> 32) || frame.getInt(12) == (int) salts;
    }

    private long sumBehind(long previousSum, ByteBuffer frame) {
        return sum(sum(previousSum, frame, 0, 8), frame, FRAME_HEADER_BYTES, pageBytes);
    }

    private long sum(long seed, ByteBuffer bytes, int offset, int length) {
        int s0 = (int) (seed >>> 32);
        int s1 = (int) seed;
        ByteBuffer words = bytes.duplicate().order(order);
        for (int i = offset; i < offset + length; i += 8) {
            s0 += words.getInt(i) + s1;
            s1 += words.getInt(i + 4) + s0;
        }
        return (long) s0 << 32 | (s1 & 0xffffffffL);
    }

    private static void fill(FileChannel channel, ByteBuffer into, long position) throws IOException {
        into.clear();
        while (into.hasRemaining()) {
            if (channel.read(into, position + into.position()) < 0) {
                throw new EOFException("WAL shrinks while it is read");
            }
        }
    }
}
