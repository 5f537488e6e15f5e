package dev.rollcall.agent.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.storage.apply.StateLimits;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** A member's services over a {@link FakeMember}, and one event loop to call them on. */
final class LocalFixture implements AutoCloseable {
    private final Vertx vertx;
    private final Context loop;
    final FakeMember member;
    final LocalBackend backend;

    LocalFixture() {
        this(LocalLimits.DEFAULT);
    }

    LocalFixture(LocalLimits limits) {
        this(limits, StateLimits.DEFAULTS, false, MemberRole.VOTER);
    }

    LocalFixture(LocalLimits limits, StateLimits stateLimits, boolean cold, MemberRole role) {
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(4));
        loop = vertx.getOrCreateContext();
        member = new FakeMember(vertx, stateLimits, cold, role);
        backend = new LocalBackend(vertx, member.parts(), limits);
    }

    /** Runs this on the event loop and waits. */
    <T> T onLoop(Supplier<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        loop.runOnContext(nothing -> {
            try {
                done.complete(task.get());
            } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        });
        return join(done);
    }

    private CompletableFuture<Buffer> start(EtcdMethod method, Buffer request, CallContext context) {
        CompletableFuture<Buffer> done = new CompletableFuture<>();
        loop.runOnContext(nothing -> backend.unary(method, request, context).onComplete(answer -> {
            if (!Context.isOnEventLoopThread()) {
                done.completeExceptionally(new AssertionError("answered off the event loop"));
            } else if (answer.succeeded()) {
                done.complete(answer.result());
            } else {
                done.completeExceptionally(answer.cause());
            }
        }));
        return done;
    }

    /** Calls and waits. The answer is of the type of {@code sample}. */
    <T extends MessageLite> T call(EtcdMethod method, MessageLite request, T sample) {
        return call(method, request, sample, CallContext.INTERNAL);
    }

    <T extends MessageLite> T call(EtcdMethod method, MessageLite request, T sample, CallContext context) {
        return parse(join(start(method, Buffer.buffer(request.toByteArray()), context)), sample);
    }

    /** Calls and does not wait. */
    CompletableFuture<Buffer> start(EtcdMethod method, MessageLite request) {
        return start(method, Buffer.buffer(request.toByteArray()), CallContext.INTERNAL);
    }

    /** The error of a call that must fail. */
    EtcdException fail(EtcdMethod method, MessageLite request) {
        return fail(method, Buffer.buffer(request.toByteArray()), CallContext.INTERNAL);
    }

    EtcdException fail(EtcdMethod method, Buffer request, CallContext context) {
        Throwable failure = start(method, request, context)
                .handle((answer, error) -> error)
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
        assertNotNull(failure, "the call succeeded");
        return assertInstanceOf(EtcdException.class, failure);
    }

    /** Opens a stream; its calls are made on the event loop. */
    StreamCall open(EtcdMethod method, CallContext context, TestSink sink) {
        return onLoop(() -> backend.open(method, context, sink));
    }

    void say(StreamCall stream, MessageLite message) {
        onLoop(() -> {
            stream.message(Buffer.buffer(message.toByteArray()));
            return true;
        });
    }

    /** Puts as a client does, and returns the revision. */
    long put(String key, String value) {
        return call(EtcdMethod.PUT, putOf(key, value).build(), PutResponse.getDefaultInstance())
                .getHeader()
                .getRevision();
    }

    /** Deletes as a client does. */
    void delete(String key) {
        join(start(
                EtcdMethod.DELETE_RANGE,
                DeleteRangeRequest.newBuilder().setKey(bytes(key)).build()));
    }

    static PutRequest.Builder putOf(String key, String value) {
        return PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value));
    }

    static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    @SuppressWarnings("unchecked") // The parser of a message makes messages of its class.
    static <T extends MessageLite> T parse(Buffer answer, T sample) {
        try {
            return (T) sample.getParserForType().parseFrom(answer.getBytes());
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    static <T> T join(CompletableFuture<T> future) {
        try {
            return future.get(10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    static void assertError(EtcdError expected, EtcdException error) {
        assertEquals(expected.text(), error.text());
        assertEquals(expected.code(), error.code());
    }

    @Override
    public void close() {
        backend.close();
        member.close();
        join(vertx.close().toCompletionStage().toCompletableFuture());
    }
}
