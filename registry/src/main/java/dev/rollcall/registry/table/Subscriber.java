package dev.rollcall.registry.table;

import io.vertx.core.Context;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A listener and the context it lives on. At most one delivery waits there: a newer view takes the place of one that the
 * listener has not seen yet, so a context that lags costs no memory.
 */
final class Subscriber {
    private final Context context;
    private final EndpointListener listener;
    private final AtomicReference<@Nullable Delivery> waiting = new AtomicReference<>();
    private volatile boolean closed;

    private record Delivery(ServiceView view, boolean reset) {}

    Subscriber(Context context, EndpointListener listener) {
        this.context = context;
        this.listener = listener;
    }

    void offer(ServiceView view, boolean reset) {
        Delivery unseen =
                waiting.getAndUpdate(before -> new Delivery(view, reset || (before != null && before.reset())));
        if (unseen == null) {
            context.runOnContext(ignored -> deliver());
        }
    }

    void close() {
        closed = true;
    }

    private void deliver() {
        Delivery delivery = waiting.getAndSet(null);
        if (delivery != null && !closed) {
            listener.changed(delivery.view(), delivery.reset());
        }
    }
}
