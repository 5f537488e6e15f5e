package dev.rollcall.agent.http.discovery;

import dev.rollcall.registry.table.EndpointTable;
import dev.rollcall.registry.table.ServiceView;
import dev.rollcall.registry.table.Subscription;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One service told to one client as server-sent events. At most one list is on its way to a client: while it does not read,
 * the newest one waits in the place of all that it missed, and a client that reads nothing for a minute is cut off. Confined
 * to the event loop of its request.
 *
 * <p>The end of each write is awaited, because the response's own queue counts messages (16 of them), not bytes: that could
 * be many megabytes for each client that stopped reading.
 */
final class EventStream {
    static final long HEARTBEAT_MS = 15_000;
    private static final int MAX_STALLED_HEARTBEATS = 4;

    private final RoutingContext context;
    private final HttpServerResponse response;
    private final boolean all;
    private final Runnable onEnd;
    private @Nullable ServiceView unsent;
    private boolean unsentReset;
    private @Nullable ServiceView lastSent;
    private @Nullable Subscription subscription;
    private long heartbeat = -1;
    private int stalledHeartbeats;
    private boolean writing;
    private boolean ended;

    /** @param onEnd run once, when the stream is over */
    EventStream(RoutingContext context, boolean all, Runnable onEnd) {
        this.context = context;
        this.response = context.response();
        this.all = all;
        this.onEnd = onEnd;
    }

    void open(EndpointTable table, String service) {
        response.setChunked(true)
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        response.endHandler(ignored -> end());
        // The client learns at once that it is heard, even if there is no list yet.
        write(": " + service + "\n\n");
        heartbeat = context.vertx().setPeriodic(HEARTBEAT_MS, ignored -> beat());
        subscription = table.subscribe(service, this::offer);
    }

    private void offer(ServiceView view, boolean reset) {
        unsent = view;
        unsentReset |= reset;
        send();
    }

    private void send() {
        ServiceView view = unsent;
        if (view == null || ended || writing) {
            return;
        }
        boolean reset = unsentReset;
        unsent = null;
        unsentReset = false;
        if (isNews(view, reset)) {
            String data = Answers.service(view, all).put("reset", reset).encode();
            lastSent = view;
            write("event: endpoints\nid: " + view.index() + "\ndata: " + data + "\n\n");
        }
    }

    private void write(String text) {
        writing = true;
        response.write(text).onSuccess(ignored -> {
            writing = false;
            stalledHeartbeats = 0;
            send();
        });
    }

    /** A change that does not show in this list is none; but after a reset a new index is told, for it may have fallen. */
    private boolean isNews(ServiceView view, boolean reset) {
        ServiceView before = lastSent;
        if (before == null || (reset && before.index() != view.index())) {
            return true;
        }
        List<?> shown = Answers.shown(view, all);
        return !shown.equals(Answers.shown(before, all));
    }

    private void beat() {
        if (ended) {
            return;
        }
        if (!writing) {
            write(":\n\n");
        } else if (++stalledHeartbeats >= MAX_STALLED_HEARTBEATS) {
            response.reset();
            end();
        }
    }

    private void end() {
        if (ended) {
            return;
        }
        ended = true;
        context.vertx().cancelTimer(heartbeat);
        if (subscription != null) {
            subscription.close();
        }
        onEnd.run();
    }
}
