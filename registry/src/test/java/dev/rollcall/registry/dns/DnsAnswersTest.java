package dev.rollcall.registry.dns;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rollcall.registry.fixture.Await;
import dev.rollcall.registry.fixture.MemoryStore;
import dev.rollcall.registry.fixture.Records;
import dev.rollcall.registry.model.Instance;
import dev.rollcall.registry.model.Status;
import dev.rollcall.registry.table.EndpointTable;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DnsAnswersTest {
    private final Vertx vertx = Vertx.vertx();
    private final MemoryStore store = new MemoryStore(vertx);
    private final EndpointTable table = new EndpointTable(vertx, store);

    @BeforeEach
    void fill() {
        put(Records.instance("orders", "o1", "10.0.0.1", Status.PASSING));
        put(Records.instance("orders", "o2", "fd00::2", Status.WARNING));
        put(Records.instance("orders", "o3", "10.0.0.3", Status.CRITICAL));
        put(Records.instance("named", "n1", "db.example.com", Status.PASSING));
        put(Records.instance("sick", "s1", "10.0.0.9", Status.CRITICAL));
        table.start();
        Await.value(table.ready());
    }

    @AfterEach
    void close() {
        Await.value(vertx.close());
    }

    @Test
    void servicesAnswerWithTheirEndpoints() {
        DnsAnswer srv = resolve("orders", RecordType.SRV);
        assertEquals(0, srv.status());
        assertEquals("orders.service.rollcall.", srv.name());
        assertEquals(
                List.of("0 100 8080 o1.orders.service.rollcall.", "0 100 8080 o2.orders.service.rollcall."),
                data(srv.answers()));
        assertEquals(
                List.of(
                        new DnsRecord("o1.orders.service.rollcall.", RecordType.A, 0, "10.0.0.1"),
                        new DnsRecord("o2.orders.service.rollcall.", RecordType.AAAA, 0, "fd00::2")),
                srv.additional());
        assertEquals(List.of("10.0.0.1"), data(resolve("orders", RecordType.A).answers()));
        assertEquals(List.of("fd00::2"), data(resolve("orders", RecordType.AAAA).answers()));
    }

    @Test
    void theEndingMayBeLeftOutAndCaseDoesNotMatter() {
        for (String name : List.of("orders", "orders.", "orders.service.rollcall", "Orders.Service.Rollcall.")) {
            assertEquals(resolve("orders", RecordType.A), resolve(name, RecordType.A));
        }
    }

    @Test
    void instancesAnswerWhateverTheirStatus() {
        assertEquals(
                List.of("10.0.0.3"),
                data(resolve("o3.orders.service.rollcall.", RecordType.A).answers()));
        assertEquals(
                List.of("10.0.0.1"), data(resolve("o1.orders", RecordType.A).answers()));
        assertEquals(List.of(), data(resolve("o1.orders", RecordType.AAAA).answers()));
    }

    @Test
    void addressesThatAreNamesAreTargetsThemselves() {
        DnsAnswer srv = resolve("named", RecordType.SRV);
        assertEquals(List.of("0 100 8080 db.example.com."), data(srv.answers()));
        assertEquals(List.of(), srv.additional());
        assertEquals(
                RecordType.CNAME,
                resolve("n1.named", RecordType.A).answers().get(0).type());
    }

    @Test
    void unknownNamesDoNotExistAndSickServicesDo() {
        for (String name : List.of("nobody", "o9.orders", "a.b.c", "example.com", "", ".", "service.rollcall.")) {
            assertEquals(3, resolve(name, RecordType.A).status(), name);
        }
        assertEquals(0, resolve("sick", RecordType.SRV).status());
        assertEquals(List.of(), resolve("sick", RecordType.SRV).answers());
    }

    @Test
    void theJsonIsThatOfPublicResolvers() {
        assertEquals(
                "{\"Status\":0,\"TC\":false,\"RD\":true,\"RA\":false,\"AD\":false,\"CD\":false,"
                        + "\"Question\":[{\"name\":\"orders.service.rollcall.\",\"type\":1}],"
                        + "\"Answer\":[{\"name\":\"orders.service.rollcall.\",\"type\":1,\"TTL\":0,"
                        + "\"data\":\"10.0.0.1\"}]}",
                resolve("orders", RecordType.A).toJson().encode());
        assertEquals(new JsonArray(), resolve("nobody", RecordType.SRV).toJson().getJsonArray("Answer"));
        assertEquals(RecordType.SRV, RecordType.parse("srv"));
        assertEquals(RecordType.SRV, RecordType.parse("33"));
    }

    private DnsAnswer resolve(String name, RecordType type) {
        return DnsAnswers.resolve(table.snapshot(), name, type);
    }

    private void put(Instance instance) {
        store.put(Records.key(instance.service(), instance.id()), Records.value(instance));
    }

    private static List<String> data(List<DnsRecord> records) {
        return records.stream().map(DnsRecord::data).toList();
    }
}
