package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberTable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.zip.CRC32C;

/**
 * A copy of the state file as it was at one moment, durable and complete in one file, that nobody writes to any more. What
 * is sent, saved or switched to is always such a copy: the file itself goes on changing meanwhile.
 *
 * <p>One thread at a time, but for {@link Making#abort}.
 */
public final class StateCopy implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;

    private final Path path;
    private final SnapshotMeta snapshot;
    private final StateMeta state;
    private final FileChannel channel;

    private StateCopy(Path path, SnapshotMeta snapshot, StateMeta state, FileChannel channel) {
        this.path = path;
        this.snapshot = snapshot;
        this.state = state;
        this.channel = channel;
    }

    /** A copy in the making, which another thread may abort. */
    static final class Making {
        private final SqliteFile source;
        private final Predicate<StateFile.Size> room;
        private volatile boolean aborted;
        /** Whether the source may be interrupted: before and after it may be closed. */
        private boolean copying;

        /** @param room whether there is room for a copy of a file of this size */
        Making(SqliteFile source, Predicate<StateFile.Size> room) {
            this.source = source;
            this.room = room;
        }

        /** Makes {@link #into} fail soon. Any thread. */
        synchronized void abort() {
            aborted = true;
            if (copying) {
                source.interrupt();
            }
        }

        private synchronized void copying(boolean now) throws SQLException {
            if (now && aborted) {
                throw new SQLException("aborted");
            }
            copying = now;
        }

        boolean aborted() {
            return aborted;
        }

        /**
         * Copies, and forces the copy and its name.
         *
         * @throws SQLException if it cannot be written, there is no room for it, or it was aborted
         * @throws DamagedException if the source is
         */
        void into(Path target) throws SQLException, IOException {
            Files.deleteIfExists(target);
            StateFile.Size size = StateFile.size(source);
            if (!room.test(size)) {
                throw new IOException("there is no room on the disk for another " + size.inUseBytes() + " bytes");
            }
            PrivateFiles.createFile(target);
            copying(true);
            try {
                source.copyInto(target);
            } catch (SQLException e) {
                if (source.failed("copying", e) instanceof DamagedException damaged) {
                    throw damaged;
                }
                throw e;
            } finally {
                copying(false);
            }
            try (FileChannel copy = FileChannel.open(target, StandardOpenOption.WRITE)) {
                copy.force(true);
            }
            PrivateFiles.force(parentOf(target));
        }
    }

    /**
     * Copies the state file at {@code source}, which may be in use, to {@code target}.
     *
     * @param begun is told before it begins, so that it can be aborted
     * @throws IOException if it cannot be written or there is no room for it; nothing is left of it then
     * @throws DamagedException if what was to be copied is
     */
    static StateCopy of(Path source, Path target, Consumer<Making> begun) throws IOException {
        try {
            Making making;
            try (SqliteFile from = SqliteFile.openForMaintenance(source, StateFile.FORMAT)) {
                making = new Making(from, size -> DiskSpace.hasRoomToSpare(parentOf(target), size.inUseBytes()));
                begun.accept(making);
                making.into(target);
            }
            return open(target, making);
        } catch (DamagedException e) {
            Files.deleteIfExists(target);
            throw e.ofSource(source);
        } catch (SQLException | RuntimeException e) {
            Files.deleteIfExists(target);
            throw new IOException("copying " + source + " to " + target + ": " + e.getMessage(), e);
        } catch (IOException e) {
            Files.deleteIfExists(target);
            throw e;
        }
    }

    private static StateCopy open(Path path, Making making) throws IOException {
        StateFileImage image;
        try (SqliteFile file = SqliteFile.openForMaintenance(path, StateFile.FORMAT)) {
            image = StateFileImage.read(file);
            // A copy of damaged rows is as easily made, and would pass for a good one until the day it is needed.
            image.forEachRow(row -> {
                if (making.aborted()) {
                    throw new IllegalStateException("aborted");
                }
            });
        }
        MemberTable members = new MemberTable();
        image.members().forEach(members::put);
        // Only now, when SQLite has it open no more: closing a file drops all locks that this process has on it.
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            SnapshotMeta snapshot = new SnapshotMeta(
                    image.meta().applied(),
                    image.meta().term(),
                    members.membership(),
                    channel.size(),
                    checksum(channel));
            return new StateCopy(path, snapshot, image.meta(), channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** What names it, and says what it stands for. */
    public SnapshotMeta snapshot() {
        return snapshot;
    }

    /** Its place in history. */
    public StateMeta state() {
        return state;
    }

    /** Its size. */
    public long sizeBytes() {
        return snapshot.sizeBytes();
    }

    /** Reads a piece of it, whole. */
    public byte[] read(long offset, int length) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(length);
        while (piece.hasRemaining()) {
            if (channel.read(piece, offset + piece.position()) < 0) {
                throw new EOFException(path + " ends at " + (offset + piece.position()));
            }
        }
        return piece.array();
    }

    /** Whether it still is what it was when it was made. */
    boolean isWhole() throws IOException {
        return channel.size() == snapshot.sizeBytes() && checksum(channel) == snapshot.checksum();
    }

    /** Closes and deletes it. */
    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
    }

    /** CRC-32C over a whole file. */
    static long checksum(FileChannel channel) throws IOException {
        CRC32C crc = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        long at = 0;
        while (channel.read(buffer, at) > 0) {
            at += buffer.position();
            crc.update(buffer.flip());
            buffer.clear();
        }
        return crc.getValue();
    }

    static Path parentOf(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException(file + " is in no directory");
        }
        return parent;
    }
}
