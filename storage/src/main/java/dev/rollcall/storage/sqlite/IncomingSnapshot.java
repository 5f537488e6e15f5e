package dev.rollcall.storage.sqlite;

import dev.rollcall.raft.codec.MessageCodec;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.SnapshotMeta;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot that arrives in pieces: {@code incoming.part}, and {@code incoming.meta}, which says of what snapshot they are.
 * Both outlive the process, so that a transfer can go on where it was. They are not synced piece by piece: what a loss of
 * power takes from them is found when all of it is checked, and costs a new transfer.
 *
 * <p>One thread at a time.
 */
final class IncomingSnapshot {
    static final String PART = "incoming.part";
    static final String META = "incoming.meta";

    private final Path directory;
    private final Path part;
    private final Path meta;
    private @Nullable FileChannel channel;

    IncomingSnapshot(Path directory) {
        this.directory = directory;
        part = directory.resolve(PART);
        meta = directory.resolve(META);
    }

    /** Bytes that are here of this snapshot, 0 if they are of another one or there are none. */
    long received(SnapshotMeta snapshot) throws IOException {
        if (!Files.exists(meta) || !Files.exists(part) || !Arrays.equals(Files.readAllBytes(meta), encoded(snapshot))) {
            return 0;
        }
        return Math.min(Files.size(part), snapshot.sizeBytes());
    }

    /** The first piece of a snapshot: drops what is here of another one. */
    void begin(SnapshotMeta snapshot) throws IOException {
        discard();
        PrivateFiles.createFile(part);
        PrivateFiles.createFile(meta);
        Files.write(meta, encoded(snapshot));
    }

    void write(long offset, byte[] bytes) throws IOException {
        FileChannel out = channel;
        if (out == null) {
            out = FileChannel.open(part, StandardOpenOption.WRITE);
            channel = out;
        }
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
            out.write(left, offset + left.position());
        }
    }

    /** Makes it durable and reads all of it again. */
    boolean isWhole(SnapshotMeta snapshot) throws IOException {
        closeChannel();
        try (FileChannel all = FileChannel.open(part, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            all.force(true);
            return all.size() == snapshot.sizeBytes() && StateCopy.checksum(all) == snapshot.checksum();
        }
    }

    /** Gives it its name as a file of this directory, durably. */
    void moveTo(Path target) throws IOException {
        closeChannel();
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        Files.deleteIfExists(meta);
        PrivateFiles.force(directory);
    }

    void discard() throws IOException {
        closeChannel();
        Files.deleteIfExists(meta);
        Files.deleteIfExists(part);
    }

    void closeChannel() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }

    private static byte[] encoded(SnapshotMeta snapshot) {
        return MessageCodec.encode(new Message.SnapshotOffer(1, 2, snapshot.term(), snapshot));
    }
}
