package dev.rollcall.registry.resolver;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP server that speaks an agent's event stream, and says what a test wants it to say. */
final class FakeAgent {

    private final Vertx vertx;
    private final Map<String, String> lastEvents = new ConcurrentHashMap<>();
    private final Map<String, List<HttpServerResponse>> streams = new ConcurrentHashMap<>();
    private final Set<HttpConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger index = new AtomicInteger();

    /** Streams opened so far. */
    final AtomicInteger opened = new AtomicInteger();

    /** The status of the answers that follow. */
    volatile int status = 200;

    private HttpServer server;

    private FakeAgent(Vertx vertx) {
        this.vertx = vertx;
        this.server = listen(0);
    }

    static FakeAgent start(Vertx vertx) {
        return new FakeAgent(vertx);
    }

    String address() {
        return "127.0.0.1:" + server.actualPort();
    }

    int connections() {
        return connections.size();
    }

    int streams(String service) {
        return openStreams(service).size();
    }

    /** Pushes a full list, to those connected and those to come. */
    void publish(String service, JsonObject... endpoints) {
        int next = index.incrementAndGet();
        JsonObject data = new JsonObject()
                .put("service", service)
                .put("index", next)
                .put("endpoints", new JsonArray(Arrays.asList(endpoints)))
                .put("reset", false);
        say(service, "event: endpoints\nid: " + next + "\ndata: " + data.encode() + "\n\n");
    }

    /** Pushes raw text. */
    void say(String service, String text) {
        lastEvents.put(service, text);
        openStreams(service).forEach(stream -> stream.write(text));
    }

    /** Cuts every connection and refuses new ones. */
    void stop() throws Exception {
        server.close().await(10, TimeUnit.SECONDS);
    }

    /** Comes back on the same port. */
    void restart() throws Exception {
        server = listen(server.actualPort());
    }

    static JsonObject endpoint(String id, int port) {
        return new JsonObject()
                .put("service", "orders")
                .put("id", id)
                .put("address", "127.0.0.1")
                .put("port", port)
                .put("status", "passing")
                .put("zone", "")
                .put("tags", new JsonArray())
                .put("meta", new JsonObject())
                .put("weight", 100);
    }

    private HttpServer listen(int port) {
        try {
            return vertx.createHttpServer()
                    .connectionHandler(connection -> {
                        connections.add(connection);
                        connection.closeHandler(v -> connections.remove(connection));
                    })
                    .requestHandler(this::answer)
                    .listen(port, "127.0.0.1")
                    .await(10, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(HttpServerRequest request) {
        if (status != 200) {
            request.response().setStatusCode(status).end();
            return;
        }
        String service = request.path().substring("/v1/services/".length());
        HttpServerResponse stream = request.response().putHeader("content-type", "text/event-stream");
        List<HttpServerResponse> all = streams.computeIfAbsent(service, s -> new CopyOnWriteArrayList<>());
        stream.closeHandler(v -> all.remove(stream));
        opened.incrementAndGet();
        stream.write(lastEvents.getOrDefault(service, ": nothing yet\n\n"));
        all.add(stream);
    }

    private List<HttpServerResponse> openStreams(String service) {
        return streams.getOrDefault(service, List.of());
    }
}
