package dev.rollcall.agent.process;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** What an agent says of itself on its HTTP face. */
final class Vitals {
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int port;

    Vitals(int port) {
        this.port = port;
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(20))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }

    void awaitReady() {
        Eventually.holds("it is ready", () -> get("/readyz").statusCode() == 200);
    }

    /** Sum over all series of this name whose labels contain this text. */
    double metric(String name, String labels) throws IOException, InterruptedException {
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .filter(line -> line.contains(labels))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .reduce((a, b) -> a + b)
                .orElseThrow(() -> new IllegalStateException("no metric " + name + " with " + labels));
    }

    double metric(String name) throws IOException, InterruptedException {
        return metric(name, "");
    }

    void awaitZero(String metric) {
        Eventually.holds(metric + " is back at 0", () -> metric(metric) == 0);
    }

    long residentMiB() throws IOException, InterruptedException {
        return (long) metric("process_resident_memory_bytes") >> 20;
    }

    long heapMiB() throws IOException, InterruptedException {
        return (long) metric("jvm_memory_used_bytes", "area=\"heap\"") >> 20;
    }
}
