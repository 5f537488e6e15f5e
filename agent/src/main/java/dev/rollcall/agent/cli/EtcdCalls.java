package dev.rollcall.agent.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.Upstream;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The etcd API of members, for commands: calls that wait for their answer. */
final class EtcdCalls implements AutoCloseable {
    private static final long TIMEOUT_MS = 10_000;
    /** A person waits longer than an agent, which has other members to turn to: also for a machine under load. */
    private static final ClientOptions OPTIONS =
            new ClientOptions(8_000, TIMEOUT_MS, 32 * 1024 * 1024, 100, 5_000, 10_000, 5_000);

    private static final long CLOSE_TIMEOUT_MS = 2_000;

    private final Vertx vertx = Vertx.vertx(new VertxOptions()
            .setEventLoopPoolSize(1)
            .setFileSystemOptions(
                    new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
    private final Context loop = vertx.getOrCreateContext();
    private final Upstream upstream;

    EtcdCalls(List<Endpoint> endpoints) {
        upstream = new Upstream(vertx, endpoints, OPTIONS, new Random());
    }

    /** A call to whichever endpoint serves. */
    <T extends Message> T call(EtcdMethod method, Message request, Parser<T> parser) {
        return await(start(upstream, method, request, parser));
    }

    /** Begins a call to one endpoint and no other. */
    <T extends Message> Future<T> start(Endpoint endpoint, EtcdMethod method, Message request, Parser<T> parser) {
        return start(upstream.to(endpoint), method, request, parser);
    }

    /** Waits for an answer. */
    static <T> T await(Future<T> answer) {
        try {
            return answer.toCompletionStage()
                    .toCompletableFuture()
                    .get(TIMEOUT_MS + CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new CommandFailure(String.valueOf(cause.getMessage()));
        } catch (TimeoutException e) {
            throw new CommandFailure("no answer within " + TIMEOUT_MS / 1_000 + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted");
        }
    }

    /** Opens a stream and sends its first message; the sink is used on one event loop. */
    void open(EtcdMethod method, Message first, StreamSink sink) {
        loop.runOnContext(go -> {
            StreamCall call = upstream.open(method, CallContext.INTERNAL, sink);
            call.message(Buffer.buffer(first.toByteArray()));
        });
    }

    @Override
    public void close() {
        vertx.close()
                .toCompletionStage()
                .toCompletableFuture()
                .completeOnTimeout(null, CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .join();
    }

    private <T extends Message> Future<T> start(Backend backend, EtcdMethod method, Message request, Parser<T> parser) {
        Promise<T> answer = Promise.promise();
        loop.runOnContext(go -> backend.unary(
                        method,
                        Buffer.buffer(request.toByteArray()),
                        new CallContext(false, null, TIMEOUT_MS, "command"))
                .compose(bytes -> parse(parser, bytes))
                .onComplete(answer));
        return answer.future();
    }

    private static <T extends Message> Future<T> parse(Parser<T> parser, Buffer bytes) {
        try {
            return Future.succeededFuture(parser.parseFrom(bytes.getBytes()));
        } catch (InvalidProtocolBufferException e) {
            return Future.failedFuture(e);
        }
    }
}
