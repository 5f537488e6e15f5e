package dev.rollcall.examples;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A service like any other: it knows nothing of discovery. {@code /health} is what its agent checks, {@code /slow?ms=2000}
 * takes its time, everything else answers at once. SIGTERM lets running requests finish.
 *
 * <pre>{@code java -cp rollcall-sidecar-examples.jar dev.rollcall.examples.ExampleService --name orders --id orders-1 --port 8080}</pre>
 */
public final class ExampleService {

    private static final int MAX_SLOW_MS = 60_000;
    private static final int STOP_TIMEOUT_SECONDS = 30;

    private final Vertx vertx;
    private final String name;
    private final String id;
    private long answered;

    private ExampleService(Vertx vertx, String name, String id) {
        this.vertx = vertx;
        this.name = name;
        this.id = id;
    }

    public static void main(String[] args) throws TimeoutException {
        Flags flags = Flags.parse(List.of(args), Set.of("name", "id", "port"), Set.of());
        String name = flags.text("name");
        Vertx vertx = Vertx.vertx();
        ExampleService service = new ExampleService(vertx, name, flags.text("id", name + "-1"));
        HttpServer server = service.listen(flags.number("port", 8080));
        ShutdownHook.run(() -> server.shutdown(STOP_TIMEOUT_SECONDS, TimeUnit.SECONDS));
        System.out.println(service.id + " listens on port " + server.actualPort());
    }

    /** Starts a service in this process, for tests; port 0 takes a free one. */
    static HttpServer start(Vertx vertx, String name, String id, int port) throws TimeoutException {
        return new ExampleService(vertx, name, id).listen(port);
    }

    private HttpServer listen(int port) throws TimeoutException {
        return vertx.createHttpServer()
                .requestHandler(this::handle)
                .listen(port, "127.0.0.1")
                .await(10, TimeUnit.SECONDS);
    }

    private void handle(HttpServerRequest request) {
        switch (request.path()) {
            case "/health" -> request.response().end("ok\n");
            case "/slow" -> vertx.setTimer(slowMs(request), timer -> answer(request));
            default -> answer(request);
        }
    }

    private static long slowMs(HttpServerRequest request) {
        String ms = request.getParam("ms", "2000");
        return ms.matches("\\d{1,5}") ? Math.max(1, Math.min(Integer.parseInt(ms), MAX_SLOW_MS)) : 1;
    }

    private void answer(HttpServerRequest request) {
        answered++;
        request.response()
                .putHeader("content-type", "application/json")
                .end(new JsonObject()
                        .put("service", name)
                        .put("instance", id)
                        .put("method", request.method().name())
                        .put("path", request.path())
                        .put("answered", answered)
                        .toBuffer());
    }
}
