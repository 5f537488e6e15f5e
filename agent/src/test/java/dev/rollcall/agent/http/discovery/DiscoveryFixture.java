package dev.rollcall.agent.http.discovery;

import dev.rollcall.agent.client.EtcdKeyValue;
import dev.rollcall.agent.grpc.MemoryBackend;
import dev.rollcall.registry.Registry;
import dev.rollcall.registry.model.AgentIdentity;
import dev.rollcall.registry.model.CheckDefinition;
import dev.rollcall.registry.model.Instance;
import dev.rollcall.registry.model.InstanceRecord;
import dev.rollcall.registry.model.ServiceDefinition;
import dev.rollcall.registry.model.Status;
import dev.rollcall.registry.port.KeyValue.Delete;
import dev.rollcall.registry.port.KeyValue.Op;
import dev.rollcall.registry.port.KeyValue.Put;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** An agent's discovery face on a real socket, over a store in memory, with one service of its own: payments-1. */
final class DiscoveryFixture implements AutoCloseable {
    private static final int MAX_STREAMS = 3;

    final Vertx vertx = Vertx.vertx();
    final Registry registry;
    final HttpServer server;
    private final EtcdKeyValue store = new EtcdKeyValue(vertx, new MemoryBackend(), new Random(1));
    private final HttpClient client = vertx.createHttpClient();
    volatile @Nullable String upstream;

    record Answer(int status, MultiMap headers, Buffer body) {
        JsonObject json() {
            return new JsonObject(body);
        }
    }

    DiscoveryFixture() {
        server = vertx.createHttpServer();
        Router router = Router.router(vertx);
        ServiceDefinition payments = ServiceDefinition.named("payments")
                .id("payments-1")
                .port(9090)
                .check(CheckDefinition.tcp("127.0.0.1:1").withInterval(Duration.ofMillis(20)))
                .build()
                .at("127.0.0.1");
        registry = Registry.create(vertx, store, new AgentIdentity("n1", 7), List.of(payments), Duration.ofMillis(100));
        new DiscoveryRoutes(registry, new View(), MAX_STREAMS).mountOn(router);
        value(server.requestHandler(router).listen(0, "127.0.0.1"));
    }

    /** Starts the registry and waits until its own service is registered. */
    DiscoveryFixture start() {
        registry.start();
        value(registry.table().ready());
        until(
                "payments-1",
                () -> !get("/v1/services/payments?all=true")
                        .json()
                        .getJsonArray("instances")
                        .isEmpty());
        return this;
    }

    void put(String service, String id, Status status) {
        put(service, id, status, Map.of());
    }

    void put(String service, String id, Status status, Map<String, String> meta) {
        Instance instance = new Instance(
                service, id, "10.0.0.7", 8080, status, "a", List.of("v1"), meta, 100, 10, new AgentIdentity("x", 1));
        write(new Put(
                InstanceRecord.instanceKey(service, id),
                InstanceRecord.encode(instance).encode(),
                0));
        until(
                "it is in the table",
                () -> registry.table().snapshot().service(service).instances().contains(instance));
    }

    void delete(String service, String id) {
        write(new Delete(InstanceRecord.instanceKey(service, id)));
        until(
                "it is gone",
                () -> registry.table().snapshot().service(service).instances().stream()
                        .noneMatch(instance -> instance.id().equals(id)));
    }

    private void write(Op op) {
        value(store.txn(List.of(), List.of(op), List.of()));
    }

    Answer get(String path) {
        return send(HttpMethod.GET, path, Map.of(), Buffer.buffer());
    }

    Answer post(String path, String body) {
        return send(HttpMethod.POST, path, Map.of(), Buffer.buffer(body));
    }

    Answer send(HttpMethod method, String path, Map<String, String> headers, Buffer body) {
        RequestOptions options = new RequestOptions()
                .setMethod(method)
                .setHost("127.0.0.1")
                .setPort(server.actualPort())
                .setURI(path);
        headers.forEach(options::putHeader);
        // On a context of Vert.x: off it, a body may have come and gone before anyone asks for it.
        Promise<Answer> answer = Promise.promise();
        vertx.runOnContext(v -> client.request(options)
                .compose(request -> request.send(body))
                .compose(response ->
                        response.body().map(all -> new Answer(response.statusCode(), response.headers(), all)))
                .onComplete(answer));
        return value(answer.future());
    }

    @Override
    public void close() {
        value(vertx.close());
    }

    static <T> T value(Future<T> future) {
        until("completion", future::isComplete);
        if (future.failed()) {
            throw new AssertionError(future.cause());
        }
        return future.result();
    }

    static void until(String what, BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadlineNanos) {
                throw new AssertionError("not within 20 s: " + what);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    private final class View implements AgentView {
        @Override
        public String id() {
            return "n1";
        }

        @Override
        public String role() {
            return "client";
        }

        @Override
        public @Nullable String upstream() {
            return upstream;
        }
    }
}
