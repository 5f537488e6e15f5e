package dev.rollcall.agent.http.discovery;

import dev.rollcall.agent.http.Problem;
import dev.rollcall.registry.local.DrainUndoneException;
import dev.rollcall.registry.local.LocalServices;
import dev.rollcall.registry.local.UnknownServiceException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What concerns the services beside this agent: showing them, and taking them out of traffic. */
final class AgentHandlers {
    static final int MAX_BODY_BYTES = 16 * 1024;
    private static final Set<String> DRAIN_FIELDS = Set.of("service", "undo");

    private final LocalServices services;
    private final AgentView agent;

    AgentHandlers(LocalServices services, AgentView agent) {
        this.services = services;
        this.agent = agent;
    }

    /** Reads the body, up to a limit. */
    static BodyHandler body() {
        return BodyHandler.create(false).setBodyLimit(MAX_BODY_BYTES);
    }

    /**
     * Refuses what a page of another origin makes a browser send: a drain needs no body, so a browser would send it without
     * asking first.
     */
    static void refuseOtherOrigins(RoutingContext context) {
        HttpServerRequest request = context.request();
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        String authority =
                request.authority() == null ? "" : request.authority().toString();
        if (origin == null || origin.endsWith("://" + authority)) {
            context.next();
        } else {
            new Problem(403, "requests from other origins are refused").send(context);
        }
    }

    void show(RoutingContext context) {
        services.list()
                .onSuccess(local -> DiscoveryRoutes.json(context, Answers.agent(agent, local)))
                .onFailure(context::fail);
    }

    void drain(RoutingContext context) {
        JsonObject wish = parse(context);
        Boolean wait = wish == null ? null : DiscoveryRoutes.flag(context, "wait");
        if (wish == null || wait == null) {
            return;
        }
        String service = wish.getString("service");
        Future<Void> done;
        if (wish.getBoolean("undo", false)) {
            done = services.undrain(service);
        } else {
            done = wait ? services.drainAndSettle(service) : services.drain(service);
        }
        done.compose(ignored -> services.list())
                .onSuccess(local -> DiscoveryRoutes.json(context, Answers.drained(local)))
                .onFailure(cause -> refuse(context, cause));
    }

    /**
     * Reads what is to be drained; answers the request itself and returns null if it cannot be read. A misspelt field must
     * not turn "this one" into "all".
     */
    private static @Nullable JsonObject parse(RoutingContext context) {
        Buffer body = context.body().buffer();
        if (body == null || body.length() == 0) {
            return new JsonObject();
        }
        try {
            JsonObject json = new JsonObject(body);
            boolean typed = (!json.containsKey("service") || json.getValue("service") instanceof String)
                    && (!json.containsKey("undo") || json.getValue("undo") instanceof Boolean);
            if (typed && DRAIN_FIELDS.containsAll(json.fieldNames())) {
                return json;
            }
        } catch (DecodeException malformed) {
            // The answer below says what is wanted.
        }
        Problem.badRequest(
                        "the body is not understood: send {\"service\":\"orders\"}, {\"undo\":true}, both, or nothing")
                .send(context);
        return null;
    }

    private static void refuse(RoutingContext context, Throwable cause) {
        if (cause instanceof UnknownServiceException unknown) {
            Problem.notFound(String.valueOf(unknown.getMessage())).send(context);
        } else if (cause instanceof DrainUndoneException) {
            new Problem(409, "draining was undone meanwhile").send(context);
        } else if (cause instanceof TimeoutException) {
            Problem.unavailable("the store has not confirmed it yet; it is noted, and done as soon as the store can be"
                            + " reached")
                    .send(context);
        } else {
            context.fail(cause);
        }
    }
}
