package dev.rollcall.registry.loop;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * An event loop that owns state: whatever touches that state goes through here, so the state itself needs no lock. Only
 * {@link #run} and {@link #call} may be used from other threads.
 */
public final class Loop {
    private final Vertx vertx;
    private final Context context;

    /** Lives on the caller's event loop if it has one, else on one of its own. */
    public Loop(Vertx vertx) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
    }

    public Vertx vertx() {
        return vertx;
    }

    /** Runs a task on the loop, after those handed in before. */
    public void run(Runnable task) {
        context.runOnContext(ignored -> task.run());
    }

    /** Runs a task on the loop and hands its outcome, a thrown exception included, to the caller's context. */
    public <T> Future<T> call(Supplier<Future<T>> task) {
        Promise<T> promise = Promise.promise();
        Context caller = vertx.getOrCreateContext();
        run(() -> attempt(task).onComplete(result -> caller.runOnContext(ignored -> promise.handle(result))));
        return promise.future();
    }

    private static <T> Future<T> attempt(Supplier<Future<T>> task) {
        try {
            return task.get();
        } catch (RuntimeException refused) {
            return Future.failedFuture(refused);
        }
    }

    /** Runs a task on the loop after a while; the id cancels it. */
    public long after(long delayMs, Runnable task) {
        return vertx.setTimer(Math.max(1, delayMs), ignored -> run(task));
    }

    public void cancel(long timerId) {
        vertx.cancelTimer(timerId);
    }

    /**
     * The outcome of a future, on this loop, or a {@link TimeoutException} once the time is up. What the future does later
     * is not looked at, so its outcome is then unknown.
     */
    public <T> Future<T> within(long limitMs, Future<T> future) {
        Promise<T> promise = Promise.promise();
        long timer = vertx.setTimer(
                limitMs,
                ignored -> run(() -> promise.tryFail(new TimeoutException("no answer in " + limitMs + " ms"))));
        future.onComplete(result -> run(() -> {
            vertx.cancelTimer(timer);
            if (result.succeeded()) {
                promise.tryComplete(result.result());
            } else {
                promise.tryFail(result.cause());
            }
        }));
        return promise.future();
    }
}
