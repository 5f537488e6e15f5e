package dev.rollcall.agent.http.metrics;

import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The metrics as they are answered. One page is made at a time, and serves all who asked before it was begun: so many who ask
 * and do not read share the memory of few pages. Any thread.
 */
public final class MetricsPage {
    private final Vertx vertx;
    private final Supplier<String> page;
    private @Nullable Promise<Buffer> next;
    private boolean making;

    /** @param page makes one; called on a worker */
    public MetricsPage(Vertx vertx, Supplier<String> page) {
        this.vertx = vertx;
        this.page = page;
    }

    /** A page that is begun no earlier than this is called, on the caller's context. */
    public Future<Buffer> get() {
        Context caller = vertx.getOrCreateContext();
        Promise<Buffer> here = Promise.promise();
        asked().onComplete(made -> caller.runOnContext(later -> here.handle(made)));
        return here.future();
    }

    private synchronized Future<Buffer> asked() {
        Promise<Buffer> asked = next;
        if (asked == null) {
            asked = Promise.promise();
            next = asked;
        }
        if (!making) {
            make(asked);
        }
        return asked.future();
    }

    private synchronized void make(Promise<Buffer> wanted) {
        making = true;
        next = null;
        vertx.executeBlocking(() -> Buffer.buffer(page.get()), false).onComplete(made -> made(wanted, made));
    }

    private void made(Promise<Buffer> wanted, AsyncResult<Buffer> page) {
        synchronized (this) {
            making = false;
            if (next != null) {
                make(next);
            }
        }
        wanted.handle(page);
    }
}
