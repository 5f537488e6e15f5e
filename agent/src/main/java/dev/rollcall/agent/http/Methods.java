package dev.rollcall.agent.http;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/** Refuses the methods that a path does not have, in etcd's words. */
final class Methods {
    private Methods() {}

    /** A handler for these methods, separated by commas. */
    static Handler<RoutingContext> only(String methods, Handler<RoutingContext> handler) {
        List<String> allowed = List.of(methods.split(",", -1));
        return context -> {
            if (allowed.contains(context.request().method().name())) {
                handler.handle(context);
                return;
            }
            context.response()
                    .setStatusCode(405)
                    .putHeader("Allow", String.join(", ", allowed))
                    .putHeader("Content-Type", "text/plain; charset=utf-8")
                    .putHeader("X-Content-Type-Options", "nosniff")
                    .end("Method Not Allowed\n");
        };
    }
}
