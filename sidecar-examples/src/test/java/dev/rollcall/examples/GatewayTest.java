package dev.rollcall.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.registry.resolver.RollcallOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonObject;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GatewayTest {

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = vertx.createHttpClient();
    private final AgentStandIn agent = new AgentStandIn(vertx);
    private final AtomicInteger brokenAnswers = new AtomicInteger();

    GatewayTest() throws TimeoutException {}

    @AfterEach
    void close() throws TimeoutException {
        vertx.close().await(20, TimeUnit.SECONDS);
    }

    @Test
    void forwardsPathQueryMethodAndBody() throws Exception {
        agent.publish("orders", service("orders-1"));
        agent.publish("echo", echo());
        int gateway = gateway(true);
        assertEquals(
                "GET /a/b orders-1", summary(get(gateway, "/orders/a/b?c=d").json()));
        assertEquals("GET / orders-1", summary(get(gateway, "/orders").json()));
        Answer echoed = send(gateway, HttpMethod.POST, "/echo/x?y=z", "hello");
        assertEquals("POST /x?y=z hello", echoed.body);
    }

    @Test
    void answersProblemsOfItsOwn() throws Exception {
        int gateway = gateway(true);
        Answer none = get(gateway, "/nobody/");
        assertEquals(503, none.status);
        assertEquals("application/problem+json", none.type);
        assertEquals("nobody: service nobody has no endpoints", none.json().getString("detail"));
        assertEquals(503, send(gateway, HttpMethod.POST, "/nobody/", "body").status);
        assertEquals(404, get(gateway, "/").status);
        assertEquals(404, get(gateway, "/No_Such_Name/x").status);
    }

    @Test
    void aRefusedConnectionIsRetriedForEveryMethod() throws Exception {
        agent.publish("echo", refused(), echo());
        int gateway = gateway(true);
        for (int i = 0; i < 4; i++) {
            assertEquals("POST /x hello", send(gateway, HttpMethod.POST, "/echo/x", "hello").body);
        }
        assertEquals(1, stats(gateway).getInteger("retried"));
    }

    @Test
    void aBrokenAnswerIsRetriedOnlyWhereThatIsSafe() throws Exception {
        agent.publish("echo", breaking(), echo());
        int gateway = gateway(true);
        for (int i = 0; i < 4; i++) {
            assertEquals("GET /x ", get(gateway, "/echo/x").body);
        }
        int brokenByGets = brokenAnswers.getAndSet(0);
        assertTrue(
                brokenByGets >= 3 && stats(gateway).getInteger("retried") == brokenByGets, "retried " + brokenByGets);
        List<Integer> posts = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            posts.add(send(gateway, HttpMethod.POST, "/echo/x", "hello").status);
        }
        posts.sort(null);
        assertEquals(List.of(200, 200, 502, 502), posts);
        assertEquals(2, brokenAnswers.get());
    }

    @Test
    void withoutRetriesTheCallerSeesEveryFailure() throws Exception {
        agent.publish("echo", refused());
        int gateway = gateway(false);
        assertEquals(502, get(gateway, "/echo/x").status);
        agent.publish("broken", breaking());
        assertEquals(502, get(gateway, "/broken/x").status);
        JsonObject stats = stats(gateway);
        assertEquals(0, stats.getInteger("retried"));
        assertEquals(2, stats.getInteger("problems"));
    }

    @Test
    void drainingAnInstanceUnderLoadFailsNothing() throws Exception {
        HttpServer first = ExampleService.start(vertx, "orders", "orders-1", 0);
        HttpServer second = ExampleService.start(vertx, "orders", "orders-2", 0);
        agent.publish("orders", first.actualPort(), second.actualPort());
        int gateway = gateway(false);
        List<Future<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            answers.add(request(gateway, HttpMethod.GET, i % 10 == 0 ? "/orders/slow?ms=300" : "/orders/", ""));
        }
        // All of them are on their way to an instance once each has a quick answer.
        Future.all(answers.subList(1, 10)).await(20, TimeUnit.SECONDS);
        agent.publish("orders", second.actualPort());
        // The gateway has the new list when it stops naming the instance that drains.
        int others = 0;
        for (int i = 0; others < 10 && i < 1000; i++) {
            boolean drained =
                    get(gateway, "/orders/").json().getString("instance").equals("orders-2");
            others = drained ? others + 1 : 0;
        }
        Future<Void> stopped = first.shutdown(10, TimeUnit.SECONDS);
        for (int i = 0; i < 100; i++) {
            answers.add(request(gateway, HttpMethod.GET, "/orders/", ""));
        }
        for (Future<Answer> answer : answers) {
            assertEquals(200, answer.await(20, TimeUnit.SECONDS).status);
        }
        stopped.await(20, TimeUnit.SECONDS);
        assertEquals(0, stats(gateway).getInteger("problems"));
    }

    @Test
    void isReadyOnceItsServicesAreKnown() throws Exception {
        int gateway = Gateway.start(vertx, RollcallOptions.of(agent.address()), List.of("orders"), 0, true)
                .actualPort();
        assertEquals(200, get(gateway, "/_ready").status);
    }

    private int gateway(boolean retries) throws TimeoutException {
        return Gateway.start(vertx, RollcallOptions.of(agent.address()), List.of(), 0, retries)
                .actualPort();
    }

    private JsonObject stats(int gateway) throws TimeoutException {
        return get(gateway, "/_stats").json();
    }

    private int service(String id) throws TimeoutException {
        return ExampleService.start(vertx, "orders", id, 0).actualPort();
    }

    private int echo() throws TimeoutException {
        return vertx.createHttpServer()
                .requestHandler(request -> request.body()
                        .onSuccess(body -> request.response().end(request.method() + " " + request.uri() + " " + body)))
                .listen(0, "127.0.0.1")
                .await(20, TimeUnit.SECONDS)
                .actualPort();
    }

    private int breaking() throws TimeoutException {
        return vertx.createHttpServer()
                .requestHandler(request -> {
                    brokenAnswers.incrementAndGet();
                    request.connection().close();
                })
                .listen(0, "127.0.0.1")
                .await(20, TimeUnit.SECONDS)
                .actualPort();
    }

    private static int refused() throws Exception {
        try (ServerSocket gone = new ServerSocket(0)) {
            return gone.getLocalPort();
        }
    }

    private Answer get(int port, String uri) throws TimeoutException {
        return send(port, HttpMethod.GET, uri, "");
    }

    private Answer send(int port, HttpMethod method, String uri, String body) throws TimeoutException {
        return request(port, method, uri, body).await(20, TimeUnit.SECONDS);
    }

    private Future<Answer> request(int port, HttpMethod method, String uri, String body) {
        // One chain inside the other: a body asked for later, from the test's thread, may have gone by.
        return client.request(method, port, "127.0.0.1", uri)
                .compose(request -> request.send(body)
                        .compose(response -> response.body().map(content -> Answer.of(response, content))));
    }

    private static String summary(JsonObject answer) {
        assertTrue(answer.containsKey("answered"));
        return answer.getString("method") + " " + answer.getString("path") + " " + answer.getString("instance");
    }

    private record Answer(int status, String type, String body) {

        static Answer of(HttpClientResponse response, Buffer body) {
            return new Answer(response.statusCode(), "" + response.getHeader("content-type"), body.toString());
        }

        JsonObject json() {
            return new JsonObject(body);
        }
    }
}
