package dev.rollcall.registry.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstanceRecordTest {
    private static final Instance ORDERS_1 = new Instance(
            "orders",
            "orders-1",
            "10.0.0.7",
            8080,
            Status.PASSING,
            "a",
            List.of("v1"),
            Map.of("team", "shop"),
            100,
            10,
            new AgentIdentity("n1", 1700000000000L));
    private static final String KEY = "rollcall/instances/orders/orders-1";

    /** Others read these texts, so they are spelled out. */
    @Test
    void recordsLookAsDocumented() {
        assertEquals(
                "{\"service\":\"orders\",\"id\":\"orders-1\",\"address\":\"10.0.0.7\",\"port\":8080,"
                        + "\"status\":\"passing\",\"zone\":\"a\",\"tags\":[\"v1\"],\"meta\":{\"team\":\"shop\"},"
                        + "\"weight\":100,\"ttl\":10,\"agent\":{\"id\":\"n1\",\"epoch\":1700000000000}}",
                InstanceRecord.encode(ORDERS_1).encode());
        assertEquals(
                "{\"Op\":0,\"Addr\":\"10.0.0.7:8080\",\"Metadata\":{\"id\":\"orders-1\",\"zone\":\"a\",\"weight\":100,"
                        + "\"tags\":[\"v1\"],\"meta\":{\"team\":\"shop\"}}}",
                InstanceRecord.encodeEndpoint(ORDERS_1).encode());
        assertEquals(KEY, InstanceRecord.instanceKey("orders", "orders-1"));
        assertEquals("rollcall/endpoints/orders/orders-1", InstanceRecord.endpointKey("orders", "orders-1"));
    }

    @Test
    void whatIsWrittenIsReadBack() {
        assertEquals(
                ORDERS_1,
                InstanceRecord.decode(KEY, InstanceRecord.encode(ORDERS_1).encode()));
    }

    @Test
    void fieldsOfLaterVersionsAreLeftAlone() {
        String later = InstanceRecord.encode(ORDERS_1).put("colour", "blue").encode();
        assertEquals(ORDERS_1, InstanceRecord.decode(KEY, later));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "{}",
                "{\"service\":\"orders\"}",
                "{\"service\":\"orders\",\"id\":\"orders-1\",\"address\":\"h\",\"port\":null,\"status\":\"passing\","
                        + "\"agent\":{\"id\":\"x\"}}",
                "{\"service\":\"orders\",\"id\":\"orders-1\",\"address\":\"h\",\"port\":\"80\",\"status\":\"passing\","
                        + "\"agent\":{\"id\":\"x\"}}",
                "{\"service\":\"orders\",\"id\":\"orders-1\",\"address\":\"h\",\"port\":80,\"status\":\"fine\","
                        + "\"agent\":{\"id\":\"x\"}}",
                "{\"service\":\"orders\",\"id\":\"orders-2\",\"address\":\"h\",\"port\":80,\"status\":\"passing\","
                        + "\"agent\":{\"id\":\"x\"}}",
                "{\"service\":\"orders\",\"id\":\"orders-1\",\"address\":\"h\",\"port\":80,\"status\":\"passing\"}",
                "{\"service\":\"orders\",\"id\":\"orders-1\",\"address\":\"h\",\"port\":80,\"status\":\"passing\","
                        + "\"agent\":{\"id\":\"x\"},\"tags\":[null]}"
            })
    void whatIsNoRecordIsRefused(String value) {
        assertThrows(InvalidServiceException.class, () -> InstanceRecord.decode(KEY, value));
    }

    @Test
    void anAgentOwnsItsOwnRecordsAndThoseOfEarlierRuns() {
        AgentIdentity agent = new AgentIdentity("n1", 5);
        assertEquals(true, agent.owns(new AgentIdentity("n1", 5)));
        assertEquals(true, agent.owns(new AgentIdentity("n1", 4)));
        assertEquals(false, agent.owns(new AgentIdentity("n1", 6)));
        assertEquals(false, agent.owns(new AgentIdentity("n2", 4)));
    }
}
