package dev.rollcall.registry.resolver;

import static dev.rollcall.registry.resolver.FakeAgent.endpoint;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.endpoint.LoadBalancer;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RollcallResolverTest {

    private final Vertx vertx = Vertx.vertx();
    private final List<RollcallResolver> resolvers = new ArrayList<>();
    private final FakeAgent agent = FakeAgent.start(vertx);
    private final FakeAgent second = FakeAgent.start(vertx);
    private int a;
    private int b;

    @BeforeEach
    void startBackends() throws Exception {
        a = backend("a");
        b = backend("b");
    }

    @AfterEach
    void close() throws Exception {
        for (RollcallResolver resolver : resolvers) {
            resolver.close().await(10, TimeUnit.SECONDS);
        }
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    @Test
    void followsEveryChange() throws Exception {
        agent.publish("orders", endpoint("a", a));
        HttpClient client = resolver(agent).httpClientBuilder().build();
        assertEquals(Set.of("a"), answers(client, 4));
        agent.publish("orders", endpoint("a", a), endpoint("b", b));
        until(() -> answers(client, 2).equals(Set.of("a", "b")));
        agent.publish("orders", endpoint("b", b));
        until(() -> answers(client, 1).equals(Set.of("b")));
        assertEquals(Set.of("b"), answers(client, 10));
    }

    @Test
    void anInstanceThatMovedIsFollowedToItsNewPort() throws Exception {
        agent.publish("orders", endpoint("x", a));
        HttpClient client = resolver(agent).httpClientBuilder().build();
        assertEquals("a", get(client, "orders"));
        agent.publish("orders", endpoint("x", b));
        until(() -> get(client, "orders").equals("b"));
    }

    @Test
    void anEqualListInAnyOrderRebuildsNothing() throws Exception {
        AtomicInteger built = new AtomicInteger();
        LoadBalancer counting = servers -> {
            built.incrementAndGet();
            return LoadBalancer.ROUND_ROBIN.selector(servers);
        };
        agent.publish("orders", endpoint("a", a), endpoint("b", b));
        agent.publish("fence");
        RollcallResolver resolver = resolver(agent);
        HttpClient client =
                resolver.httpClientBuilder().withLoadBalancer(counting).build();
        String first = get(client, "orders");
        resolver.endpoints("fence").await(10, TimeUnit.SECONDS);

        agent.publish("orders", endpoint("b", b), endpoint("a", a));
        // Both streams share a connection, so when this has arrived, so has the other.
        agent.publish("fence", endpoint("a", a));
        until(() -> !await(resolver.endpoints("fence")).isEmpty());

        assertTrue(!first.equals(get(client, "orders")), "round robin goes on");
        assertEquals(1, built.get());
    }

    @Test
    void anEmptyListFailsRequestsAtOnce() throws Exception {
        agent.publish("orders");
        HttpClient client = resolver(agent).httpClientBuilder().build();
        NoEndpointsException failure = assertThrows(NoEndpointsException.class, () -> get(client, "orders"));
        assertEquals("service orders has no endpoints", failure.getMessage());
        agent.publish("orders", endpoint("a", a));
        until(() -> await(resolvers.get(0).endpoints("orders")).size() == 1);
        assertEquals("a", get(client, "orders"));
    }

    @Test
    void failsWhenNoFirstListComesAndWorksOnceItDoes() throws Exception {
        agent.stop();
        RollcallResolver resolver = create(options(agent).withFirstListTimeout(Duration.ofMillis(100)));
        HttpClient client = resolver.httpClientBuilder().build();
        NoEndpointsException failure = assertThrows(NoEndpointsException.class, () -> get(client, "orders"));
        assertEquals("no agent has told the endpoints of orders within 100 ms", failure.getMessage());
        agent.publish("orders", endpoint("a", a));
        agent.restart();
        until(() -> await(resolver.endpoints("orders").otherwise(List.of())).size() == 1);
        assertEquals("a", get(client, "orders"));
    }

    @Test
    void keepsTheLastListWhileNoAgentAnswersAndFollowsTheOneThatReturns() throws Exception {
        agent.publish("orders", endpoint("a", a));
        HttpClient client = resolver(agent).httpClientBuilder().build();
        assertEquals("a", get(client, "orders"));
        agent.stop();
        assertEquals(Set.of("a"), answers(client, 5));
        agent.publish("orders", endpoint("b", b));
        agent.restart();
        until(() -> get(client, "orders").equals("b"));
    }

    @Test
    void failsOverToTheNextAgent() throws Exception {
        agent.publish("orders", endpoint("a", a));
        second.publish("orders", endpoint("b", b));
        HttpClient client = resolver(agent, second).httpClientBuilder().build();
        assertEquals("a", get(client, "orders"));
        assertEquals(0, second.connections());
        agent.stop();
        until(() -> get(client, "orders").equals("b"));
    }

    @Test
    void leavesAnAgentThatIsNotReady() throws Exception {
        agent.status = 503;
        second.publish("orders", endpoint("b", b));
        HttpClient client = resolver(agent, second).httpClientBuilder().build();
        assertEquals("b", get(client, "orders"));
    }

    @Test
    void leavesAnAgentThatHasFallenSilent() throws Exception {
        second.publish("orders", endpoint("b", b));
        HttpClient client = create(options(agent, second).withSilenceTimeout(Duration.ofMillis(100)))
                .httpClientBuilder()
                .build();
        assertEquals("b", get(client, "orders"));
    }

    @Test
    void leavesAnAgentThatHasNoListToTell() throws Exception {
        agent.say("orders", ":\n\n");
        second.publish("orders", endpoint("b", b));
        RollcallResolver resolver = create(options(agent, second).withFirstListTimeout(Duration.ofMillis(500)));
        until(() -> await(resolver.endpoints("orders").otherwise(List.of())).size() == 1);
    }

    @Test
    void leavesAnAgentThatAcceptsAndNeverSpeaks() throws Exception {
        try (ServerSocket mute = new ServerSocket(0)) {
            second.publish("orders", endpoint("b", b));
            RollcallOptions options = options("127.0.0.1:" + mute.getLocalPort(), second.address());
            assertEquals("b", get(create(options).httpClientBuilder().build(), "orders"));
        }
    }

    @Test
    void aBrokenEventChangesNothingAndIsAskedAgain() throws Exception {
        agent.publish("orders", endpoint("a", a));
        agent.publish("payments", endpoint("b", b));
        HttpClient client = create(options(agent).withMaxBackoff(Duration.ofMillis(20)))
                .httpClientBuilder()
                .build();
        assertEquals("a", get(client, "orders"));
        assertEquals("b", get(client, "payments"));
        agent.say("orders", "event: endpoints\ndata: {\"endpoints\":[{\"id\":\"a\"}]}\n\n");
        until(() -> agent.opened.get() > 3);
        assertEquals("a", get(client, "orders"));
        agent.publish("orders", endpoint("b", b));
        until(() -> get(client, "orders").equals("b"));
        assertEquals(1, agent.streams("payments"));
    }

    @Test
    void oneStreamPerServiceOnOneConnectionForAllClients() throws Exception {
        RollcallResolver resolver = resolver(agent);
        for (String service : List.of("orders", "payments", "users")) {
            agent.publish(service, endpoint("a", a));
        }
        for (int i = 0; i < 3; i++) {
            HttpClient client = resolver.httpClientBuilder().build();
            for (String service : List.of("orders", "payments", "users")) {
                assertEquals("a", get(client, service));
            }
        }
        assertEquals(3, agent.opened.get());
        assertEquals(1, agent.connections());
    }

    @Test
    void madeUpNamesCannotShutOutRealOnes() throws Exception {
        agent.publish("orders", endpoint("a", a));
        agent.publish("nothing-1");
        agent.publish("nothing-2");
        agent.publish("payments", endpoint("b", b));
        agent.publish("users", endpoint("b", b));
        HttpClient client =
                create(options(agent).withMaxServices(2)).httpClientBuilder().build();
        assertEquals("a", get(client, "orders"));
        assertThrows(NoEndpointsException.class, () -> get(client, "nothing-1"));
        assertThrows(NoEndpointsException.class, () -> get(client, "nothing-2"));
        assertEquals("b", get(client, "payments"));
        until(() -> agent.streams("nothing-1") + agent.streams("nothing-2") == 0);
        NoEndpointsException refused = assertThrows(NoEndpointsException.class, () -> get(client, "users"));
        assertEquals("cannot follow users: already following 2 services", refused.getMessage());
        assertEquals("a", get(client, "orders"));
    }

    @Test
    void aServerThatRefusesConnectionsCostsOneRequest() throws Exception {
        int refused;
        try (ServerSocket gone = new ServerSocket(0)) {
            refused = gone.getLocalPort();
        }
        agent.publish("orders", endpoint("a", a), endpoint("b", refused));
        HttpClient client = resolver(agent).httpClientBuilder().build();
        int failed = 0;
        for (int i = 0; i < 10; i++) {
            try {
                assertEquals("a", get(client, "orders"));
            } catch (ConnectException e) {
                failed++;
            }
        }
        assertEquals(1, failed);
    }

    @Test
    void closedMeansClosed() throws Exception {
        agent.publish("orders", endpoint("a", a));
        RollcallResolver resolver = resolver(agent);
        resolver.endpoints("orders").await(10, TimeUnit.SECONDS);
        resolver.close().await(10, TimeUnit.SECONDS);
        until(() -> agent.connections() == 0);
        assertThrows(NoEndpointsException.class, () -> await(resolver.endpoints("orders")));
    }

    private RollcallResolver resolver(FakeAgent... agents) {
        return create(options(agents));
    }

    private RollcallResolver create(RollcallOptions options) {
        RollcallResolver resolver = RollcallResolver.create(vertx, options);
        resolvers.add(resolver);
        return resolver;
    }

    private static RollcallOptions options(FakeAgent... agents) {
        return options(Arrays.stream(agents).map(FakeAgent::address).toArray(String[]::new));
    }

    private static RollcallOptions options(String... agents) {
        return RollcallOptions.of(agents).withMaxBackoff(Duration.ofMillis(200));
    }

    private int backend(String name) throws Exception {
        HttpServer server = vertx.createHttpServer()
                .requestHandler(request -> request.response().end(name))
                .listen(0, "127.0.0.1")
                .await(10, TimeUnit.SECONDS);
        return server.actualPort();
    }

    private static Set<String> answers(HttpClient client, int requests) throws Exception {
        Set<String> answers = new TreeSet<>();
        for (int i = 0; i < requests; i++) {
            answers.add(get(client, "orders"));
        }
        return answers;
    }

    private static String get(HttpClient client, String service) throws Exception {
        return await(client.request(new RequestOptions().setServer(ServiceAddress.of(service)))
                .compose(request -> request.send().compose(response -> response.body()))
                .map(Buffer::toString));
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.await(10, TimeUnit.SECONDS);
    }

    /** Looks again and again, until {@code state} holds or 10 s have passed. */
    private void until(Condition state) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!state.holds()) {
            assertTrue(System.nanoTime() < deadline, "does not come true");
            Promise<Void> pause = Promise.promise();
            vertx.setTimer(2, timer -> pause.complete());
            await(pause.future());
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }
}
