package dev.rollcall.agent.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.SnapshotRequest;
import dev.rollcall.storage.proto.SnapshotResponse;
import dev.rollcall.storage.sqlite.SavedSnapshot;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "save",
        description = "Saves the state of a member, all keys, leases and revisions, as it is now.",
        footer = {"", "The file opens in sqlite3. Example: rollcall snapshot save backup.db"})
final class SnapshotSaveCommand extends RemoteCommand {
    @Parameters(paramLabel = "FILE", description = "where to; replaced if it is there")
    private Path file = Path.of("");

    private final Promise<@Nullable Void> done = Promise.promise();

    @Override
    public Integer call() {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (FileChannel out = SavedSnapshot.create(part);
                EtcdCalls calls = new EtcdCalls(endpoints())) {
            calls.open(EtcdMethod.SNAPSHOT, SnapshotRequest.getDefaultInstance(), new Pieces(out));
            done.future().toCompletionStage().toCompletableFuture().get();
            out.force(true);
            SavedSnapshot.open(part);
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            long size = Files.size(file) - SavedSnapshot.HASH_BYTES;
            out().println(
                            json()
                                    ? new JsonObject()
                                            .put("file", file.toString())
                                            .put("sizeBytes", size)
                                            .encode()
                                    : "saved " + size + " bytes as " + file);
            return 0;
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new CommandFailure(String.valueOf(cause.getMessage()));
        } catch (IOException e) {
            throw new CommandFailure("cannot write " + file + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted");
        }
    }

    /** Writes pieces as they come. Blocking the event loop on a slow disk is what slows the sender. */
    private final class Pieces implements StreamSink {
        private final FileChannel out;

        Pieces(FileChannel out) {
            this.out = out;
        }

        @Override
        public void send(Buffer message) {
            try {
                ByteBuffer piece =
                        SnapshotResponse.parseFrom(message.getBytes()).getBlob().asReadOnlyByteBuffer();
                while (piece.hasRemaining()) {
                    out.write(piece);
                }
            } catch (InvalidProtocolBufferException e) {
                done.tryFail(new CommandFailure("no snapshot: " + e.getMessage()));
            } catch (IOException e) {
                done.tryFail(new CommandFailure("cannot write " + file + ": " + e.getMessage()));
            }
        }

        @Override
        public boolean writable() {
            return true;
        }

        @Override
        public void onWritable(Runnable handler) {
            handler.run();
        }

        @Override
        public void end(@Nullable EtcdException error) {
            if (error == null) {
                done.tryComplete();
            } else {
                done.tryFail(error);
            }
        }
    }
}
