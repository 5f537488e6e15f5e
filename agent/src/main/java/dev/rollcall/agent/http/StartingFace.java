package dev.rollcall.agent.http;

import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.http.metrics.Metrics;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What the client port answers while a store of millions of rows is read: health, with how far it has come, version and
 * metrics; 503 to all else.
 */
public final class StartingFace implements Handler<HttpServerRequest> {
    private final ThreadLocal<Router> routers;

    /** @param progress what is being done, for people to read */
    public StartingFace(Vertx vertx, AgentConfig config, Metrics metrics, Supplier<String> progress) {
        HealthSource health = new Starting(progress);
        this.routers = ThreadLocal.withInitial(() -> router(vertx, config, metrics, health, progress));
    }

    @Override
    public void handle(HttpServerRequest request) {
        routers.get().handle(request);
    }

    private static Router router(
            Vertx vertx, AgentConfig config, Metrics metrics, HealthSource health, Supplier<String> progress) {
        Router router = Router.router(vertx);
        OperatorRoutes.mountAlways(vertx, router, config, health, metrics);
        router.route()
                .handler(context -> Problem.unavailable("this agent is starting: " + progress.get())
                        .send(context));
        return router;
    }

    /** There is nothing to ask yet. */
    private record Starting(Supplier<String> progress) implements HealthSource {
        @Override
        public String starting() {
            return progress.get();
        }

        @Override
        public boolean holdsStore() {
            return true;
        }

        @Override
        public Future<Void> read(boolean linearizable) {
            return Future.failedFuture(starting());
        }

        @Override
        public Future<Set<String>> alarms() {
            return Future.failedFuture(starting());
        }

        @Override
        public Future<Standing> standing() {
            return Future.failedFuture(starting());
        }
    }
}
