package dev.rollcall.agent.http.discovery;

import dev.rollcall.agent.http.Problem;
import dev.rollcall.registry.Registry;
import dev.rollcall.registry.dns.DnsAnswers;
import dev.rollcall.registry.dns.RecordType;
import dev.rollcall.registry.model.DnsLabel;
import dev.rollcall.registry.table.EndpointTable;
import io.netty.handler.codec.http.multipart.HttpPostRequestDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Discovery over HTTP: {@code /v1/services}, {@code /v1/services/{name}} as an answer or as an event stream, {@code
 * /v1/agent}, {@code /v1/agent/drain} and {@code /resolve}. Every error is a {@link Problem}. One object may serve the
 * routers of several event loops; the limit on open streams is then one for all.
 */
public final class DiscoveryRoutes {
    /** Open event streams at most; one more is answered with 503. */
    public static final int MAX_STREAMS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(DiscoveryRoutes.class);

    private final EndpointTable table;
    private final AgentHandlers agent;
    private final int maxStreams;
    private final AtomicInteger streams = new AtomicInteger();

    public DiscoveryRoutes(Registry registry, AgentView agent) {
        this(registry, agent, MAX_STREAMS);
    }

    DiscoveryRoutes(Registry registry, AgentView agent, int maxStreams) {
        this.table = registry.table();
        this.agent = new AgentHandlers(registry.services(), agent);
        this.maxStreams = maxStreams;
    }

    /** Event streams open now. */
    public int openStreams() {
        return streams.get();
    }

    /** Mounts all of it. */
    public void mountOn(Router router) {
        get(router, "/v1/services").handler(this::services);
        get(router, "/v1/services/:name").handler(this::service);
        get(router, "/v1/agent").handler(agent::show);
        get(router, "/resolve").handler(this::resolve);
        Route drain = router.route(HttpMethod.POST, "/v1/agent/drain").failureHandler(DiscoveryRoutes::fail);
        drain.handler(AgentHandlers.body())
                .handler(AgentHandlers::refuseOtherOrigins)
                .handler(agent::drain);
        for (String path : new String[] {"/v1/services", "/v1/services/:name", "/v1/agent", "/resolve"}) {
            router.route(path).handler(context -> refuseMethod(context, "GET, HEAD"));
        }
        router.route("/v1/agent/drain").handler(context -> refuseMethod(context, "POST"));
    }

    private static Route get(Router router, String path) {
        return router.route(HttpMethod.GET, path).method(HttpMethod.HEAD).failureHandler(DiscoveryRoutes::fail);
    }

    private void services(RoutingContext context) {
        if (isReady(context)) {
            answer(context, Answers.services(table.snapshot()));
        }
    }

    private void service(RoutingContext context) {
        String name = context.pathParam("name");
        if (!DnsLabel.isLegal(name)) {
            Problem.badRequest("'" + name + "' is no service name: use 1 to 63 of a-z, 0-9 and '-', "
                            + "not starting or ending with '-'")
                    .send(context);
            return;
        }
        Boolean all = flag(context, "all");
        if (all == null) {
            return;
        }
        String accept = context.request().getHeader(HttpHeaders.ACCEPT);
        boolean stream = accept != null && accept.contains("text/event-stream");
        if (stream && context.request().method().equals(HttpMethod.GET)) {
            stream(context, name, all);
        } else if (isReady(context)) {
            table.service(name)
                    .onSuccess(view -> answer(context, Answers.service(view, all)))
                    .onFailure(context::fail);
        }
    }

    private void stream(RoutingContext context, String name, boolean all) {
        if (streams.incrementAndGet() > maxStreams) {
            streams.decrementAndGet();
            Problem.unavailable("this agent serves " + maxStreams + " event streams already: ask another agent")
                    .send(context);
            return;
        }
        new EventStream(context, all, streams::decrementAndGet).open(table, name);
    }

    private void resolve(RoutingContext context) {
        String name = context.request().getParam("name");
        if (name == null || name.isEmpty() || name.length() > 255) {
            Problem.badRequest("give a name of at most 255 characters: /resolve?name=orders&type=SRV")
                    .send(context);
            return;
        }
        String wanted = context.request().getParam("type", "A");
        RecordType type = RecordType.parse(wanted);
        if (type == null || type == RecordType.CNAME) {
            Problem.badRequest("type '" + wanted + "' is not served here: use SRV, A or AAAA")
                    .send(context);
            return;
        }
        if (isReady(context)) {
            answer(context, DnsAnswers.resolve(table.snapshot(), name, type).toJson());
        }
    }

    private boolean isReady(RoutingContext context) {
        if (table.ready().succeeded()) {
            return true;
        }
        Problem.unavailable("this agent has not yet read the list of services: try again")
                .send(context);
        return false;
    }

    private void answer(RoutingContext context, JsonObject body) {
        // How long ago the store was last heard of: lookups go on without it, and this is where that shows.
        context.response().putHeader("Age", Long.toString(table.ageMs() / 1_000));
        json(context, body);
    }

    static void json(RoutingContext context, JsonObject body) {
        context.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .end(body.encode());
    }

    /** A yes-or-no parameter; answers the request itself and returns null if it is neither. */
    static @Nullable Boolean flag(RoutingContext context, String name) {
        String value = context.request().getParam(name, "false");
        if (value.equals("true") || value.equals("false")) {
            return value.equals("true");
        }
        Problem.badRequest(name + "=" + value + " is not understood: use true or false")
                .send(context);
        return null;
    }

    private static void refuseMethod(RoutingContext context, String allowed) {
        context.response().putHeader(HttpHeaders.ALLOW, allowed);
        new Problem(405, "use " + allowed.replace(", ", " or ")).send(context);
    }

    /** It went away, or does not speak HTTP/2: nobody is there to be answered. */
    private static boolean isClients(Throwable cause) {
        return cause instanceof HttpClosedException
                || cause instanceof ClosedChannelException
                || cause instanceof StreamResetException
                || cause instanceof Http2Exception;
    }

    private static void fail(RoutingContext context) {
        Throwable cause = context.failure();
        int status = context.statusCode();
        // curl -d calls any body a form; one without a length is found too long by the reading of forms.
        if (status == 413 || cause instanceof HttpPostRequestDecoder.TooLongFormFieldException) {
            new Problem(413, "the body is larger than " + AgentHandlers.MAX_BODY_BYTES + " bytes").send(context);
        } else if (status >= 400 && status < 500) {
            new Problem(status, "the request is malformed").send(context);
        } else if (isClients(cause)) {
            // Nor is the stream reset: on a connection that fails, each reset that fails would fail all of its streams
            // again.
            LOG.debug("a client has broken off", cause);
        } else {
            LOG.error(
                    "cannot answer {} {}",
                    context.request().method(),
                    context.request().path(),
                    cause);
            new Problem(500, "this agent failed to answer; its log says why").send(context);
        }
    }
}
