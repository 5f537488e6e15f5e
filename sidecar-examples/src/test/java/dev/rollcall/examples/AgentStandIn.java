package dev.rollcall.examples;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Pushes endpoint lists as an agent does; a service never published has none. */
final class AgentStandIn {

    private final Map<String, String> events = new ConcurrentHashMap<>();
    private final Map<String, List<HttpServerResponse>> streams = new ConcurrentHashMap<>();
    private final HttpServer server;

    AgentStandIn(Vertx vertx) throws TimeoutException {
        server = vertx.createHttpServer()
                .requestHandler(this::answer)
                .listen(0, "127.0.0.1")
                .await(10, TimeUnit.SECONDS);
    }

    String address() {
        return "127.0.0.1:" + server.actualPort();
    }

    /** Says that the service's instances are on these ports of this machine; the port is the instance's id. */
    void publish(String service, int... ports) {
        String event = event(service, ports);
        events.put(service, event);
        streams.getOrDefault(service, List.of()).forEach(stream -> stream.write(event));
    }

    private void answer(HttpServerRequest request) {
        String service = request.path().substring("/v1/services/".length());
        HttpServerResponse stream = request.response().putHeader("content-type", "text/event-stream");
        stream.write(events.computeIfAbsent(service, AgentStandIn::event));
        streams.computeIfAbsent(service, s -> new CopyOnWriteArrayList<>()).add(stream);
    }

    private static String event(String service, int... ports) {
        JsonArray endpoints = new JsonArray();
        for (int port : ports) {
            endpoints.add(new JsonObject()
                    .put("id", service + "-" + port)
                    .put("address", "127.0.0.1")
                    .put("port", port));
        }
        return "event: endpoints\nid: 1\ndata: "
                + new JsonObject()
                        .put("service", service)
                        .put("endpoints", endpoints)
                        .encode() + "\n\n";
    }
}
