package dev.rollcall.registry.resolver;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of one service, kept current by one event stream. The list outlives the stream: while no agent answers, the
 * last one stays.
 *
 * <p>The list may be read from any thread; the stream is confined to the resolver's context.
 */
final class ServiceFeed {

    private static final Logger LOG = LoggerFactory.getLogger(ServiceFeed.class);

    /** About 50,000 endpoints. */
    private static final int MAX_EVENT_BYTES = 16 * 1024 * 1024;

    private static final String EVENT_STREAM = "text/event-stream";

    private final String service;
    private final Vertx vertx;
    private final RollcallOptions options;
    private final AgentLink link;

    private final Set<Promise<List<ServiceEndpoint>>> waiting = ConcurrentHashMap.newKeySet();
    private volatile @Nullable List<ServiceEndpoint> endpoints;
    private volatile long lastAskedNanos = System.nanoTime();
    private volatile boolean closed;

    private @Nullable HttpClientRequest request;
    private boolean isOpen;
    private long openedNanos;
    private long lastByteNanos;
    private boolean hasTold;
    /** Counts the streams opened; what arrives for an earlier one is ignored. */
    private int streamNumber;

    ServiceFeed(String service, Vertx vertx, RollcallOptions options, AgentLink link) {
        this.service = service;
        this.vertx = vertx;
        this.options = options;
        this.link = link;
    }

    String service() {
        return service;
    }

    /** The current list, the same object until it really changes; null before the first one. */
    @Nullable
    List<ServiceEndpoint> endpoints() {
        lastAskedNanos = System.nanoTime();
        return endpoints;
    }

    /** Completes with the current list, at once or when the first one arrives; fails when that takes too long. */
    Future<List<ServiceEndpoint>> firstList() {
        lastAskedNanos = System.nanoTime();
        Promise<List<ServiceEndpoint>> promise = Promise.promise();
        waiting.add(promise);
        long timer = vertx.setTimer(
                options.firstListTimeout().toMillis(),
                id -> promise.tryFail(new NoEndpointsException(
                        service,
                        "no agent has told the endpoints of " + service + " within "
                                + options.firstListTimeout().toMillis() + " ms")));
        // Read after joining those who wait: a list that arrives in between is either seen here or told to all.
        List<ServiceEndpoint> known = endpoints;
        if (known != null) {
            promise.tryComplete(known);
        } else if (closed) {
            promise.tryFail(closedException());
        }
        return promise.future().onComplete(done -> {
            waiting.remove(promise);
            vertx.cancelTimer(timer);
        });
    }

    /** Whether this feed may be given up for another service: it has no endpoint. */
    boolean isEmpty() {
        List<ServiceEndpoint> known = endpoints;
        return known == null || known.isEmpty();
    }

    long lastAskedNanos() {
        return lastAskedNanos;
    }

    boolean isClosed() {
        return closed;
    }

    /** Opens the stream on a fresh connection, or again on the same one, if it is not open. */
    void open(HttpClientConnection connection) {
        if (closed || isOpen) {
            return;
        }
        isOpen = true;
        int number = ++streamNumber;
        openedNanos = System.nanoTime();
        lastByteNanos = openedNanos;
        hasTold = false;
        if (connection.activeStreams() >= connection.maxActiveStreams()) {
            openLater(connection, "the agent allows only " + connection.maxActiveStreams() + " streams");
            return;
        }
        connection
                .request(new RequestOptions()
                        .setMethod(HttpMethod.GET)
                        .setURI("/v1/services/" + service)
                        .putHeader(HttpHeaders.ACCEPT, EVENT_STREAM))
                .compose(opened -> {
                    if (number != streamNumber) {
                        opened.reset();
                        return Future.failedFuture("superseded");
                    }
                    request = opened;
                    return opened.send();
                })
                .onComplete(response -> read(number, connection, response), failure -> {
                    if (number == streamNumber) {
                        link.drop(connection, "no answer: " + failure.getMessage());
                    }
                });
    }

    /** The connection is gone, and the stream with it. */
    void disconnected() {
        streamNumber++;
        isOpen = false;
        request = null;
    }

    /** Whether nothing has come for too long: not a byte, or from the beginning no list. */
    boolean isSilent(long nowNanos) {
        return isOpen
                && (nowNanos - lastByteNanos > options.silenceTimeout().toNanos()
                        || (!hasTold
                                && nowNanos - openedNanos
                                        > options.firstListTimeout().toNanos()));
    }

    /** Ends the stream; the list is not followed any more. */
    void close() {
        closed = true;
        endStream();
        waiting.forEach(promise -> promise.tryFail(closedException()));
    }

    private void read(int number, HttpClientConnection connection, HttpClientResponse response) {
        // Set before any return: Vert.x logs an error about a response that nobody looks after.
        response.exceptionHandler(failure -> streamEnded(number, connection, "stream broke: " + failure.getMessage()));
        if (number != streamNumber) {
            return;
        }
        String type = response.getHeader(HttpHeaders.CONTENT_TYPE);
        if (response.statusCode() >= 500) {
            link.drop(connection, "status " + response.statusCode());
            return;
        }
        if (response.statusCode() != 200 || type == null || !type.startsWith(EVENT_STREAM)) {
            openLater(connection, "status " + response.statusCode() + ", content type " + type);
            return;
        }
        EventStreamParser parser = new EventStreamParser(MAX_EVENT_BYTES, this::accept);
        response.handler(chunk -> {
            if (number != streamNumber) {
                return;
            }
            lastByteNanos = System.nanoTime();
            try {
                parser.feed(chunk);
            } catch (RuntimeException broken) {
                openLater(connection, "not an endpoint list: " + broken.getMessage());
            }
        });
        response.endHandler(v -> streamEnded(number, connection, "stream ended"));
    }

    private void streamEnded(int number, HttpClientConnection connection, String reason) {
        if (number == streamNumber) {
            link.drop(connection, reason);
        }
    }

    /** This stream is no good though the connection may be: leaves the other services' streams alone. */
    private void openLater(HttpClientConnection connection, String reason) {
        LOG.warn("service {}: {}; asking again", service, reason);
        endStream();
        int number = streamNumber;
        long boundMs = options.maxBackoff().toMillis();
        vertx.setTimer(boundMs / 2 + ThreadLocalRandom.current().nextLong(boundMs) / 2 + 1, timer -> {
            if (number == streamNumber) {
                open(connection);
            }
        });
    }

    private void endStream() {
        streamNumber++;
        isOpen = false;
        HttpClientRequest open = request;
        request = null;
        if (open != null) {
            open.reset();
        }
    }

    private void accept(String event, String data) {
        if (!event.equals("endpoints")) {
            return;
        }
        List<ServiceEndpoint> list = new JsonObject(data)
                .getJsonArray("endpoints", new JsonArray()).stream()
                        .map(record -> ServiceEndpoint.fromJson(service, (JsonObject) record))
                        .sorted(Comparator.comparing(ServiceEndpoint::id))
                        .toList();
        // An equal list is not a change: those who hold the old one keep their position and counts.
        if (!list.equals(endpoints)) {
            LOG.debug("service {} has {} endpoints", service, list.size());
            endpoints = list;
        }
        hasTold = true;
        link.confirm();
        waiting.forEach(promise -> promise.tryComplete(list));
    }

    private NoEndpointsException closedException() {
        return new NoEndpointsException(service, "the resolver does not follow " + service + " any more");
    }
}
