package dev.rollcall.registry.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.registry.fixture.Await;
import dev.rollcall.registry.fixture.MemoryStore;
import dev.rollcall.registry.fixture.Records;
import dev.rollcall.registry.model.Instance;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EndpointTableTest {
    private final Vertx vertx = Vertx.vertx();
    private final MemoryStore store = new MemoryStore(vertx);
    private final EndpointTable table = new EndpointTable(vertx, store);
    private final List<Told> told = new CopyOnWriteArrayList<>();

    private record Told(List<String> ids, long index, boolean reset, Context context) {}

    @AfterEach
    void close() {
        Await.value(vertx.close());
    }

    @Test
    void itListsThenFollows() {
        Records.put(store, "orders", "a");
        assertEquals(0, table.snapshot().revision());
        table.start();
        Await.value(table.ready());
        assertEquals(List.of("a"), ids(table.snapshot().service("orders")));
        Records.put(store, "orders", "b");
        awaitIds("a", "b");
        store.delete(Records.key("orders", "a"));
        awaitIds("b");
        assertEquals(1, store.listings());
        assertEquals(List.of("b"), ids(Await.value(table.service("orders"))));
    }

    @Test
    void itWaitsForAStoreThatIsNotThereYet() {
        store.down(true);
        Records.put(store, "orders", "a");
        table.start();
        var view = table.service("orders");
        table.subscribe("orders", this::tell);
        store.down(false);
        assertEquals(List.of("a"), ids(Await.value(view)));
        Await.until("told", () -> !told.isEmpty());
        assertEquals(List.of("a"), told.get(0).ids());
    }

    @Test
    void aLostWatchEmptiesNothingAndGoesOnWhereItEnded() {
        startWith("a", "b");
        store.down(true);
        assertEquals(List.of("a", "b"), ids(table.snapshot().service("orders")));
        store.delete(Records.key("orders", "a"));
        Records.put(store, "orders", "c");
        assertEquals(List.of("a", "b"), ids(table.snapshot().service("orders")));
        store.down(false);
        awaitIds("b", "c");
        assertEquals(1, store.listings());
    }

    @Test
    void itListsAgainWhenTheMissedRevisionsAreCompacted() {
        startWith("a", "b");
        store.down(true);
        store.delete(Records.key("orders", "a"));
        store.compact();
        long compacted = store.revision();
        store.down(false);
        awaitIds("b");
        assertEquals(2, store.listings());
        assertEquals(compacted, table.snapshot().service("orders").index());
        Records.put(store, "orders", "c");
        awaitIds("b", "c");
    }

    @Test
    void aRestoredStoreIsListedAgain() {
        startWith("a");
        Runnable backup = store.backup();
        Records.put(store, "orders", "b");
        awaitIds("a", "b");
        store.restore(backup);
        awaitIds("a");
        Records.put(store, "orders", "c");
        awaitIds("a", "c");
    }

    @Test
    void subscribersHearTheListNowAndEachChange() {
        startWith("a");
        Subscription subscription = table.subscribe("orders", this::tell);
        Await.until("told the first", () -> told.size() == 1);
        Records.put(store, "orders", "b");
        Await.until("told the change", () -> told.size() == 2);
        Records.put(store, "payments", "p");
        store.delete(Records.key("orders", "a"));
        Await.until("told the going", () -> told.size() == 3);
        assertEquals(
                List.of(List.of("a"), List.of("a", "b"), List.of("b")),
                told.stream().map(Told::ids).toList());
        assertEquals(List.of(true, false, false), told.stream().map(Told::reset).toList());
        assertEquals(store.revision(), told.get(2).index());
        assertSame(told.get(0).context(), told.get(2).context());
        subscription.close();
        Records.put(store, "orders", "z");
        awaitIds("b", "z");
        assertEquals(3, told.size());
    }

    @Test
    void theFirstChangeIsToldAtOnceAndABurstOnce() {
        startWith("a");
        table.subscribe("orders", this::tell);
        Await.until("told the first", () -> told.size() == 1);
        for (int i = 0; i < 500; i++) {
            Records.put(store, "orders", "b" + i);
        }
        Await.until("told all", () -> told.get(told.size() - 1).ids().size() == 501);
        assertTrue(told.size() < 100, "500 changes were told " + told.size() + " times");
    }

    @Test
    void whoFollowsAnUnknownServiceHearsThatItIsEmpty() {
        table.subscribe("nobody", this::tell);
        table.start();
        Await.until("told", () -> !told.isEmpty());
        assertEquals(List.of(), told.get(0).ids());
        assertEquals(0, told.get(0).index());
    }

    @Test
    void aSubscriberThatLagsGetsTheNewestOnly() {
        startWith("a");
        Context busy = vertx.getOrCreateContext();
        Subscriber subscriber = new Subscriber(busy, this::tell);
        busy.runOnContext(ignored -> {
            for (int i = 1; i <= 3; i++) {
                subscriber.offer(ServiceView.of("orders", i, List.of()), i == 2);
            }
        });
        Await.until("told", () -> !told.isEmpty());
        assertEquals(1, told.size());
        assertEquals(3, told.get(0).index());
        assertTrue(told.get(0).reset(), "a reset that was skipped still counts");
    }

    @Test
    void reachedWaitsForARevision() {
        startWith("a");
        long next = store.revision() + 1;
        var reached = table.reached(next, 10_000);
        assertFalse(reached.isComplete());
        Records.put(store, "orders", "b");
        Await.value(reached);
        assertTrue(table.snapshot().revision() >= next);
        Await.value(table.reached(next, 10_000));
        assertInstanceOf(TimeoutException.class, Await.failure(table.reached(next + 100, 10)));
    }

    @Test
    void aClosedTableKeepsItsListAndNoWatch() {
        startWith("a");
        table.close();
        Await.until("no watch", () -> store.openWatches() == 0);
        assertEquals(List.of("a"), ids(table.snapshot().service("orders")));
    }

    private void startWith(String... ids) {
        for (String id : ids) {
            Records.put(store, "orders", id);
        }
        table.start();
        Await.value(table.ready());
        Await.until("watching", () -> store.openWatches() == 1);
    }

    private void tell(ServiceView view, boolean reset) {
        told.add(new Told(ids(view), view.index(), reset, vertx.getOrCreateContext()));
    }

    private void awaitIds(String... ids) {
        Await.until(
                "instances " + List.of(ids),
                () -> ids(table.snapshot().service("orders")).equals(List.of(ids)));
    }

    private static List<String> ids(ServiceView view) {
        return view.instances().stream().map(Instance::id).toList();
    }
}
