package dev.rollcall.agent.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.Upstream;
import dev.rollcall.agent.config.ConfigException;
import dev.rollcall.agent.config.ConfigLoader;
import dev.rollcall.agent.grpc.CallLedgers;
import dev.rollcall.agent.grpc.ClientConnections;
import dev.rollcall.agent.grpc.ClientPort;
import dev.rollcall.agent.grpc.MemoryBackend;
import dev.rollcall.agent.grpc.MemoryStore;
import dev.rollcall.agent.grpc.Opening;
import dev.rollcall.agent.grpc.Wire;
import dev.rollcall.agent.http.metrics.Metrics;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.PutRequest;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The client port of an agent whose store is still being read. */
class StartingFaceTest {
    private static final int UNAVAILABLE = 14;

    private final Wire wire = new Wire();
    private final HttpClient http = HttpClient.newHttpClient();
    private volatile String progress = "reading the state file: 3 rows, to revision 5 of 10, 50%";
    private ClientPort port;

    @BeforeEach
    void listen() throws ConfigException {
        StartingFace face = new StartingFace(
                wire.vertx(),
                ConfigLoader.load(new String[] {"--name", "n1"}, Map.of("HOSTNAME", "box")),
                new Metrics(),
                () -> progress);
        port = Wire.await(ClientPort.open(
                wire.vertx(),
                List.of(SocketAddress.inetSocketAddress(0, "127.0.0.1")),
                2,
                ClientPort.Limits.DEFAULT,
                new ClientConnections(100, new CallLedgers(wire.vertx(), CallLedgers.Limits.DEFAULT, 2)),
                new Opening(),
                face));
    }

    @AfterEach
    void close() {
        Wire.await(port.close());
        wire.close();
    }

    @Test
    void isAliveAndNotReady() throws Exception {
        assertEquals(200, get("/livez").statusCode());
        HttpResponse<String> ready = get("/readyz?verbose");
        assertEquals(503, ready.statusCode());
        assertEquals("[-]recovery failed: " + progress + "\n", ready.body());
        progress = "replaying the log: entry 1 of 2, 50%";
        assertEquals("[-]recovery failed: " + progress + "\n", get("/readyz").body());
        assertEquals(503, get("/health").statusCode());
        assertEquals(200, get("/version").statusCode());
        assertTrue(get("/metrics").body().contains("process_resident_memory_bytes"));
    }

    @Test
    void everythingElseIsForLater() throws Exception {
        HttpResponse<String> answer = get("/v1/services");
        assertEquals(503, answer.statusCode());
        assertEquals("1", answer.headers().firstValue("Retry-After").orElse(""));
        assertEquals("this agent is starting: " + progress, new JsonObject(answer.body()).getString("detail"));
    }

    @Test
    void evenWritesGoToAnotherMember() {
        Endpoint starting = Wire.endpoint(port);
        EtcdException alone = wire.error(() -> put(upstream(starting)));
        assertEquals(UNAVAILABLE, alone.code());
        MemoryBackend other = new MemoryBackend(new MemoryStore());
        ClientPort serving = wire.serve(other);
        for (int seed = 0; seed < 8; seed++) {
            wire.call(() -> put(upstream(starting, Wire.endpoint(serving))));
        }
        assertEquals(8, other.executions(EtcdMethod.PUT));
    }

    private Upstream upstream(Endpoint... endpoints) {
        Upstream upstream = new Upstream(wire.vertx(), List.of(endpoints), ClientOptions.DEFAULT, new Random());
        wire.closeLater(upstream::close);
        return upstream;
    }

    private static Future<Buffer> put(Upstream upstream) {
        PutRequest put =
                PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build();
        return upstream.unary(EtcdMethod.PUT, Buffer.buffer(put.toByteArray()), CallContext.INTERNAL);
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + port.addresses().get(0).port() + path);
        HttpRequest request = HttpRequest.newBuilder(uri)
                .version(HttpClient.Version.HTTP_1_1)
                .timeout(Duration.ofSeconds(10))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
