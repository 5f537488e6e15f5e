package dev.rollcall.agent.local;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.rollcall.agent.Version;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.agent.member.StateCopies;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.SnapshotResponse;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Snapshot call: a copy of the state in pieces of 32 KiB, then the SHA-256 of all of them, as fast as the client reads.
 * Source of the format: etcd v3.6, {@code v3rpc/maintenance.go}.
 */
final class SnapshotStream implements ServedStream {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotStream.class);
    private static final int PIECE_BYTES = 32 << 10;
    /** What is read at a time. */
    private static final int READ_BYTES = 16 * PIECE_BYTES;

    private final Vertx vertx;
    private final StateCopies copies;
    private final StreamSink sink;
    private final MessageDigest sha = sha256();
    private StateCopies.@Nullable Copy copy;
    private long sent;
    private boolean asked;
    private boolean reading;
    private boolean ended;

    SnapshotStream(Vertx vertx, StateCopies copies, StreamSink sink) {
        this.vertx = vertx;
        this.copies = copies;
        this.sink = sink;
    }

    @Override
    public void message(Buffer message) {
        if (ended || asked) {
            return;
        }
        asked = true;
        copies.save().onComplete(made -> {
            if (made.failed()) {
                end(Failures.asEtcd(made.cause()));
            } else if (ended) {
                dispose(made.result());
            } else {
                copy = made.result();
                readOn();
            }
        });
    }

    private void readOn() {
        StateCopies.Copy from = copy;
        if (ended || from == null) {
            return;
        }
        if (!sink.writable()) {
            sink.onWritable(this::readOn);
            return;
        }
        int length = (int) Math.min(READ_BYTES, from.sizeBytes() - sent);
        if (length == 0) {
            sink.send(piece(ByteString.copyFrom(sha.digest()), 0));
            end(null);
            return;
        }
        reading = true;
        long offset = sent;
        vertx.executeBlocking(
                        () -> {
                            byte[] bytes = from.read(offset, length);
                            sha.update(bytes);
                            return bytes;
                        },
                        false)
                .onComplete(read -> {
                    reading = false;
                    if (ended) {
                        dispose(from);
                    } else if (read.failed()) {
                        end(Failures.asEtcd(read.cause()));
                    } else {
                        send(from, read.result());
                        readOn();
                    }
                });
    }

    private void send(StateCopies.Copy from, byte[] bytes) {
        for (int at = 0; at < bytes.length; at += PIECE_BYTES) {
            int length = Math.min(PIECE_BYTES, bytes.length - at);
            sent += length;
            sink.send(piece(UnsafeByteOperations.unsafeWrap(bytes, at, length), from.sizeBytes() - sent));
        }
    }

    private static Buffer piece(ByteString bytes, long remaining) {
        return Buffer.buffer(SnapshotResponse.newBuilder()
                .setBlob(bytes)
                .setRemainingBytes(remaining)
                .setVersion(Version.STORAGE)
                .build()
                .toByteArray());
    }

    private void dispose(StateCopies.Copy done) {
        vertx.executeBlocking(
                        () -> {
                            done.close();
                            return true;
                        },
                        false)
                .onFailure(e -> LOG.warn("a copy of the state is still there: {}", e.getMessage()));
    }

    @Override
    public void halfClose() {
        // The one request is all that a client says.
    }

    @Override
    public void cancel() {
        ended = true;
        StateCopies.Copy open = copy;
        copy = null;
        if (open != null && !reading) {
            dispose(open);
        }
    }

    @Override
    public void end(@Nullable EtcdException error) {
        if (!ended) {
            cancel();
            sink.end(error);
        }
    }

    @Override
    public boolean ended() {
        return ended;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
