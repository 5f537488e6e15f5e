package dev.rollcall.agent.local;

import dev.rollcall.storage.error.EtcdError;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs heavy reads off the event loops. When too many run or wait, more are refused. Any event loop. */
final class Workers {
    private final Vertx vertx;
    private final int pendingMax;
    private final AtomicInteger pending = new AtomicInteger();

    Workers(Vertx vertx, int pendingMax) {
        this.vertx = vertx;
        this.pendingMax = pendingMax;
    }

    /** Completes on the caller's event loop; fails with {@code TOO_MANY_REQUESTS} without having begun. */
    <T> Future<T> run(Callable<T> read) {
        if (pending.incrementAndGet() > pendingMax) {
            pending.decrementAndGet();
            return Future.failedFuture(EtcdError.TOO_MANY_REQUESTS.exception());
        }
        return vertx.executeBlocking(read, false).eventually(() -> {
            pending.decrementAndGet();
            return Future.succeededFuture();
        });
    }
}
