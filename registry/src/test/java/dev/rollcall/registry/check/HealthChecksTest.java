package dev.rollcall.registry.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.registry.check.CheckResult.Verdict;
import dev.rollcall.registry.fixture.Await;
import dev.rollcall.registry.loop.Loop;
import dev.rollcall.registry.model.CheckDefinition;
import dev.rollcall.registry.model.Status;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.NetServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HealthChecksTest {
    private static final Duration SHORT = Duration.ofMillis(20);

    private final Vertx vertx = Vertx.vertx();
    private final Loop loop = new Loop(vertx);
    private final Probes probes = new Probes(loop);
    private final AtomicInteger status = new AtomicInteger(200);
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger mostOpen = new AtomicInteger();
    private HttpServer server = vertx.createHttpServer();

    @BeforeEach
    void serve() {
        server.requestHandler(request -> {
            mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
            request.connection().closeHandler(ignored -> open.decrementAndGet());
            if (status.get() > 0) {
                request.response().setStatusCode(status.get()).end("well\r\nwell");
            }
        });
        server = Await.value(server.listen(0, "127.0.0.1"));
    }

    @AfterEach
    void close() {
        Await.value(vertx.close());
    }

    @Test
    void httpAnswersDecide() {
        assertEquals(Verdict.PASS, probe(url()).verdict());
        status.set(204);
        assertEquals(Verdict.PASS, probe(url()).verdict());
        status.set(429);
        assertEquals(Verdict.WARN, probe(url()).verdict());
        status.set(302);
        assertEquals(Verdict.FAIL, probe(url()).verdict());
        status.set(503);
        assertEquals(new CheckResult(Verdict.FAIL, "HTTP 503 Service Unavailable"), probe(url()));
    }

    @Test
    void noAnswerIsAFailureOnceTheTimeIsUp() {
        status.set(0);
        CheckDefinition check = CheckDefinition.http(url()).withTimeout(Duration.ofMillis(50));
        assertEquals(new CheckResult(Verdict.FAIL, "no answer in 50 ms"), probe(check));
        Await.until("its connection is given up", () -> open.get() == 0);
    }

    @Test
    void nobodyListeningIsRefused() {
        NetServer gone = Await.value(
                vertx.createNetServer().connectHandler(socket -> socket.close()).listen(0, "127.0.0.1"));
        String target = "127.0.0.1:" + gone.actualPort();
        assertEquals(Verdict.PASS, probe(CheckDefinition.tcp(target)).verdict());
        Await.until("closed", gone.close()::isComplete);
        assertEquals(Verdict.REFUSED, probe(CheckDefinition.tcp(target)).verdict());
        assertEquals(
                Verdict.REFUSED,
                probe(CheckDefinition.http("http://" + target + "/")).verdict());
    }

    @Test
    void anUnknownHostIsAFailureWithItsReason() {
        CheckResult result =
                probe(CheckDefinition.tcp("no-such-host.invalid:80").withTimeout(Duration.ofSeconds(30)));
        assertEquals(Verdict.FAIL, result.verdict());
        assertTrue(result.output().contains("no-such-host.invalid"), result.output());
    }

    @Test
    void checksRunOnOneAtATimeAndTellChanges() {
        CheckDefinition check = CheckDefinition.http(url())
                .withInterval(SHORT)
                .withTimeout(Duration.ofMillis(200))
                .withFall(2);
        AtomicInteger told = new AtomicInteger();
        HealthChecks checks = new HealthChecks(loop, probes, List.of(check), told::incrementAndGet);
        assertEquals(Status.STARTING, status(checks));
        loop.run(checks::start);
        Await.until("passing", () -> status(checks) == Status.PASSING);
        status.set(429);
        Await.until("warning", () -> status(checks) == Status.WARNING);
        status.set(0);
        Await.until("critical", () -> status(checks) == Status.CRITICAL);
        status.set(200);
        Await.until("passing again", () -> status(checks) == Status.PASSING);
        assertEquals(4, told.get());
        assertEquals(1, mostOpen.get());
        CheckView view = Await.value(
                loop.call(() -> Future.succeededFuture(checks.views().get(0))));
        assertEquals("HTTP 200 OK", view.output());
        loop.run(checks::stop);
    }

    @Test
    void theWorstCheckCounts() {
        status.set(429);
        CheckDefinition warns = CheckDefinition.http(url()).withInterval(SHORT);
        CheckDefinition refused = CheckDefinition.tcp("127.0.0.1:1").withInterval(SHORT);
        CheckDefinition passes =
                CheckDefinition.tcp("127.0.0.1:" + server.actualPort()).withInterval(SHORT);
        HealthChecks two = new HealthChecks(loop, probes, List.of(passes, warns), () -> {});
        HealthChecks three = new HealthChecks(loop, probes, List.of(passes, warns, refused), () -> {});
        loop.run(two::start);
        loop.run(three::start);
        Await.until("one warns", () -> status(two) == Status.WARNING);
        assertEquals(Status.STARTING, status(three));
        Await.until("refused once", () -> Await.value(loop.call(() -> Future.succeededFuture(three.probed()))));
        assertEquals(Status.STARTING, status(three));
    }

    private Status status(HealthChecks checks) {
        return Await.value(loop.call(() -> Future.succeededFuture(checks.status())));
    }

    private CheckResult probe(String url) {
        return probe(CheckDefinition.http(url).withTimeout(Duration.ofSeconds(10)));
    }

    private CheckResult probe(CheckDefinition check) {
        return Await.value(loop.call(() -> probes.of(check).run()));
    }

    private String url() {
        return "http://127.0.0.1:" + server.actualPort() + "/health";
    }
}
