package dev.rollcall.examples.demo;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Requests at a steady rate to one gateway, whatever becomes of them, over connections that are kept. Two of three go to
 * orders, one of twenty takes 2 s.
 */
final class Traffic {

    private static final long TICK_MS = 5;
    private static final int MAX_CATCH_UP = 200;
    private static final int MAX_CONNECTIONS = 2_000;
    private static final int CONNECT_TIMEOUT_MS = 5_000;

    private final int gatewayPort;
    private final HttpClient client;
    private final Map<String, LongAdder> answeredBy = new ConcurrentSkipListMap<>();
    private volatile double perMs;
    private volatile Phase phase = new Phase();

    // Confined to the timer's event loop.
    private long lastTickNanos = System.nanoTime();
    private double due;
    private long sent;

    /** What became of the requests sent between two points of the story. */
    static final class Phase {

        private final LongAdder sent = new LongAdder();
        private final LongAdder answered = new LongAdder();
        private final LongAdder failed = new LongAdder();
        private volatile String lastFailure = "";

        long sent() {
            return sent.sum();
        }

        long answered() {
            return answered.sum();
        }

        long failed() {
            return failed.sum();
        }

        /** Why the last one that failed did, for people. */
        String lastFailure() {
            return lastFailure;
        }

        /** Whether nothing is on its way any more; final once the next phase has begun. */
        boolean isSettled() {
            return answered() + failed() == sent();
        }
    }

    Traffic(Vertx vertx, int gatewayPort) {
        this.gatewayPort = gatewayPort;
        this.client = vertx.createHttpClient(
                new HttpClientOptions().setConnectTimeout(CONNECT_TIMEOUT_MS),
                new PoolOptions().setHttp1MaxSize(MAX_CONNECTIONS));
        vertx.setPeriodic(TICK_MS, timer -> tick());
    }

    /** Sends this many requests per second from now on. */
    void rate(int perSecond) {
        perMs = perSecond / 1_000.0;
    }

    /** Counts the requests from now on separately. */
    Phase newPhase() {
        Phase next = new Phase();
        phase = next;
        return next;
    }

    /** How many answers an instance has given. */
    long answeredBy(String instance) {
        LongAdder count = answeredBy.get(instance);
        return count == null ? 0 : count.sum();
    }

    /** What has become of the requests of the current phase, for people. */
    @Override
    public String toString() {
        Phase now = phase;
        return now.sent() + " sent, " + now.answered() + " answered by " + answeredBy.keySet() + ", " + now.failed()
                + " failed" + (now.failed() == 0 ? "" : ", the last with " + now.lastFailure());
    }

    private void tick() {
        long now = System.nanoTime();
        due = Math.min(MAX_CATCH_UP, due + perMs * (now - lastTickNanos) / 1_000_000.0);
        lastTickNanos = now;
        for (; due >= 1; due--) {
            send();
        }
    }

    private void send() {
        Phase counted = phase;
        counted.sent.increment();
        sent++;
        String path = sent % 3 == 0 ? "/payments" : "/orders";
        client.request(HttpMethod.GET, gatewayPort, "127.0.0.1", path + (sent % 20 == 0 ? "/slow?ms=2000" : "/"))
                .compose(request -> request.send()
                        .compose(response -> response.body().map(body -> {
                            count(response.statusCode(), body);
                            return body;
                        })))
                .onComplete(body -> counted.answered.increment(), failure -> {
                    counted.lastFailure = String.valueOf(failure.getMessage());
                    counted.failed.increment();
                });
    }

    private void count(int status, Buffer body) {
        if (status != 200) {
            throw new IllegalStateException("status " + status + ": " + body);
        }
        String instance = new JsonObject(body).getString("instance");
        answeredBy.computeIfAbsent(instance, i -> new LongAdder()).increment();
    }
}
