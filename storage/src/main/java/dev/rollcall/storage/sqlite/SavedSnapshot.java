package dev.rollcall.storage.sqlite;

import dev.rollcall.storage.apply.StateMeta;
import dev.rollcall.storage.member.MemberRow;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A snapshot in a file, as {@code etcdctl snapshot save} or {@code rollcall snapshot save} has written it: a state file, and
 * behind it, unless somebody has cut it off, the SHA-256 of it.
 */
public final class SavedSnapshot {
    /** Bytes of the hash at the file's end. */
    public static final int HASH_BYTES = 32;

    private static final int BLOCK_BYTES = 512;
    private static final int BUFFER_BYTES = 1 << 20;

    private final Path path;
    private final long stateBytes;

    private SavedSnapshot(Path path, long stateBytes) {
        this.path = path;
        this.stateBytes = stateBytes;
    }

    /**
     * What is in a snapshot.
     *
     * @param hash CRC-32C over the state file
     * @param state its place in history
     * @param keys revisions of keys in it
     * @param sizeBytes of the state file
     */
    public record Summary(long hash, StateMeta state, long keys, long sizeBytes) {}

    /**
     * Opens a snapshot, and checks it against its hash.
     *
     * @throws IOException if it cannot be read, or is not what was saved
     */
    public static SavedSnapshot open(Path path) throws IOException {
        long size = Files.size(path);
        long over = size % BLOCK_BYTES;
        if (size < BLOCK_BYTES || (over != 0 && over != HASH_BYTES)) {
            throw new IOException(path + " is no snapshot: it has " + size + " bytes");
        }
        if (over == HASH_BYTES) {
            checkHash(path, size - HASH_BYTES);
        }
        return new SavedSnapshot(path, size - over);
    }

    /** An empty file to save a snapshot to, which only its owner can read; replaces one that is there. */
    public static FileChannel create(Path path) throws IOException {
        Files.deleteIfExists(path);
        PrivateFiles.createFile(path);
        return FileChannel.open(path, StandardOpenOption.WRITE);
    }

    private static void checkHash(Path path, long stateBytes) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[BUFFER_BYTES];
            long left = stateBytes;
            while (left > 0) {
                int read = in.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
                if (read == 0) {
                    throw new IOException(path + " became shorter while it was read");
                }
                sha.update(buffer, 0, read);
                left -= read;
            }
            if (!Arrays.equals(sha.digest(), in.readNBytes(HASH_BYTES))) {
                throw new IOException(path + " is damaged: it does not match the hash at its end");
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Reads all of it, and checks every checksum.
     *
     * @throws IOException if it cannot be read
     * @throws DamagedException on a bad checksum
     * @throws DataDirectoryException if it is no state file
     */
    public Summary summary() throws IOException {
        Path scratch = Files.createTempDirectory("rollcall-snapshot");
        try {
            Path copy = scratch.resolve("state-1.db");
            copyTo(copy);
            long hash;
            try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.READ)) {
                hash = StateCopy.checksum(channel);
            }
            try (StateFile file = StateFile.open(copy)) {
                StateFileImage image = file.image();
                long[] keys = {0};
                image.forEachRow(row -> keys[0]++);
                return new Summary(hash, image.meta(), keys[0], stateBytes);
            }
        } finally {
            delete(scratch);
        }
    }

    /**
     * Makes the data directory of a member of a new cluster that begins with this state. Everything or nothing.
     *
     * @param directory must not exist, or be empty
     * @param owner the member, and the cluster
     * @param members of the new cluster; they take the place of those in the snapshot
     * @throws IOException if the directory is in use or cannot be written, or the snapshot cannot be read
     * @throws DamagedException on a bad checksum
     */
    public StateMeta restore(Path directory, Identity owner, List<MemberRow> members) throws IOException {
        Path target = directory.toAbsolutePath();
        if (Files.exists(target) && !isEmptyDirectory(target)) {
            throw new IOException("data directory " + target + " is not empty");
        }
        Path building = target.resolveSibling(target.getFileName() + ".restoring");
        delete(building);
        try {
            StateMeta restored = build(building, owner, members);
            Files.deleteIfExists(target);
            Files.move(building, target, StandardCopyOption.ATOMIC_MOVE);
            PrivateFiles.force(StateCopy.parentOf(target));
            return restored;
        } finally {
            delete(building);
        }
    }

    private StateMeta build(Path building, Identity owner, List<MemberRow> members) throws IOException {
        PrivateFiles.createDirectory(building);
        Path state = building.resolve("state-1.db");
        PrivateFiles.createFile(state);
        copyTo(state);
        try (FileChannel channel = FileChannel.open(state, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        StateMeta restored;
        try (StateFile file = StateFile.open(state)) {
            StateFileImage image = file.image();
            image.forEachRow(row -> {});
            restored = image.meta();
            file.becomeOf(owner.clusterId(), members);
        } catch (SQLException e) {
            throw new IOException("writing " + state + ": " + e.getMessage(), e);
        }
        try (DataDirectory fresh = DataDirectory.open(building)) {
            fresh.log().restored(owner, members, restored);
        }
        return restored;
    }

    /** CRC-32C over the whole file: what tells this snapshot from others. */
    public long hash() throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return StateCopy.checksum(channel);
        }
    }

    private void copyTo(Path target) throws IOException {
        try (InputStream in = Files.newInputStream(path);
                OutputStream out = Files.newOutputStream(target)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            long left = stateBytes;
            while (left > 0) {
                int read = in.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
                if (read == 0) {
                    throw new IOException(path + " became shorter while it was read");
                }
                out.write(buffer, 0, read);
                left -= read;
            }
        }
    }

    private static boolean isEmptyDirectory(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return false;
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.findAny().isEmpty();
        }
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
