package dev.rollcall.agent.local;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.mvcc.AnswerGrowth;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Runs heavy reads off the event loops. When too many run or wait, or their answers take too much memory, more are refused.
 * Any event loop.
 */
final class Workers {
    private final Vertx vertx;
    private final int pendingMax;
    private final AtomicInteger pending = new AtomicInteger();
    private final ReadBudget budget;

    Workers(Vertx vertx, int pendingMax, long budgetBytes) {
        this.vertx = vertx;
        this.pendingMax = pendingMax;
        this.budget = new ReadBudget(budgetBytes);
    }

    /** Reads that run or wait. */
    int pending() {
        return pending.get();
    }

    /** Bytes of answers being built. */
    long answerBytes() {
        return budget.takenBytes();
    }

    /** Completes on the caller's event loop; fails with {@code TOO_MANY_REQUESTS} without having begun. */
    <T> Future<T> run(Function<AnswerGrowth, T> read) {
        if (pending.incrementAndGet() > pendingMax) {
            pending.decrementAndGet();
            return Future.failedFuture(EtcdError.TOO_MANY_REQUESTS.exception());
        }
        ReadBudget.Share share = budget.new Share();
        return vertx.executeBlocking(() -> read.apply(share), false).eventually(() -> {
            share.close();
            pending.decrementAndGet();
            return Future.succeededFuture();
        });
    }
}
