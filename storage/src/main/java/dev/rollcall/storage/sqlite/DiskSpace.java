package dev.rollcall.storage.sqlite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Room on the disk that a data directory is on. A file of no use, the <em>ballast</em>, takes some of it while all is well.
 * When the disk runs full it is deleted, and what it took is room for what helps: the alarm that stops the writes,
 * deletes, compactions and checkpoints, all of which need some before they give any back.
 *
 * <p>So the ballast's absence <em>is</em> the state "short of space", across restarts too. It is over once there is room
 * for the ballast, as much again, and a third as much, which keeps the state from swinging.
 */
public final class DiskSpace {
    static final String BALLAST = "ballast";
    static final long BALLAST_BYTES_MAX = 64L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(DiskSpace.class);
    /** On a small disk it takes this part of it. */
    private static final int BALLAST_PART = 8;

    /** Part of the ballast's size that a copy leaves when nothing else helps. */
    private static final int SPARE_PART = 8;
    /** On a small disk the entries kept for those who are behind take about this part of it. */
    private static final int TAIL_PART = 16;
    /** On a small disk so much of it may wait to be committed, and as much again to be written to the state file. */
    private static final int PENDING_PART = 16;
    /** Part of the ballast's size that is written before the disk is asked again. */
    private static final int LOOK_PART = 8;

    private static final int PIECE_BYTES = 1 << 20;
    /** On a small disk WALs start over when both together take about this part of it. */
    private static final int WAL_PART = 64;

    private static final int WAL_FRAMES_MIN = 16;

    private final Path directory;
    private final Path ballast;
    private final long lookBytes;
    private final AtomicLong unseenBytes = new AtomicLong();
    private volatile Runnable onShort = () -> {};
    private boolean whole;
    private volatile boolean shortOfSpace;

    private DiskSpace(Path directory) {
        this.directory = directory;
        this.ballast = directory.resolve(BALLAST);
        this.lookBytes = ballastBytes() / LOOK_PART;
    }

    /** Looks at the disk, before anything is opened in the directory: even to open a file takes space. */
    static DiskSpace of(Path directory) throws IOException {
        DiskSpace space = new DiskSpace(directory);
        long wanted = space.ballastBytes();
        // One that a crash left half made, or of a disk that was of another size, is made anew.
        space.whole = Files.exists(space.ballast) && Files.size(space.ballast) >= wanted;
        if (!space.whole) {
            Files.deleteIfExists(space.ballast);
        }
        if (space.directory.toFile().getUsableSpace() < (space.whole ? wanted : 2 * wanted)) {
            space.runOut("the disk of " + directory + " is nearly full");
        }
        return space;
    }

    /** How much the ballast takes on this disk: 64 MiB, on a disk of less than 512 MiB an eighth of it. */
    long ballastBytes() {
        return ballastBytes(directory);
    }

    private static long ballastBytes(Path directory) {
        return Math.min(BALLAST_BYTES_MAX, directory.toFile().getTotalSpace() / BALLAST_PART);
    }

    /**
     * Whether so many bytes may be written into this directory that a member can do without: twice the ballast must be left, so
     * that they never bring about the state "short of space". Asks the disk.
     */
    static boolean hasRoomToSpare(Path directory, long bytes) {
        return directory.toFile().getUsableSpace() - bytes >= 2 * ballastBytes(directory);
    }

    /**
     * Whether a copy may be written that takes the place of a file of this size. While space is short that is the way to get
     * some back, so what is left may be used for it, but for a little that those who write meanwhile need.
     */
    boolean hasRoomToReplace(StateFile.Size old) {
        boolean helps = shortOfSpace && old.inUseBytes() < old.bytes();
        return hasRoomToSpare(directory, old.inUseBytes())
                || (helps && usableBytes() - old.inUseBytes() >= ballastBytes() / SPARE_PART);
    }

    /** Bytes that this process may still write, the ballast not counted. Asks the disk. */
    public long usableBytes() {
        return directory.toFile().getUsableSpace();
    }

    /** Whether the ballast had to be given up and there is no room to make it again. Any thread. */
    public boolean isShort() {
        return shortOfSpace;
    }

    /** Whether the ballast is in its place. */
    public synchronized boolean hasBallast() {
        return whole;
    }

    /** Runs this on the thread that finds the disk short of space, each time. */
    public void onShort(Runnable action) {
        onShort = action;
    }

    /** So much was written: looks at the disk, unless that has been done lately. Any thread; blocks. */
    void wrote(long bytes) {
        if (unseenBytes.addAndGet(bytes) >= lookBytes) {
            look();
        }
    }

    /** Asks the disk how much there is. Any thread; blocks. */
    public void look() {
        unseenBytes.set(0);
        long wanted = ballastBytes();
        long usable = usableBytes();
        synchronized (this) {
            if (shortOfSpace && usable >= 3 * wanted) {
                shortOfSpace = false;
                LOG.info("the disk of {} has {} MiB of space again", directory, usable >> 20);
            } else if (!shortOfSpace && usable < (whole ? wanted : 2 * wanted)) {
                runOut("the disk of " + directory + " has " + (usable >> 10) + " KiB left");
            }
        }
    }

    /**
     * A write found no room.
     *
     * @return whether the ballast was given up for it, so that to try again at once makes sense
     */
    boolean full(DiskException found) {
        synchronized (this) {
            boolean had = whole;
            if (had || !shortOfSpace) {
                runOut(String.valueOf(found.getMessage()));
            }
            return had;
        }
    }

    private void runOut(String why) {
        shortOfSpace = true;
        whole = false;
        LOG.warn("{}: nothing is lost, but writes are refused until there is space", why);
        try {
            Files.deleteIfExists(ballast);
        } catch (IOException e) {
            LOG.warn("cannot delete {}: {}", ballast, e.toString());
        }
        onShort.run();
    }

    /** Makes the ballast again, unless space is short. One thread at a time; blocks for as long as the disk takes. */
    public void restore() {
        if (shortOfSpace || hasBallast()) {
            return;
        }
        try {
            PrivateFiles.createFile(ballast);
            fill(ballastBytes());
        } catch (IOException e) {
            synchronized (this) {
                runOut("cannot fill " + ballast + ": " + e);
            }
        }
        synchronized (this) {
            if (shortOfSpace) {
                runOut("the disk of " + directory + " ran full while " + BALLAST + " was made");
            } else {
                whole = true;
            }
        }
    }

    /** Not with zeros: some file systems store those without taking any space. */
    private void fill(long bytes) throws IOException {
        byte[] piece = new byte[PIECE_BYTES];
        new SplittableRandom(bytes).nextBytes(piece);
        try (FileChannel channel =
                FileChannel.open(ballast, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            for (long at = 0; at < bytes && !shortOfSpace; ) {
                ByteBuffer next = ByteBuffer.wrap(piece, 0, (int) Math.min(piece.length, bytes - at));
                while (next.hasRemaining()) {
                    at += channel.write(next);
                }
            }
        }
    }

    /** How many bytes of entries are kept for followers that are behind: as many as asked for, on a small disk fewer. */
    long logTailBytes(long bytes) {
        return Math.min(bytes, directory.toFile().getTotalSpace() / TAIL_PART);
    }

    /**
     * How many bytes may be on their way to this disk before it is known whether it has room for them: as many as asked for, on a
     * small disk fewer.
     */
    public long pendingBytes(long bytes) {
        return Math.min(bytes, directory.toFile().getTotalSpace() / PENDING_PART);
    }

    /** How long a WAL may grow before it starts over: as long as asked for, on a small disk less. */
    int walFrames(int frames, int pageBytes) {
        long fitting = directory.toFile().getTotalSpace() / WAL_PART / pageBytes;
        return (int) Math.max(WAL_FRAMES_MIN, Math.min(frames, fitting));
    }
}
