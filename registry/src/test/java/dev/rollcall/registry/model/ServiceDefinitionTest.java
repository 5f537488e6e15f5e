package dev.rollcall.registry.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ServiceDefinitionTest {
    @Test
    void whatIsNotGivenHasADefault() {
        ServiceDefinition definition =
                ServiceDefinition.named("orders").port(8080).build().at("10.0.0.7");
        assertEquals("orders-10-0-0-7-8080", definition.id());
        assertEquals("10.0.0.7", definition.address());
        assertEquals(100, definition.weight());
        assertEquals(10, definition.ttlSeconds());
        assertEquals("", definition.zone());
        assertEquals(List.of(CheckDefinition.tcp("10.0.0.7:8080")), definition.checks());
        CheckDefinition check = definition.checks().get(0);
        assertEquals(Duration.ofSeconds(2), check.interval());
        assertEquals(Duration.ofSeconds(1), check.timeout());
        assertEquals(2, check.rise());
        assertEquals(3, check.fall());
    }

    @Test
    void whatIsGivenStays() {
        ServiceDefinition definition = ServiceDefinition.named("orders")
                .port(8080)
                .id("orders-1")
                .address("::1")
                .check(CheckDefinition.parse("http://localhost:8080/health"))
                .build()
                .at("10.0.0.7");
        assertEquals("orders-1", definition.id());
        assertEquals("::1", definition.address());
        assertEquals(1, definition.checks().size());
    }

    @Test
    void defaultIdsAreLabels() {
        ServiceDefinition ipv6 =
                ServiceDefinition.named("orders").port(80).build().at("fe80::1%eth0");
        assertEquals("orders-fe80--1-eth0-80", ipv6.id());
        assertEquals(List.of(CheckDefinition.tcp("[fe80::1%eth0]:80")), ipv6.checks());
        ServiceDefinition longName =
                ServiceDefinition.named("a".repeat(50)).port(80).build().at("host-1.example.com");
        assertEquals("a".repeat(50) + "-host-1-examp", longName.id());
        ServiceDefinition cutAtADash =
                ServiceDefinition.named("a".repeat(54)).port(80).build().at("host-12.example.com");
        assertEquals("a".repeat(54) + "-host-12", cutAtADash.id());
    }

    @Test
    void mistakesAreSaidInOneLine() {
        refused(
                "service name 'Orders' is no DNS label: use 1 to 63 of a-z, 0-9 and '-', not starting or ending with '-'",
                () -> ServiceDefinition.named("Orders").port(1).build());
        refused("service port 0 is out of range: use 1 to 65535", builder -> builder.port(0));
        refused("service port 65536 is out of range: use 1 to 65535", builder -> builder.port(65536));
        refused(
                "ttl of 1s is out of range: use whole seconds from 2s to 24h",
                builder -> builder.ttl(Duration.ofSeconds(1)));
        refused("ttl of 2500ms is not whole seconds", builder -> builder.ttl(Duration.ofMillis(2500)));
        refused(
                "weight 0 is out of range: use 1 to 65535 (to take it out of traffic, drain it)",
                builder -> builder.weight(0));
        refused("a tag must not be empty", builder -> builder.tag(""));
        refused(
                "metadata value of k is too long: use at most 512 characters",
                builder -> builder.meta("k", "v".repeat(513)));
        refused(
                "service address 'http://x' is neither a host name nor an IP address (no scheme, no port, no brackets)",
                builder -> builder.address("http://x"));
        refused(
                "service address '10.0.0.7:80' must be given without a port",
                builder -> builder.address("10.0.0.7:80"));
    }

    @Test
    void checksAreUnderstoodOrRefused() {
        assertEquals(
                CheckDefinition.Type.TCP, CheckDefinition.parse("tcp://db:5432").type());
        assertEquals("[::1]:80", CheckDefinition.parse("tcp://[::1]:80").target());
        assertEquals(
                CheckDefinition.Type.HTTP,
                CheckDefinition.parse("https://db/x?y=1").type());
        refused(
                "check 'ftp://x' is not understood: use http://host:port/path, https://.. or tcp://host:port",
                () -> CheckDefinition.parse("ftp://x"));
        refused("'db' is not host:port", () -> CheckDefinition.parse("tcp://db"));
        refused("'db:x' is not host:port: the port must be a number", () -> CheckDefinition.parse("tcp://db:x"));
        refused(
                "check rise 0 is out of range: use 1 to 100",
                () -> CheckDefinition.tcp("db:1").withRise(0));
        refused(
                "check interval of 1ms is out of range: use 10ms to 1h",
                () -> CheckDefinition.tcp("db:1").withInterval(Duration.ofMillis(1)));
    }

    private static void refused(String message, UnaryOperator<ServiceDefinition.Builder> mistake) {
        refused(
                message,
                () -> mistake.apply(ServiceDefinition.named("orders").port(80)).build());
    }

    private static void refused(String message, Runnable mistake) {
        assertEquals(
                message,
                assertThrows(InvalidServiceException.class, mistake::run).getMessage());
    }
}
