package dev.rollcall.agent.http.discovery;

import static dev.rollcall.agent.http.discovery.DiscoveryFixture.until;
import static dev.rollcall.agent.http.discovery.DiscoveryFixture.value;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.registry.model.Status;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EventStreamTest {
    private final DiscoveryFixture agent = new DiscoveryFixture();

    @BeforeEach
    void start() {
        agent.start().put("orders", "o1", Status.PASSING);
    }

    @AfterEach
    void close() {
        agent.close();
    }

    /** A stream being read, and what it told so far. */
    private static final class Reader {
        private final HttpClientResponse response;
        private final List<String> events = new CopyOnWriteArrayList<>();
        private String rest = "";

        Reader(HttpClientResponse response) {
            this.response = response;
            response.exceptionHandler(ignored -> {}).handler(this::take).resume();
        }

        private void take(Buffer chunk) {
            rest += chunk.toString();
            for (int end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
                String block = rest.substring(0, end);
                rest = rest.substring(end + 2);
                if (!block.startsWith(":")) {
                    events.add(block);
                }
            }
        }

        String event(int number) {
            until("event " + number, () -> events.size() > number);
            return events.get(number);
        }

        JsonObject data(int number) {
            return new JsonObject(event(number).lines().toList().get(2).substring("data: ".length()));
        }

        JsonObject last() {
            return data(events.size() - 1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpVersion.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void everyEventIsTheWholeList(HttpVersion version) {
        Reader reader = open(version, "/v1/services/orders");
        assertEquals("text/event-stream", reader.response.getHeader("content-type"));
        long index = agent.registry.table().snapshot().service("orders").index();
        List<String> first = reader.event(0).lines().toList();
        assertEquals("event: endpoints", first.get(0));
        assertEquals("id: " + index, first.get(1));
        JsonObject data = reader.data(0);
        assertTrue((Boolean) data.remove("reset"));
        assertEquals(agent.get("/v1/services/orders").json(), data);
        agent.put("orders", "o2", Status.PASSING);
        assertEquals(2, reader.data(1).getJsonArray("endpoints").size());
        assertFalse(reader.data(1).getBoolean("reset"));
        agent.delete("orders", "o1");
        agent.delete("orders", "o2");
        until("it is empty", () -> reader.last().getJsonArray("endpoints").isEmpty());
        assertEquals(
                agent.registry.table().snapshot().service("orders").index(),
                reader.last().getLong("index"));
    }

    @Test
    void whatDoesNotShowIsNotTold() {
        Reader endpoints = open(HttpVersion.HTTP_1_1, "/v1/services/orders");
        Reader instances = open(HttpVersion.HTTP_1_1, "/v1/services/orders?all=true");
        endpoints.event(0);
        instances.event(0);
        agent.put("orders", "o2", Status.STARTING);
        assertEquals(2, instances.data(1).getJsonArray("instances").size());
        agent.put("orders", "o2", Status.PASSING);
        assertEquals(2, endpoints.data(1).getJsonArray("endpoints").size());
        assertEquals(2, endpoints.events.size());
    }

    @Test
    void aReaderThatDoesNotReadMissesAllButTheNewest() {
        Reader reader = open(HttpVersion.HTTP_2, "/v1/services/orders");
        reader.event(0);
        reader.response.pause();
        AtomicInteger told = new AtomicInteger();
        agent.registry.table().subscribe("orders", (view, reset) -> told.incrementAndGet());
        // Lists of some 200 kB, so that no window holds two of them.
        Map<String, String> ballast = new HashMap<>();
        for (int i = 0; i < 8; i++) {
            ballast.put("k" + i, "x".repeat(500));
        }
        for (int i = 0; i < 50; i++) {
            agent.put("orders", "big-" + i, Status.PASSING, ballast);
        }
        int before = told.get();
        for (int round = 1; told.get() < before + 20; round++) {
            agent.put("orders", "o1", Status.PASSING, Map.of("round", "" + round));
        }
        agent.delete("orders", "big-0");
        reader.response.resume();
        until("the newest", () -> reader.last().getJsonArray("endpoints").size() == 50);
        assertEquals(
                agent.get("/v1/services/orders").json().getJsonArray("endpoints"),
                reader.last().getJsonArray("endpoints"));
        assertTrue(
                reader.events.size() <= 8,
                "got " + reader.events.size() + " events, while others were told " + told.get() + " times");
    }

    @Test
    void streamsAreLimitedAndGivenBack() {
        List<Reader> readers = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 3; i++) {
            readers.add(open(HttpVersion.HTTP_1_1, "/v1/services/orders"));
        }
        Map<String, String> stream = Map.of("Accept", "text/event-stream");
        DiscoveryFixture.Answer refused = agent.send(HttpMethod.GET, "/v1/services/orders", stream, Buffer.buffer());
        assertEquals(503, refused.status());
        assertEquals("application/problem+json", refused.headers().get("content-type"));
        assertEquals(200, agent.get("/v1/services/orders").status());
        value(readers.get(0).response.request().connection().close());
        until("a place is free", () -> openStatus() == 200);
    }

    private int openStatus() {
        HttpClientResponse response = request(HttpVersion.HTTP_1_1, "/v1/services/orders");
        int status = response.statusCode();
        value(response.request().connection().close());
        return status;
    }

    private Reader open(HttpVersion version, String path) {
        HttpClientResponse response = request(version, path);
        assertEquals(200, response.statusCode());
        return new Reader(response);
    }

    private HttpClientResponse request(HttpVersion version, String path) {
        HttpClient client = agent.vertx.createHttpClient(
                new HttpClientOptions().setProtocolVersion(version).setHttp2ClearTextUpgrade(false));
        RequestOptions options = new RequestOptions()
                .setHost("127.0.0.1")
                .setPort(agent.server.actualPort())
                .setURI(path)
                .putHeader("Accept", "text/event-stream");
        return value(client.request(options).compose(request -> request.send().map(response -> response.pause())));
    }
}
