package dev.rollcall.agent.process;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.EtcdClient;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.WatchRequest;
import dev.rollcall.storage.proto.WatchResponse;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One of two servers that are asked the same. */
final class Twin {
    private final Vertx vertx;
    private final EtcdClient client;

    Twin(Vertx vertx, int port) {
        this.vertx = vertx;
        this.client = new EtcdClient(vertx, new Endpoint("127.0.0.1", port), ClientOptions.DEFAULT);
    }

    /** Its answer, or the error it answers with as {@code code text}. */
    Object ask(RandomCalls.Call call) throws InterruptedException, TimeoutException, ExecutionException {
        CompletableFuture<Buffer> answer = new CompletableFuture<>();
        vertx.runOnContext(nothing -> client.unary(
                        call.method(), Buffer.buffer(call.request().toByteArray()), CallContext.INTERNAL)
                .onComplete(answer::complete, answer::completeExceptionally));
        try {
            return parsed(call, answer.get(10, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof EtcdException refusal) {
                return refusal.code() + " " + refusal.getMessage();
            }
            throw e;
        }
    }

    private static Message parsed(RandomCalls.Call call, Buffer answer) {
        try {
            return call.answer().parseFrom(answer.getBytes());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    Watching watch() throws Exception {
        CompletableFuture<Watching> opened = new CompletableFuture<>();
        vertx.runOnContext(nothing -> {
            Watching watching = new Watching(vertx.getOrCreateContext());
            watching.call = client.open(EtcdMethod.WATCH, CallContext.INTERNAL, watching);
            opened.complete(watching);
        });
        return opened.get(10, TimeUnit.SECONDS);
    }

    /** A watch stream with everything that came on it. */
    static final class Watching implements StreamSink {
        private final Context context;
        private final List<WatchResponse> responses = new CopyOnWriteArrayList<>();

        @SuppressWarnings("NullAway.Init")
        private StreamCall call;

        private Watching(Context context) {
            this.context = context;
        }

        void say(WatchRequest request) {
            Buffer message = Buffer.buffer(request.toByteArray());
            context.runOnContext(nothing -> call.message(message));
        }

        /** What has come so far, in order. */
        List<WatchResponse> responses() {
            return List.copyOf(responses);
        }

        @Override
        public void send(Buffer message) {
            try {
                responses.add(WatchResponse.parseFrom(message.getBytes()));
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public boolean writable() {
            return true;
        }

        @Override
        public void onWritable(Runnable handler) {
            throw new IllegalStateException("it is always writable");
        }

        @Override
        public void end(@Nullable EtcdException error) {
            responses.add(WatchResponse.newBuilder()
                    .setWatchId(Long.MIN_VALUE)
                    .setCancelReason("stream ended: " + error)
                    .build());
        }
    }
}
