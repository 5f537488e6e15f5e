package dev.rollcall.agent.http;

import dev.rollcall.agent.http.metrics.Counter;
import dev.rollcall.agent.http.metrics.Gauge;
import dev.rollcall.agent.http.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * {@code /health}, {@code /livez} and {@code /readyz}, as etcd answers them. On an agent without a store all that counts is
 * its way to a member, and its being alive does not depend on that: restarting it would not bring a member back.
 */
final class HealthRoutes {
    /**
     * One of the checks that a probe is made of.
     *
     * @param run succeeds, or fails with the reason
     */
    private record Check(String name, Supplier<Future<Void>> run) {}

    private record Result(String line, boolean passed) {}

    private final HealthSource source;
    private final Metrics metrics;
    private final Counter successes;
    private final Counter failures;

    private HealthRoutes(HealthSource source, Metrics metrics) {
        this.source = source;
        this.metrics = metrics;
        this.successes = metrics.counter("etcd_server_health_success", "Requests to /health that found it healthy.");
        this.failures = metrics.counter("etcd_server_health_failures", "Requests to /health that did not.");
    }

    static void mount(Router router, HealthSource source, Metrics metrics) {
        HealthRoutes routes = new HealthRoutes(source, metrics);
        router.route("/health").handler(Methods.only("GET", routes::health));
        routes.mountProbe(router, "livez", routes.livez());
        routes.mountProbe(router, "readyz", routes.readyz());
    }

    private List<Check> livez() {
        return source.holdsStore() ? List.of(new Check("serializable_read", () -> source.read(false))) : List.of();
    }

    private List<Check> readyz() {
        Check linearizable = new Check("linearizable_read", () -> source.read(true));
        return source.holdsStore()
                ? List.of(
                        new Check("data_corruption", this::notCorrupt),
                        new Check("serializable_read", () -> source.read(false)),
                        linearizable,
                        new Check("non_learner", this::notLearner))
                : List.of(linearizable);
    }

    private Future<Void> notCorrupt() {
        return source.alarms()
                .compose(raised -> raised.contains("CORRUPT")
                        ? Future.failedFuture("alarm activated: CORRUPT")
                        : Future.succeededFuture());
    }

    private Future<Void> notLearner() {
        return source.standing()
                .compose(standing -> standing.learner()
                        ? Future.failedFuture("not supported for learner")
                        : Future.succeededFuture());
    }

    private void health(RoutingContext context) {
        String starting = source.starting();
        if (starting != null) {
            healthAnswer(context, "STARTING:" + starting);
            return;
        }
        Set<String> excluded = Set.copyOf(context.queryParam("exclude"));
        boolean serializable = context.queryParam("serializable").contains("true");
        Future<Void> healthy = source.holdsStore()
                ? noAlarm(excluded)
                        .compose(fine -> serializable ? Future.<Void>succeededFuture() : hasLeader())
                        .compose(fine -> readable(!serializable))
                : readable(true);
        healthy.onComplete(judged -> healthAnswer(context, judged.succeeded() ? "" : reason(judged.cause())));
    }

    /** @param reason empty if all is well */
    private void healthAnswer(RoutingContext context, String reason) {
        boolean healthy = reason.isEmpty();
        (healthy ? successes : failures).increment();
        JsonObject answer =
                new JsonObject().put("health", Boolean.toString(healthy)).put("reason", reason);
        context.response()
                .setStatusCode(healthy ? 200 : 503)
                .putHeader("Content-Type", "application/json")
                .end(answer.encode());
    }

    private Future<Void> noAlarm(Set<String> excluded) {
        return source.alarms()
                .compose(raised -> raised.stream()
                        .filter(alarm -> !excluded.contains(alarm))
                        .findFirst()
                        .map(alarm -> Future.<Void>failedFuture("ALARM " + alarm))
                        .orElseGet(Future::succeededFuture));
    }

    private Future<Void> hasLeader() {
        return source.standing()
                .compose(standing ->
                        standing.leaderKnown() ? Future.succeededFuture() : Future.failedFuture("RAFT NO LEADER"));
    }

    private Future<Void> readable(boolean linearizable) {
        return source.read(linearizable).recover(failure -> Future.failedFuture("RANGE ERROR:" + reason(failure)));
    }

    private void mountProbe(Router router, String type, List<Check> checks) {
        router.route("/" + type).handler(Methods.only("GET", context -> {
            List<String> excluded = context.queryParam("exclude");
            probe(
                    context,
                    type,
                    checks.stream()
                            .filter(check -> !excluded.contains(check.name()))
                            .toList());
        }));
        for (Check check : checks) {
            lastResult(type, check);
            router.route("/" + type + "/" + check.name())
                    .handler(Methods.only("GET", context -> probe(context, type, List.of(check))));
        }
    }

    private void probe(RoutingContext context, String type, List<Check> checks) {
        String starting = source.starting();
        if (starting != null) {
            // Whoever recovers is alive, and restarting it would only make it begin again.
            boolean alive = type.equals("livez");
            probeAnswer(context, alive, (alive ? "[+]recovery under way: " : "[-]recovery failed: ") + starting + "\n");
            return;
        }
        List<Future<Result>> results = new ArrayList<>();
        for (Check check : checks) {
            results.add(run(type, check));
        }
        Future.all(results).onComplete(all -> {
            StringBuilder lines = new StringBuilder();
            boolean passed = true;
            for (Future<Result> result : results) {
                lines.append(result.result().line()).append('\n');
                passed &= result.result().passed();
            }
            String arriving = source.arriving();
            if (arriving != null) {
                // No check: what a member that is behind cannot do, the checks say.
                lines.append("[i]snapshot: ").append(arriving).append('\n');
            }
            probeAnswer(context, passed, lines.toString());
        });
    }

    private static void probeAnswer(RoutingContext context, boolean passed, String lines) {
        // Whoever fails says why; whoever passes only if asked.
        String body = passed ? (context.queryParams().contains("verbose") ? lines : "") + "ok\n" : lines;
        context.response()
                .setStatusCode(passed ? 200 : 503)
                .putHeader("Content-Type", "text/plain; charset=utf-8")
                .putHeader("X-Content-Type-Options", "nosniff")
                .end(body);
    }

    private Future<Result> run(String type, Check check) {
        return check.run().get().transform((done, failure) -> {
            boolean passed = failure == null;
            lastResult(type, check).set(passed ? 1 : 0);
            metrics.counter(
                            "etcd_server_healthchecks_total",
                            "Runs of each check by result.",
                            "type",
                            type,
                            "name",
                            check.name(),
                            "status",
                            passed ? "success" : "error")
                    .increment();
            String line = failure == null
                    ? "[+]" + check.name() + " ok"
                    : "[-]" + check.name() + " failed: " + reason(failure);
            return Future.succeededFuture(new Result(line, passed));
        });
    }

    private Gauge lastResult(String type, Check check) {
        return metrics.gauge(
                "etcd_server_healthcheck",
                "Last result of each check: 1 passed, 0 failed or never run.",
                "type",
                type,
                "name",
                check.name());
    }

    private static String reason(Throwable failure) {
        String message = failure.getMessage();
        return (message == null ? failure.getClass().getSimpleName() : message).replaceAll("\\s+", " ");
    }
}
