package dev.rollcall.agent.grpc;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.storage.error.EtcdException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Event loops, ports and waiting, for tests on real sockets. Closes what it opened. */
public final class Wire implements AutoCloseable {
    /** A limit for a test that hangs, not for a slow machine. */
    public static final long PATIENCE_SECONDS = 30;

    private final Vertx vertx = Vertx.vertx();
    private final Context loop;
    private final List<Supplier<Future<Void>>> closing = new ArrayList<>();
    private final CallLedgers ledgers = new CallLedgers(vertx, CallLedgers.Limits.DEFAULT, 2);

    public Wire() {
        loop = vertx.getOrCreateContext();
    }

    public Vertx vertx() {
        return vertx;
    }

    CallLedgers ledgers() {
        return ledgers;
    }

    /** Serves a backend on a free port of the loopback interface. */
    public ClientPort serve(Backend backend) {
        return serve(backend, 0, ClientPort.Limits.DEFAULT);
    }

    public ClientPort serve(Backend backend, int port, ClientPort.Limits limits) {
        Opening opening = new Opening();
        opening.open(face(backend));
        return serve(opening, port, limits, 2);
    }

    GrpcFace face(Backend backend) {
        return new GrpcFace(vertx, backend, 1_572_864);
    }

    /** Serves what {@code opening} brings. */
    ClientPort serve(Opening opening, int port, ClientPort.Limits limits, int loops) {
        ClientPort opened = await(ClientPort.open(
                vertx,
                List.of(SocketAddress.inetSocketAddress(port, "127.0.0.1")),
                loops,
                limits,
                new ClientConnections(1_000, ledgers),
                opening,
                request -> request.response().end("plain http\n")));
        closing.add(opened::close);
        return opened;
    }

    public static Endpoint endpoint(ClientPort port) {
        return new Endpoint("127.0.0.1", port.addresses().get(0).port());
    }

    /** Makes a call on an event loop and waits for its outcome. */
    public <T> T call(Supplier<Future<T>> call) {
        return await(on(call));
    }

    /** Makes a call on an event loop that is to fail, and returns the failure. */
    public Throwable failure(Supplier<? extends Future<?>> call) {
        Promise<Throwable> outcome = Promise.promise();
        loop.runOnContext(
                v -> call.get().onComplete(value -> outcome.fail("succeeded with " + value), outcome::complete));
        return await(outcome.future());
    }

    public EtcdException error(Supplier<? extends Future<?>> call) {
        Throwable cause = failure(call);
        if (cause instanceof EtcdException error) {
            return error;
        }
        throw new AssertionError("not an answer of the API", cause);
    }

    public <T> Future<T> on(Supplier<Future<T>> call) {
        Promise<T> outcome = Promise.promise();
        loop.runOnContext(v -> {
            try {
                call.get().onComplete(outcome);
            } catch (RuntimeException e) {
                outcome.fail(e);
            }
        });
        return outcome.future();
    }

    /** Runs something on the event loop and returns what it returns. */
    public <T> T run(Supplier<T> work) {
        return call(() -> Future.succeededFuture(work.get()));
    }

    public static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("nothing within " + PATIENCE_SECONDS + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Waits until something that only other threads can make true is true. */
    public void until(String what, Supplier<Boolean> condition) {
        Promise<Void> reached = Promise.promise();
        // Set on the loop it will run on: set elsewhere, it may run before it can be cancelled.
        loop.runOnContext(v -> vertx.setPeriodic(5, id -> {
            if (condition.get()) {
                vertx.cancelTimer(id);
                reached.tryComplete();
            }
        }));
        try {
            await(reached.future());
        } catch (AssertionError e) {
            throw new AssertionError("never: " + what, e);
        }
    }

    public void closeLater(Supplier<Future<Void>> close) {
        closing.add(close);
    }

    @Override
    public void close() {
        for (int i = closing.size() - 1; i >= 0; i--) {
            await(closing.get(i).get());
        }
        await(vertx.close());
    }

    /** Collects what a stream answers. */
    public static final class Answers implements StreamSink {
        private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();

        /** The next message. */
        public Buffer message() {
            Object next = next();
            if (next instanceof Buffer message) {
                return message;
            }
            throw new AssertionError("instead of a message: " + next);
        }

        /** The end of the stream, whatever came before: its error, null if it ended well. */
        public @Nullable EtcdException end() {
            Object next = next();
            while (next instanceof Buffer) {
                next = next();
            }
            return next instanceof EtcdException error ? error : null;
        }

        private Object next() {
            try {
                Object next = received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
                if (next == null) {
                    throw new AssertionError("nothing within " + PATIENCE_SECONDS + " s");
                }
                return next;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }

        public int size() {
            return received.size();
        }

        @Override
        public void send(Buffer message) {
            received.add(message);
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
            received.add(error == null ? "ended well" : error);
        }
    }
}
