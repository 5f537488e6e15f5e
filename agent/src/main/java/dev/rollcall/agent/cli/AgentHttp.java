package dev.rollcall.agent.cli;

import dev.rollcall.agent.client.Endpoint;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The HTTP API of an agent, for commands. */
final class AgentHttp {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(8);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(10);

    private final List<Endpoint> endpoints;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();

    AgentHttp(List<Endpoint> endpoints) {
        this.endpoints = endpoints;
    }

    /** The body of the first agent that answers. */
    String get(String path) {
        List<String> unreachable = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            try {
                return send(
                        endpoint, request(endpoint, path, READ_TIMEOUT).GET().build());
            } catch (IOException e) {
                unreachable.add(endpoint + " (" + reason(e) + ")");
            }
        }
        throw noAnswer(String.join(", ", unreachable));
    }

    /** Asks the one agent to do something; not repeated elsewhere, since another agent is not the one that was meant. */
    String post(String path, String body, Duration timeout) {
        Endpoint endpoint = endpoints.get(0);
        HttpRequest request = request(endpoint, path, timeout)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            return send(endpoint, request);
        } catch (IOException e) {
            throw noAnswer(endpoint + " (" + reason(e) + ")");
        }
    }

    private static HttpRequest.Builder request(Endpoint endpoint, String path, Duration timeout) {
        return HttpRequest.newBuilder(URI.create("http://" + endpoint + path))
                .timeout(timeout)
                .header("Accept", "application/json");
    }

    private String send(Endpoint endpoint, HttpRequest request) throws IOException {
        HttpResponse<String> response;
        try {
            response = client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted");
        }
        if (response.statusCode() / 100 != 2) {
            throw new CommandFailure(endpoint + " answers " + response.statusCode() + ": " + detail(response.body()));
        }
        return response.body();
    }

    private static String detail(String body) {
        try {
            Object decoded = Json.decodeValue(body);
            if (decoded instanceof JsonObject problem && problem.getValue("detail") instanceof String detail) {
                return detail;
            }
        } catch (DecodeException notJson) {
            // Another kind of server; its first line says what it can.
        }
        return body.lines().findFirst().orElse("no explanation");
    }

    private static CommandFailure noAnswer(String tried) {
        return new CommandFailure("no agent answers at " + tried + ": name one with --endpoints");
    }

    private static String reason(IOException e) {
        if (e instanceof ConnectException) {
            return "cannot connect";
        }
        if (e instanceof HttpTimeoutException) {
            return "timed out";
        }
        @Nullable String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
