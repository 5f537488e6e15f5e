package dev.rollcall.agent.http.discovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.http.discovery.DiscoveryFixture.Answer;
import dev.rollcall.registry.model.Status;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiscoveryRoutesTest {
    private final DiscoveryFixture agent = new DiscoveryFixture();

    @AfterEach
    void close() {
        agent.close();
    }

    @Test
    void servicesAreCounted() {
        agent.start().put("orders", "o1", Status.PASSING);
        agent.put("orders", "o2", Status.CRITICAL);
        JsonObject answer = agent.get("/v1/services").json();
        long index = agent.registry.table().snapshot().index();
        assertEquals(index, answer.getLong("index"));
        assertEquals(
                new JsonObject()
                        .put("name", "orders")
                        .put("index", index)
                        .put("endpoints", 1)
                        .put("instances", 2),
                answer.getJsonArray("services").getJsonObject(0));
        assertEquals(
                "payments", answer.getJsonArray("services").getJsonObject(1).getString("name"));
    }

    @Test
    void aServiceIsItsEndpointsOrAllItsInstances() {
        agent.start().put("orders", "o1", Status.PASSING, Map.of("k", "v"));
        agent.put("orders", "o2", Status.CRITICAL);
        long index = agent.registry.table().snapshot().service("orders").index();
        Answer endpoints = agent.get("/v1/services/orders");
        assertEquals(
                "{\"service\":\"orders\",\"index\":" + index + ",\"endpoints\":[{\"service\":\"orders\",\"id\":\"o1\","
                        + "\"address\":\"10.0.0.7\",\"port\":8080,\"status\":\"passing\",\"zone\":\"a\","
                        + "\"tags\":[\"v1\"],\"meta\":{\"k\":\"v\"},\"weight\":100}]}",
                endpoints.body().toString());
        assertEquals("application/json", endpoints.headers().get("content-type"));
        assertNotNull(endpoints.headers().get("age"));
        JsonObject all = agent.get("/v1/services/orders?all=true").json();
        assertEquals(2, all.getJsonArray("instances").size());
        assertEquals(
                new JsonObject().put("id", "x").put("epoch", 1),
                all.getJsonArray("instances").getJsonObject(1).getJsonObject("agent"));
        assertFalse(all.containsKey("endpoints"));
    }

    @Test
    void anUnknownServiceIsEmptyAndAnIllegalOneRefused() {
        agent.start();
        Answer unknown = agent.get("/v1/services/nobody");
        assertEquals(200, unknown.status());
        assertEquals(new JsonArray(), unknown.json().getJsonArray("endpoints"));
        problem(400, agent.get("/v1/services/No_Body"));
        problem(400, agent.get("/v1/services/a%2Fb"));
        problem(400, agent.get("/v1/services/orders?all=yes"));
    }

    @Test
    void beforeTheFirstListNothingIsMadeUp() {
        for (String path : new String[] {"/v1/services", "/v1/services/orders", "/resolve?name=orders"}) {
            assertEquals("1", problem(503, agent.get(path)).headers().get("retry-after"));
        }
        assertEquals(200, agent.get("/v1/agent").status());
    }

    @Test
    void theAgentShowsItsServicesAndTheirChecks() {
        agent.start().upstream = "10.0.0.1:2379";
        DiscoveryFixture.until(
                "the check has run", () -> !check().getString("output").equals("not checked yet"));
        JsonObject answer = agent.get("/v1/agent").json();
        assertEquals("n1", answer.getString("id"));
        assertEquals("client", answer.getString("role"));
        assertEquals("10.0.0.1:2379", answer.getString("upstream"));
        JsonObject service = answer.getJsonArray("services").getJsonObject(0);
        assertEquals("payments-1", service.getString("id"));
        assertEquals("starting", service.getString("status"));
        assertEquals("registered", service.getString("state"));
        assertTrue(Long.parseUnsignedLong(service.getString("leaseId"), 16) != 0);
        assertEquals(10, service.getInteger("ttl"));
        assertTrue(service.getInteger("ttlRemaining") <= 10);
        JsonObject check = check();
        assertEquals("tcp", check.getString("type"));
        assertEquals("127.0.0.1:1", check.getString("target"));
        assertEquals("starting", check.getString("status"));
        assertEquals("connection refused", check.getString("output"));
        assertNotNull(check.getInstant("since"));
    }

    private JsonObject check() {
        return agent.get("/v1/agent")
                .json()
                .getJsonArray("services")
                .getJsonObject(0)
                .getJsonArray("checks")
                .getJsonObject(0);
    }

    @Test
    void drainingIsAskedForAndTakenBack() {
        agent.start();
        JsonObject drained = agent.post("/v1/agent/drain?wait=true", "{\"service\":\"payments\"}")
                .json()
                .getJsonArray("services")
                .getJsonObject(0);
        assertEquals(
                new JsonObject()
                        .put("service", "payments")
                        .put("id", "payments-1")
                        .put("status", "draining")
                        .put("state", "registered"),
                drained);
        assertEquals("draining", ownStatus());
        assertEquals(200, agent.post("/v1/agent/drain", "{\"undo\":true}").status());
        DiscoveryFixture.until("taken back", () -> ownStatus().equals("starting"));
        assertEquals(200, agent.post("/v1/agent/drain", "").status());
        DiscoveryFixture.until("draining", () -> ownStatus().equals("draining"));
    }

    private String ownStatus() {
        return agent.registry
                .table()
                .snapshot()
                .service("payments")
                .instances()
                .get(0)
                .status()
                .text();
    }

    @Test
    void aDrainThatIsNotUnderstoodDrainsNothing() {
        agent.start();
        problem(404, agent.post("/v1/agent/drain", "{\"service\":\"orders\"}"));
        problem(400, agent.post("/v1/agent/drain", "{"));
        problem(400, agent.post("/v1/agent/drain", "[]"));
        problem(400, agent.post("/v1/agent/drain", "{\"servcie\":\"payments\"}"));
        problem(400, agent.post("/v1/agent/drain", "{\"service\":null}"));
        problem(400, agent.post("/v1/agent/drain", "{\"undo\":\"yes\"}"));
        problem(400, agent.post("/v1/agent/drain?wait=1", "{}"));
        problem(413, agent.post("/v1/agent/drain", " ".repeat(AgentHandlers.MAX_BODY_BYTES + 1)));
        Map<String, String> elsewhere = Map.of("Origin", "http://evil.example");
        problem(403, agent.send(HttpMethod.POST, "/v1/agent/drain", elsewhere, Buffer.buffer()));
        assertEquals("starting", ownStatus());
        Map<String, String> here = Map.of("Origin", "http://127.0.0.1:" + agent.server.actualPort());
        assertEquals(
                200,
                agent.send(HttpMethod.POST, "/v1/agent/drain", here, Buffer.buffer())
                        .status());
    }

    @Test
    void namesAreResolved() {
        agent.start().put("orders", "o1", Status.PASSING);
        JsonObject srv = agent.get("/resolve?name=orders&type=SRV").json();
        assertEquals(0, srv.getInteger("Status"));
        assertEquals(
                "0 100 8080 o1.orders.service.rollcall.",
                srv.getJsonArray("Answer").getJsonObject(0).getString("data"));
        assertEquals("10.0.0.7", srv.getJsonArray("Additional").getJsonObject(0).getString("data"));
        assertEquals(3, agent.get("/resolve?name=nobody").json().getInteger("Status"));
        problem(400, agent.get("/resolve"));
        problem(400, agent.get("/resolve?name=orders&type=TXT"));
    }

    @Test
    void aBodyOfUnknownLengthIsBoundedToo() {
        agent.start();
        Map<String, String> likeCurl =
                Map.of("Content-Type", "application/x-www-form-urlencoded", "Transfer-Encoding", "chunked");
        Buffer large = Buffer.buffer("x".repeat(300_000));
        assertEquals(
                413,
                agent.send(HttpMethod.POST, "/v1/agent/drain", likeCurl, large).status());
    }

    @Test
    void otherMethodsAreRefusedByTheirNames() {
        agent.start();
        Answer answer = problem(405, agent.post("/v1/services", ""));
        assertEquals("GET, HEAD", answer.headers().get("allow"));
        assertEquals(
                "POST", problem(405, agent.get("/v1/agent/drain")).headers().get("allow"));
        Answer head = agent.send(HttpMethod.HEAD, "/v1/services", Map.of(), Buffer.buffer());
        assertEquals(200, head.status());
        assertEquals(0, head.body().length());
        assertNull(agent.get("/v1/services").headers().get("access-control-allow-origin"));
    }

    private static Answer problem(int status, Answer answer) {
        assertEquals(status, answer.status(), answer.body().toString());
        assertEquals("application/problem+json", answer.headers().get("content-type"));
        assertEquals(status, answer.json().getInteger("status"));
        assertFalse(answer.json().getString("detail").isEmpty());
        return answer;
    }
}
