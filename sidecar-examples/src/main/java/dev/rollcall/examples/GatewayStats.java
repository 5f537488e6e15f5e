package dev.rollcall.examples;

import dev.rollcall.registry.resolver.RequestObserver;
import dev.rollcall.registry.resolver.ServiceEndpoint;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts per instance what it answered and what it failed to, and per gateway what its callers saw. */
final class GatewayStats implements RequestObserver {

    /** Instances come and go for as long as the gateway lives; those beyond this many share one line. */
    private static final int MAX_INSTANCES = 1_000;

    private final Map<String, Counts> instances = new ConcurrentSkipListMap<>();
    final LongAdder requests = new LongAdder();
    final LongAdder problems = new LongAdder();
    final LongAdder retried = new LongAdder();

    private record Counts(LongAdder answered, LongAdder unreachable, LongAdder broken) {
        Counts() {
            this(new LongAdder(), new LongAdder(), new LongAdder());
        }
    }

    @Override
    public void answered(ServiceEndpoint server) {
        counts(server).answered.increment();
    }

    @Override
    public void failed(ServiceEndpoint server, boolean sent, Throwable cause) {
        (sent ? counts(server).broken : counts(server).unreachable).increment();
    }

    /** {@code requests}, {@code problems} and {@code retried} of this gateway, and the counts of each instance. */
    JsonObject toJson() {
        JsonObject each = new JsonObject();
        instances.forEach((instance, counts) -> each.put(
                instance,
                new JsonObject()
                        .put("answered", counts.answered.sum())
                        .put("unreachable", counts.unreachable.sum())
                        .put("broken", counts.broken.sum())));
        return new JsonObject()
                .put("requests", requests.sum())
                .put("problems", problems.sum())
                .put("retried", retried.sum())
                .put("instances", each);
    }

    private Counts counts(ServiceEndpoint server) {
        String instance = server.service() + "/" + server.id();
        Counts known = instances.get(instance);
        if (known != null) {
            return known;
        }
        String key = instances.size() < MAX_INSTANCES ? instance : "others";
        return instances.computeIfAbsent(key, k -> new Counts());
    }
}
