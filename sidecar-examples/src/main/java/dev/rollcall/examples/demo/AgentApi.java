package dev.rollcall.examples.demo;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Asks agents and gateways on this machine over HTTP, as anybody could with curl. */
final class AgentApi {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();

    /** An instance as {@code ?all=true} shows it. */
    record Registration(String service, String id, String status, JsonObject record) {}

    /** A member of the cluster; {@code term} is null while it cannot be reached. */
    record Member(String name, boolean leader, @Nullable Long term) {}

    /** Ids of a service's endpoints as the agent at {@code port} knows them; null while it does not answer. */
    @Nullable
    List<String> endpoints(int port, String service) {
        JsonObject answer = getObject(port, "/v1/services/" + service);
        return answer == null
                ? null
                : objects(answer.getJsonArray("endpoints"))
                        .map(endpoint -> endpoint.getString("id"))
                        .sorted()
                        .toList();
    }

    /** All instances of {@code services} by id, in any status; null while the agent does not answer. */
    @Nullable
    Map<String, Registration> registrations(int port, List<String> services) {
        Map<String, Registration> all = new TreeMap<>();
        for (String service : services) {
            JsonObject answer = getObject(port, "/v1/services/" + service + "?all=true");
            if (answer == null) {
                return null;
            }
            objects(answer.getJsonArray("instances")).forEach(record -> {
                String id = record.getString("id");
                all.put(id, new Registration(service, id, record.getString("status"), record));
            });
        }
        return all;
    }

    /** The members as the agent at {@code port} sees them; null while it does not answer. */
    @Nullable
    List<Member> members(int port) {
        String body = get(port, "/v1/members");
        return body == null
                ? null
                : objects(new JsonArray(body))
                        .map(member -> new Member(
                                member.getString("name"),
                                Boolean.TRUE.equals(member.getBoolean("leader")),
                                member.getLong("term")))
                        .toList();
    }

    /** Seconds left on the lease of the instance beside the agent at {@code port}; null if it has none. */
    @Nullable
    Double ttlRemainingSeconds(int port) {
        JsonObject answer = getObject(port, "/v1/agent");
        if (answer == null) {
            return null;
        }
        return objects(answer.getJsonArray("services"))
                .findFirst()
                .map(service -> service.getDouble("ttlRemaining"))
                .orElse(null);
    }

    /** Begins a drain of all the agent's services; completes with the answer's status when the agent says it is done. */
    CompletableFuture<Integer> drain(int port) {
        HttpRequest request = HttpRequest.newBuilder(uri(port, "/v1/agent/drain?wait=true"))
                .timeout(DRAIN_TIMEOUT)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.discarding()).thenApply(HttpResponse::statusCode);
    }

    /** A JSON object; null if there is no answer or no success. */
    @Nullable
    JsonObject getObject(int port, String path) {
        String body = get(port, path);
        return body == null ? null : new JsonObject(body);
    }

    /** A body; null if there is no answer or no success. */
    @Nullable
    String get(int port, String path) {
        try {
            HttpRequest request =
                    HttpRequest.newBuilder(uri(port, path)).timeout(TIMEOUT).build();
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            return response.statusCode() == 200 ? response.body() : null;
        } catch (IOException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private static URI uri(int port, String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    private static Stream<JsonObject> objects(@Nullable JsonArray array) {
        return array == null ? Stream.empty() : array.stream().map(JsonObject.class::cast);
    }
}
