package dev.rollcall.registry.table;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rollcall.registry.fixture.Records;
import dev.rollcall.registry.model.Instance;
import dev.rollcall.registry.model.Status;
import dev.rollcall.registry.port.KeyValue.Change;
import dev.rollcall.registry.port.KeyValue.Listing;
import dev.rollcall.registry.port.KeyValue.Pair;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TableModelTest {
    private final TableModel model = new TableModel();

    @Test
    void aListingIsTakenWhole() {
        assertEquals(
                Set.of("orders", "payments"),
                model.replace(listing(9, pair("orders", "b", 3), pair("orders", "a", 5), pair("payments", "p", 4))));
        assertEquals(9, model.snapshot().revision());
        assertEquals(5, model.snapshot().index());
        assertEquals(List.of("a", "b"), ids("orders"));
        assertEquals(5, index("orders"));
        assertEquals(4, index("payments"));
        assertEquals(
                List.of("orders", "payments"),
                model.snapshot().services().stream().map(ServiceView::name).toList());
    }

    @Test
    void anIndexIsTheServicesOwnLastChange() {
        model.replace(listing(9, pair("orders", "a", 5), pair("payments", "p", 4)));
        assertEquals(Set.of("payments"), model.apply(12, List.of(put("payments", "q", 12))));
        assertEquals(5, index("orders"));
        assertEquals(12, index("payments"));
        assertEquals(12, model.snapshot().index());
        model.apply(14, List.of(gone("orders", "a", 14)));
        assertEquals(14, index("orders"));
        assertEquals(List.of(), ids("orders"));
        assertEquals(1, model.snapshot().services().size());
    }

    @Test
    void changesOfOneInstanceInOneBatchEndWithTheLast() {
        model.apply(7, List.of(put("orders", "a", 5), gone("orders", "a", 6), put("orders", "a", 7)));
        assertEquals(List.of("a"), ids("orders"));
        model.apply(9, List.of(put("orders", "b", 8), gone("orders", "b", 9)));
        assertEquals(List.of("a"), ids("orders"));
    }

    @Test
    void onlyPassingAndWarningAreEndpoints() {
        long revision = 2;
        for (Status status : Status.values()) {
            Instance instance = Records.instance("orders", status.text(), status);
            model.apply(
                    revision++,
                    List.of(new Change(
                            new Pair(Records.key("orders", status.text()), Records.value(instance), 1, 2, 0), false)));
        }
        ServiceView view = model.snapshot().service("orders");
        assertEquals(5, view.instances().size());
        assertEquals(
                List.of("passing", "warning"),
                view.endpoints().stream().map(Instance::id).toList());
    }

    @Test
    void aListingTellsWhatIsNotAsItWas() {
        model.replace(listing(9, pair("orders", "a", 5), pair("payments", "p", 4), pair("carts", "c", 3)));
        Set<String> changed = model.replace(listing(20, pair("orders", "a", 5), pair("payments", "q", 15)));
        assertEquals(Set.of("payments", "carts"), changed);
        assertEquals(5, index("orders"));
        assertEquals(15, index("payments"));
        assertEquals(20, index("carts"), "it went between 9 and 20; an index never stays behind a change");
    }

    @Test
    void anInstanceThatWentUnseenMovesTheIndexOfItsService() {
        model.replace(listing(9, pair("orders", "a", 5), pair("orders", "b", 3)));
        model.replace(listing(20, pair("orders", "a", 5)));
        assertEquals(20, index("orders"));
        assertEquals(List.of("a"), ids("orders"));
    }

    @Test
    void aStoreThatWentBackIsTakenAsItIs() {
        model.replace(listing(50, pair("orders", "a", 45), pair("payments", "p", 40)));
        assertEquals(Set.of("orders", "payments"), model.replace(listing(30, pair("orders", "a", 20))));
        assertEquals(20, index("orders"));
        assertEquals(0, index("payments"));
        assertEquals(20, model.snapshot().index());
        assertEquals(30, model.snapshot().revision());
    }

    @Test
    void vanishedServicesAreRememberedUpToALimit() {
        int services = TableModel.MAX_VANISHED + 5;
        for (int i = 0; i < services; i++) {
            model.apply(100 + 2 * i, List.of(put("s" + i, "a", 100 + 2 * i)));
            model.apply(101 + 2 * i, List.of(gone("s" + i, "a", 101 + 2 * i)));
        }
        assertEquals(TableModel.MAX_VANISHED, model.snapshot().views().size());
        assertEquals(99 + 2 * services, index("s" + (services - 1)));
        assertEquals(109, index("s0"), "no lower than the last one that was forgotten");
        assertEquals(109, index("never-heard-of"));
    }

    @Test
    void unreadableRecordsAreLeftOut() {
        Pair broken = new Pair(Records.key("orders", "b"), "{}", 6, 6, 0);
        model.replace(listing(9, pair("orders", "a", 5), broken));
        assertEquals(List.of("a"), ids("orders"));
        model.apply(10, List.of(new Change(new Pair(Records.key("orders", "a"), "no JSON", 5, 10, 0), false)));
        assertEquals(List.of(), ids("orders"));
        assertEquals(10, index("orders"));
    }

    private List<String> ids(String service) {
        return model.snapshot().service(service).instances().stream()
                .map(Instance::id)
                .toList();
    }

    private long index(String service) {
        return model.snapshot().service(service).index();
    }

    private static Listing listing(long revision, Pair... pairs) {
        return new Listing(revision, Arrays.asList(pairs));
    }

    private static Pair pair(String service, String id, long revision) {
        Instance instance = Records.instance(service, id, Status.PASSING);
        return new Pair(Records.key(service, id), Records.value(instance), revision, revision, 0);
    }

    private static Change put(String service, String id, long revision) {
        return new Change(pair(service, id, revision), false);
    }

    private static Change gone(String service, String id, long revision) {
        return new Change(new Pair(Records.key(service, id), "", 0, revision, 0), true);
    }
}
