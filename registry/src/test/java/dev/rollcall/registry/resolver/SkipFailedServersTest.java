package dev.rollcall.registry.resolver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.endpoint.InteractionMetrics;
import io.vertx.core.net.endpoint.LoadBalancer;
import io.vertx.core.net.endpoint.ServerEndpoint;
import io.vertx.core.net.endpoint.ServerInteraction;
import io.vertx.core.net.endpoint.ServerSelector;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SkipFailedServersTest {

    private final AtomicLong nanos = new AtomicLong();

    @Test
    void passesOverAServerForOneSecondAndSharesItsTurnsAmongTheOthers() {
        Fixture three = new Fixture(SkipFailedServers.roundRobin(), 3);
        three.connectFails(0);
        int[] picks = three.pick(60);
        assertEquals(0, picks[0]);
        assertEquals(30, picks[1]);
        assertEquals(30, picks[2]);
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        assertEquals(20, three.pick(60)[0]);
    }

    @Test
    void triesThemAllTheSameWhenAllHaveFailed() {
        Fixture two = new Fixture(SkipFailedServers.roundRobin(), 2);
        two.connectFails(0);
        two.connectFails(1);
        assertEquals(60, IntStream.of(two.pick(60)).sum());
    }

    @Test
    void overrulesABaseThatInsists() {
        Fixture two = new Fixture(SkipFailedServers.over(servers -> () -> 1), 2);
        two.connectFails(1);
        assertEquals(10, two.pick(10)[0]);
    }

    @Test
    void aBusyPoolOrABrokenAnswerIsNoReasonToSkip() {
        Fixture two = new Fixture(SkipFailedServers.roundRobin(), 2);
        two.servers.get(0).newInteraction().reportFailure(new ConnectionPoolTooBusyException("full"));
        ServerInteraction sent = two.servers.get(0).newInteraction();
        sent.reportRequestBegin();
        sent.reportFailure(new ConnectException("late"));
        assertEquals(5, two.pick(10)[0]);
    }

    @Test
    void givesTheBaseItsOwnMetrics() {
        Fixture two = new Fixture(SkipFailedServers.over(LoadBalancer.LEAST_REQUESTS), 2);
        two.servers.get(0).newInteraction().reportRequestBegin();
        assertEquals(10, two.pick(10)[1]);
    }

    @Test
    void tellsTheObserverOnceHowEachRequestEnded() {
        AtomicInteger answered = new AtomicInteger();
        AtomicInteger unsent = new AtomicInteger();
        AtomicInteger broken = new AtomicInteger();
        Fixture one = new Fixture(
                SkipFailedServers.roundRobin().observedBy(new RequestObserver() {
                    @Override
                    public void answered(ServiceEndpoint server) {
                        answered.incrementAndGet();
                    }

                    @Override
                    public void failed(ServiceEndpoint server, boolean sent, Throwable cause) {
                        (sent ? broken : unsent).incrementAndGet();
                    }
                }),
                1);
        ServerInteraction good = one.servers.get(0).newInteraction();
        good.reportRequestBegin();
        good.reportResponseEnd();
        good.reportFailure(new IllegalStateException("closed later"));
        ServerInteraction bad = one.servers.get(0).newInteraction();
        bad.reportRequestBegin();
        bad.reportFailure(new IllegalStateException("reset"));
        bad.reportFailure(new IllegalStateException("closed"));
        one.connectFails(0);
        assertEquals(List.of(1, 1, 1), List.of(answered.get(), broken.get(), unsent.get()));
    }

    /** Servers as Vert.x would hold them, with a clock that the test moves. */
    private final class Fixture {

        private final List<FixtureServer> servers;
        private final ServerSelector selector;

        Fixture(SkipFailedServers balancer, int count) {
            SkipFailedServers clocked = balancer.withClock(nanos::get);
            servers = IntStream.range(0, count)
                    .mapToObj(i -> new FixtureServer(i, clocked.newMetrics()))
                    .toList();
            selector = clocked.selector(servers);
        }

        void connectFails(int server) {
            servers.get(server).newInteraction().reportFailure(new ConnectException("refused"));
        }

        int[] pick(int times) {
            int[] picks = new int[servers.size()];
            for (int i = 0; i < times; i++) {
                picks[selector.select()]++;
            }
            return picks;
        }
    }

    private record FixtureServer(int number, InteractionMetrics<?> metrics) implements ServerEndpoint {

        @Override
        public String key() {
            return "orders-" + number;
        }

        @Override
        public SocketAddress address() {
            return SocketAddress.inetSocketAddress(8080 + number, "127.0.0.1");
        }

        @Override
        public ServerInteraction newInteraction() {
            return interaction(metrics);
        }

        @Override
        public Object unwrap() {
            return ServiceEndpoint.fromJson("orders", FakeAgent.endpoint(key(), 8080 + number));
        }
    }

    private static <M> ServerInteraction interaction(InteractionMetrics<M> metrics) {
        M metric = metrics.initiateRequest();
        return new ServerInteraction() {
            @Override
            public void reportFailure(Throwable failure) {
                metrics.reportFailure(metric, failure);
            }

            @Override
            public void reportRequestBegin() {
                metrics.reportRequestBegin(metric);
            }

            @Override
            public void reportRequestEnd() {
                metrics.reportRequestEnd(metric);
            }

            @Override
            public void reportResponseBegin() {
                metrics.reportResponseBegin(metric);
            }

            @Override
            public void reportResponseEnd() {
                metrics.reportResponseEnd(metric);
            }
        };
    }
}
