package dev.rollcall.registry.resolver;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An instance that may get traffic now, as an agent describes it. Equal by value, so that equal lists can be told.
 *
 * @param service the service's name
 * @param id the instance's id, unique in its service; the load balancer's key
 * @param address host name or IP literal
 * @param port 1 to 65535
 * @param status {@code passing} or {@code warning}
 * @param zone where it runs, empty if not given
 * @param tags free labels
 * @param meta free pairs
 * @param weight share of traffic relative to the others, 100 if not given
 */
public record ServiceEndpoint(
        String service,
        String id,
        String address,
        int port,
        String status,
        String zone,
        List<String> tags,
        Map<String, String> meta,
        int weight) {

    private static final int DEFAULT_WEIGHT = 100;

    /** Copies the collections and checks what a connection needs. */
    public ServiceEndpoint {
        if (id.isEmpty() || address.isEmpty() || port < 1 || port > 65535) {
            throw new IllegalArgumentException(
                    "endpoint without id, address or port: '" + id + "' at '" + address + "':" + port);
        }
        tags = List.copyOf(tags);
        meta = Map.copyOf(meta);
    }

    /** Reads one record of an agent's answer; {@code IllegalArgumentException} or {@code ClassCastException} if broken. */
    static ServiceEndpoint fromJson(String service, JsonObject json) {
        Map<String, String> meta = new TreeMap<>();
        json.getJsonObject("meta", new JsonObject()).forEach(pair -> meta.put(pair.getKey(), "" + pair.getValue()));
        List<String> tags = json.getJsonArray("tags", new JsonArray()).stream()
                .map(String::valueOf)
                .toList();
        return new ServiceEndpoint(
                service,
                json.getString("id", ""),
                json.getString("address", ""),
                json.getInteger("port", 0),
                json.getString("status", "passing"),
                json.getString("zone", ""),
                tags,
                meta,
                json.getInteger("weight", DEFAULT_WEIGHT));
    }

    @Override
    public String toString() {
        return service + "/" + id + " at " + address + ":" + port;
    }
}
