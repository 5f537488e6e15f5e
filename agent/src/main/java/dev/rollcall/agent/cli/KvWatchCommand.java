package dev.rollcall.agent.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import dev.rollcall.storage.proto.WatchResponse;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "watch",
        description =
                "Shows changes of a key, or of all with a prefix, until it is interrupted or the connection ends.",
        footer = {"", "Example: rollcall kv watch --prefix rollcall/endpoints/orders/"})
final class KvWatchCommand extends RemoteCommand {
    @Mixin
    private KeyRange range = new KeyRange();

    @Option(names = "--rev", paramLabel = "N", description = "from this revision on (default: from now on)")
    private long revision;

    @Option(names = "--count", paramLabel = "N", description = "ends after so many changes (default: never)")
    private long count;

    private long shown;
    private final Promise<@Nullable Void> done = Promise.promise();

    @Override
    public Integer call() {
        WatchRequest request = WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder()
                        .setKey(range.first())
                        .setRangeEnd(range.end())
                        .setStartRevision(revision))
                .build();
        try (EtcdCalls calls = new EtcdCalls(endpoints())) {
            calls.open(EtcdMethod.WATCH, request, new Changes());
            done.future().toCompletionStage().toCompletableFuture().get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new CommandFailure(String.valueOf(cause.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted");
        }
        return 0;
    }

    /** Writes changes as they come. Blocking the event loop on a slow reader is what slows the sender. */
    private final class Changes implements StreamSink {
        @Override
        public void send(Buffer message) {
            WatchResponse response;
            try {
                response = WatchResponse.parseFrom(message.getBytes());
            } catch (InvalidProtocolBufferException e) {
                done.tryFail(e);
                return;
            }
            for (Event event : response.getEventsList()) {
                if (count == 0 || shown < count) {
                    show(event);
                    shown++;
                }
            }
            out().flush();
            if (response.getCanceled()) {
                done.tryFail(new CommandFailure(reason(response)));
            } else if (count > 0 && shown >= count) {
                done.tryComplete();
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
            done.tryFail(error == null ? new CommandFailure("the watch was ended") : error);
        }
    }

    private static String reason(WatchResponse response) {
        return response.getCompactRevision() > 0
                ? "that revision is gone: history begins at revision " + response.getCompactRevision()
                : response.getCancelReason();
    }

    private void show(Event event) {
        if (json()) {
            JsonObject json = new JsonObject().put("type", event.getType().name());
            out().println(json.mergeIn(KeyText.json(event.getKv())).encode());
        } else {
            out().println(event.getType().name());
            out().println(event.getKv().getKey().toStringUtf8());
            out().println(event.getKv().getValue().toStringUtf8());
        }
    }
}
