package dev.rollcall.registry.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.registry.Registry;
import dev.rollcall.registry.fixture.Await;
import dev.rollcall.registry.fixture.MemoryStore;
import dev.rollcall.registry.fixture.MemoryStore.Commit;
import dev.rollcall.registry.fixture.Records;
import dev.rollcall.registry.model.AgentIdentity;
import dev.rollcall.registry.model.CheckDefinition;
import dev.rollcall.registry.model.Instance;
import dev.rollcall.registry.model.InstanceRecord;
import dev.rollcall.registry.model.InvalidServiceException;
import dev.rollcall.registry.model.ServiceDefinition;
import dev.rollcall.registry.model.Status;
import dev.rollcall.registry.port.KeyValue.Pair;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LocalServicesTest {
    private static final String INSTANCE = "rollcall/instances/orders/orders-1";
    private static final String ENDPOINT = "rollcall/endpoints/orders/orders-1";
    private static final List<String> BOTH_WRITTEN = List.of("=" + ENDPOINT, "=" + INSTANCE);
    private static final Duration DRAIN_DELAY = Duration.ofMillis(150);

    private final Vertx vertx = Vertx.vertx();
    private final MemoryStore store = new MemoryStore(vertx);
    private final AtomicInteger health = new AtomicInteger(200);
    private HttpServer service = vertx.createHttpServer();

    @BeforeEach
    void serve() {
        service.requestHandler(
                request -> request.response().setStatusCode(health.get()).end());
        service = Await.value(service.listen(0, "127.0.0.1"));
    }

    @AfterEach
    void close() {
        Await.value(vertx.close());
    }

    @Test
    void aHealthyServiceHasBothKeysUnderOneLease() {
        Registry registry = start("n1", 1);
        awaitStatus(Status.PASSING);
        Await.until("endpoint", () -> store.get(ENDPOINT) != null);
        Instance instance = stored();
        assertEquals("127.0.0.1", instance.address());
        assertEquals(service.actualPort(), instance.port());
        assertEquals(new AgentIdentity("n1", 1), instance.agent());
        assertEquals(InstanceRecord.encodeEndpoint(instance).encode(), store.get(ENDPOINT));
        assertEquals(1, store.leases().size());
        long lease = store.leases().get(0);
        assertEquals(lease, pair(INSTANCE).lease());
        assertEquals(lease, pair(ENDPOINT).lease());
        Await.until("registered", () -> view(registry).state() == RegistrationState.REGISTERED);
        LocalService view = view(registry);
        assertEquals(lease, view.leaseId());
        assertTrue(view.ttlRemainingSeconds() <= 10);
        assertEquals(Status.PASSING, view.checks().get(0).status());
    }

    @Test
    void itIsBornStartingWithoutAnEndpoint() {
        health.set(500);
        start("n1", 1);
        awaitStatus(Status.STARTING);
        assertNull(store.get(ENDPOINT));
        health.set(200);
        awaitStatus(Status.PASSING);
        assertEquals(BOTH_WRITTEN, last().summary());
    }

    @Test
    void onlyChangesOfTheStatusAreWrittenEachInOneRevision() {
        startPassing("n1", 1);
        int before = store.commits().size();
        health.set(500);
        awaitStatus(Status.CRITICAL);
        assertEquals(List.of("-" + ENDPOINT, "=" + INSTANCE), last().summary());
        health.set(200);
        awaitStatus(Status.PASSING);
        assertEquals(BOTH_WRITTEN, last().summary());
        health.set(429);
        awaitStatus(Status.WARNING);
        assertEquals(List.of("=" + INSTANCE), last().summary());
        assertNotNull(store.get(ENDPOINT));
        assertEquals(before + 3, store.commits().size());
    }

    @Test
    void aLostLeaseIsReplacedAndBothKeysComeBackTogether() {
        startPassing("n1", 1);
        long lost = store.leases().get(0);
        store.expire(lost);
        Await.until("both are back", () -> store.get(ENDPOINT) != null && store.get(INSTANCE) != null);
        assertEquals(BOTH_WRITTEN, last().summary());
        assertNotEquals(lost, pair(INSTANCE).lease());
        Await.until("one lease", () -> store.leases().size() == 1);
    }

    @Test
    void keysDeletedByHandComeBackUnderANewLease() {
        startPassing("n1", 1);
        long first = store.leases().get(0);
        store.delete(INSTANCE, ENDPOINT);
        Await.until("both are back", () -> store.get(ENDPOINT) != null && store.get(INSTANCE) != null);
        assertEquals(BOTH_WRITTEN, last().summary());
        Await.until("the old lease is gone", () -> !store.leases().contains(first));
        assertNotNull(store.get(ENDPOINT), "nothing hung on the old lease any more");
    }

    @Test
    void aKeyDeletedOrChangedByHandIsMended() {
        startPassing("n1", 1);
        String endpoint = store.get(ENDPOINT);
        store.delete(ENDPOINT);
        Await.until("back", () -> store.get(ENDPOINT) != null);
        store.put(ENDPOINT, "mine!");
        Await.until("mended", () -> endpoint != null && endpoint.equals(store.get(ENDPOINT)));
        store.put(INSTANCE, "not JSON");
        awaitStatus(Status.PASSING);
        store.delete(INSTANCE);
        awaitStatus(Status.PASSING);
        Await.until(
                "both under the one lease",
                () -> store.leases().size() == 1
                        && pair(ENDPOINT).lease() == pair(INSTANCE).lease()
                        && store.leases().contains(pair(INSTANCE).lease()));
    }

    @Test
    void aRestoredStoreGetsTheInstanceAgain() {
        Runnable empty = store.backup();
        startPassing("n1", 1);
        store.restore(empty);
        awaitStatus(Status.PASSING);
        Await.until("endpoint", () -> store.get(ENDPOINT) != null);
        Await.until(
                "held by a lease", () -> store.leases().contains(pair(INSTANCE).lease()));
    }

    @Test
    void aStoreThatIsAwayIsTriedForEver() {
        store.down(true);
        Registry registry = start("n1", 1);
        assertEquals(RegistrationState.WAITING, view(registry).state());
        store.down(false);
        awaitStatus(Status.PASSING);
        store.down(true);
        health.set(500);
        Await.until("critical here", () -> view(registry).instance().status() == Status.CRITICAL);
        store.down(false);
        awaitStatus(Status.CRITICAL);
        assertNull(store.get(ENDPOINT));
    }

    @Test
    void aRegistrationWhoseAnswerIsLostGivesItsLeaseUp() {
        store.losingAnswers(true);
        start("n1", 1);
        Await.until(
                "several leases were tried",
                () -> store.commits().stream()
                                .filter(commit -> commit.summary().contains("-" + INSTANCE))
                                .count()
                        >= 2);
        store.losingAnswers(false);
        awaitStatus(Status.PASSING);
        Await.until("one lease is left", () -> store.leases().size() == 1);
        Await.until(
                "that of the keys",
                () -> store.pair(ENDPOINT) != null
                        && store.leases().contains(pair(INSTANCE).lease())
                        && store.leases().contains(pair(ENDPOINT).lease()));
    }

    @Test
    void theLeaseIsRenewed() {
        startPassing("n1", 1, 2);
        Await.until("two renewals", () -> store.renewals(store.leases().get(0)) >= 2);
        assertEquals(1, store.leases().size());
    }

    @Test
    void anotherAgentsInstanceIsLeftAloneUntilItGoes() {
        Records.put(store, "orders", "orders-1");
        Registry registry = start("n1", 1);
        Await.until("conflict", () -> view(registry).state() == RegistrationState.CONFLICT);
        assertEquals("agent-x", stored().agent().id());
        assertEquals(List.of(), store.leases());
        Records.put(store, "orders", "orders-1", Status.CRITICAL);
        store.delete(INSTANCE);
        Await.until(
                "ours",
                () -> store.get(INSTANCE) != null && stored().agent().id().equals("n1"));
        Await.until("registered", () -> view(registry).state() == RegistrationState.REGISTERED);
    }

    @Test
    void anAgentThatLosesItsIdToAnotherGivesItsLeaseUp() {
        Registry registry = startPassing("n1", 1);
        store.put(INSTANCE, Records.value(Records.instance("orders", "orders-1", Status.PASSING)));
        Await.until("conflict", () -> view(registry).state() == RegistrationState.CONFLICT);
        Await.until("no lease", () -> store.leases().isEmpty());
        assertEquals("agent-x", stored().agent().id());
    }

    @Test
    void aLaterRunTakesOverAtOnceAndTheEarlierOneYields() {
        Registry earlier = startPassing("n1", 1);
        long takeover = store.revision() + 1;
        Registry later = start("n1", 2);
        Await.until("taken over", () -> stored().agent().epoch() == 2);
        Await.until("the earlier one yields", () -> view(earlier).state() == RegistrationState.CONFLICT);
        Await.until("registered", () -> view(later).state() == RegistrationState.REGISTERED);
        Await.until("passing", () -> stored().status() == Status.PASSING && store.get(ENDPOINT) != null);
        Await.until("one lease", () -> store.leases().size() == 1);
        List<Commit> since = store.commits().stream()
                .filter(commit -> commit.revision() >= takeover)
                .toList();
        assertTrue(
                since.stream()
                        .noneMatch(commit -> commit.summary().contains("-" + INSTANCE)
                                || commit.summary().contains("-" + ENDPOINT)),
                "it was there and had traffic all the time");
    }

    @Test
    void drainingIsOneRevisionAndCanBeUndone() {
        Registry registry = startPassing("n1", 1);
        Await.value(registry.services().drain("orders"));
        assertEquals(Status.DRAINING, stored().status());
        assertEquals(List.of("-" + ENDPOINT, "=" + INSTANCE), last().summary());
        assertEquals(Status.DRAINING, view(registry).instance().status());
        Await.value(registry.services().drain(null));
        Await.value(registry.services().undrain("orders"));
        awaitStatus(Status.PASSING);
        assertNotNull(store.get(ENDPOINT));
        assertInstanceOf(
                UnknownServiceException.class, Await.failure(registry.services().drain("payments")));
    }

    @Test
    void drainAndSettleWaitsForTheTableAndTheDelay() {
        Registry registry = startPassing("n1", 1);
        long beganNanos = System.nanoTime();
        Await.value(registry.services().drainAndSettle(null));
        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos);
        assertTrue(tookMs >= DRAIN_DELAY.toMillis(), "took " + tookMs + " ms");
        assertEquals(
                Status.DRAINING,
                registry.table().snapshot().service("orders").instances().get(0).status());
    }

    @Test
    void aDrainThatCannotBeWrittenIsWrittenLater() {
        Registry registry = startPassing("n1", 1);
        store.down(true);
        assertInstanceOf(
                TimeoutException.class, Await.failure(registry.services().drain(null)));
        store.down(false);
        awaitStatus(Status.DRAINING);
    }

    @Test
    void stoppingDrainsThenLeavesNothing() {
        Registry registry = startPassing("n1", 1);
        int before = store.commits().size();
        Await.value(registry.stop());
        List<Commit> since = store.commits().subList(before, store.commits().size());
        assertEquals(
                List.of(List.of("-" + ENDPOINT, "=" + INSTANCE), List.of("-" + INSTANCE)),
                since.stream().map(Commit::summary).toList());
        assertEquals(List.of(), store.leases());
        Await.until("no watch", () -> store.openWatches() == 0);
    }

    @Test
    void stoppingEndsWithoutAStore() {
        Registry registry = startPassing("n1", 1);
        store.down(true);
        Await.value(registry.stop());
    }

    @Test
    void twoInstancesWithOneIdAreRefused() {
        ServiceDefinition definition = definition(10);
        assertThrows(
                InvalidServiceException.class,
                () -> Registry.create(
                        vertx, store, new AgentIdentity("n1", 1), List.of(definition, definition), DRAIN_DELAY));
    }

    private Registry startPassing(String agent, long epoch) {
        return startPassing(agent, epoch, 10);
    }

    private Registry startPassing(String agent, long epoch, int ttlSeconds) {
        Registry registry = start(agent, epoch, ttlSeconds);
        awaitStatus(Status.PASSING);
        Await.until("registered", () -> view(registry).state() == RegistrationState.REGISTERED);
        return registry;
    }

    private Registry start(String agent, long epoch) {
        return start(agent, epoch, 10);
    }

    private Registry start(String agent, long epoch, int ttlSeconds) {
        Registry registry = Registry.create(
                vertx, store, new AgentIdentity(agent, epoch), List.of(definition(ttlSeconds)), DRAIN_DELAY);
        registry.start();
        return registry;
    }

    private ServiceDefinition definition(int ttlSeconds) {
        String url = "http://127.0.0.1:" + service.actualPort() + "/";
        return ServiceDefinition.named("orders")
                .id("orders-1")
                .port(service.actualPort())
                .ttl(Duration.ofSeconds(ttlSeconds))
                .check(CheckDefinition.http(url)
                        .withInterval(Duration.ofMillis(20))
                        .withTimeout(Duration.ofSeconds(10)))
                .build()
                .at("127.0.0.1");
    }

    private void awaitStatus(Status status) {
        Await.until("status " + status, () -> {
            Instance instance = storedOrNull();
            return instance != null && instance.status() == status;
        });
    }

    private Instance stored() {
        Instance instance = storedOrNull();
        if (instance == null) {
            throw new AssertionError("no record");
        }
        return instance;
    }

    private @Nullable Instance storedOrNull() {
        String value = store.get(INSTANCE);
        try {
            return value == null ? null : InstanceRecord.decode(INSTANCE, value);
        } catch (InvalidServiceException unreadable) {
            return null;
        }
    }

    private Pair pair(String key) {
        Pair pair = store.pair(key);
        if (pair == null) {
            throw new AssertionError("no " + key);
        }
        return pair;
    }

    private Commit last() {
        List<Commit> commits = store.commits();
        return commits.get(commits.size() - 1);
    }

    private static LocalService view(Registry registry) {
        return Await.value(registry.services().list()).get(0);
    }
}
