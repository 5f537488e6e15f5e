package dev.rollcall.agent.http;

import dev.rollcall.agent.Version;
import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.http.metrics.Metrics;
import dev.rollcall.agent.http.metrics.MetricsPage;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** The routes for whoever runs the agent: health, version, metrics, members. */
public final class OperatorRoutes {
    private static final String VERSION = new JsonObject()
            .put("etcdserver", Version.ETCD_SERVER)
            .put("etcdcluster", Version.ETCD_CLUSTER)
            .put("storage", Version.STORAGE)
            .put("rollcall", Version.ROLLCALL)
            .encode();

    /**
     * What the routes need.
     *
     * @param backend answers the member list
     * @param probe asks other members for their status
     */
    public record Parts(AgentConfig config, HealthSource health, Metrics metrics, Backend backend, StatusProbe probe) {}

    private OperatorRoutes() {}

    /** Mounts them, and before them the rule about the Host, which so covers every route mounted later. */
    public static void mount(Vertx vertx, Router router, Parts parts) {
        mountAlways(vertx, router, parts.config(), parts.health(), parts.metrics());
        MembersRoute members = new MembersRoute(parts.backend(), parts.probe());
        router.get("/v1/members").handler(members);
        router.route("/v1/members").handler(context -> {
            context.response().putHeader("Allow", "GET");
            new Problem(405, "use GET").send(context);
        });
        router.errorHandler(
                404,
                context -> Problem.notFound("there is no " + context.normalizedPath())
                        .send(context));
    }

    /** The routes that need no store and answer before there is one. */
    static void mountAlways(Vertx vertx, Router router, AgentConfig config, HealthSource health, Metrics metrics) {
        router.route().handler(HostRule.of(config));
        HealthRoutes.mount(router, health, metrics);
        router.route("/version").handler(Methods.only("GET", context -> json(context, VERSION)));
        MetricsPage page = new MetricsPage(vertx, metrics::page);
        router.route("/metrics").handler(Methods.only("GET,HEAD", context -> metrics(page, context)));
    }

    private static void metrics(MetricsPage page, RoutingContext context) {
        page.get()
                .onSuccess(made -> context.response()
                        .putHeader("Content-Type", Metrics.CONTENT_TYPE)
                        .end(made))
                .onFailure(context::fail);
    }

    private static void json(RoutingContext context, String body) {
        context.response().putHeader("Content-Type", "application/json").end(body);
    }
}
