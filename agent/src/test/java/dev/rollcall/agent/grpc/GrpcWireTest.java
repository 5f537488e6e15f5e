package dev.rollcall.agent.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.PutRequest;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Frames and headers as they are on the wire, by a client that knows HTTP/2 but not gRPC. */
class GrpcWireTest {
    private static final String PUT = "/etcdserverpb.KV/Put";
    private static final String CHECK = "/grpc.health.v1.Health/Check";
    private static final int MAX_BYTES = 1_572_864 + 512 * 1024;

    /** One answer: headers, body, and trailers. */
    private record Answer(int httpStatus, MultiMap headers, Buffer body, MultiMap trailers) {
        String status() {
            String status = headers.get("grpc-status");
            return status == null ? String.valueOf(trailers.get("grpc-status")) : status;
        }

        String message() {
            String message = headers.get("grpc-message");
            return message == null ? String.valueOf(trailers.get("grpc-message")) : message;
        }
    }

    private final Wire wire = new Wire();
    private final MemoryBackend backend = new MemoryBackend();
    private int port;
    private HttpClient http;

    @BeforeEach
    void serve() {
        port = Wire.endpoint(wire.serve(backend)).port();
        http = wire.vertx()
                .createHttpClient(new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_2)
                        .setHttp2ClearTextUpgrade(false));
    }

    @AfterEach
    void close() {
        wire.close();
    }

    @Test
    void anAnswerHasItsMessageAndAnOkStatus() {
        Answer answer = post(PUT, Map.of(), frame(0, put("k", "v")));
        assertEquals(200, answer.httpStatus());
        assertEquals("application/grpc", answer.headers().get("content-type"));
        assertNull(answer.headers().get("content-length"));
        assertEquals(0, answer.body().getByte(0));
        assertEquals(answer.body().length() - 5, answer.body().getInt(1));
        assertEquals("0", answer.trailers().get("grpc-status"));
        assertNull(answer.trailers().get("grpc-message"));
    }

    @Test
    void anErrorIsTrailersOnlyWithPlainText() {
        Answer answer = post(PUT.replace("Put", "Range"), Map.of(), frame(0, Buffer.buffer()));
        assertEquals("3", answer.headers().get("grpc-status"));
        assertEquals("etcdserver: key is not provided", answer.headers().get("grpc-message"));
        assertEquals(0, answer.body().length());
    }

    @Test
    void onlyWhatIsNotPrintableAsciiIsEscaped() {
        backend.fail(EtcdMethod.PUT, new EtcdException(2, "half is 50%,\n日 a+b=/c"));
        Answer answer = post(PUT, Map.of(), frame(0, put("k", "v")));
        assertEquals("half is 50%25,%0A%E6%97%A5 a+b=/c", answer.message());
    }

    @ParameterizedTest
    @CsvSource({
        "/etcdserverpb.KV/Nothing, unknown method Nothing for service etcdserverpb.KV",
        "/grpc.health.v1.Health/List, unknown method List for service grpc.health.v1.Health",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo, unknown service grpc.reflection.v1.ServerReflection",
        "/x/y.z, unknown service x"
    })
    void whatIsNotThereIsUnimplemented(String path, String message) {
        Answer answer = post(path, Map.of(), frame(0, Buffer.buffer()));
        assertEquals("12", answer.status());
        assertEquals(message, answer.message());
    }

    @Test
    void theServerIsHealthyAsAWhole() {
        Answer whole = post(CHECK, Map.of(), frame(0, Buffer.buffer()));
        assertEquals(frame(0, Buffer.buffer(new byte[] {8, 1})), whole.body());
        assertEquals("0", whole.status());
        Answer part = post(CHECK, Map.of(), frame(0, Buffer.buffer(new byte[] {10, 1, 'x'})));
        assertEquals("5", part.status());
        assertEquals("unknown service", part.message());
    }

    @Test
    void healthCanBeWatched() {
        Promise<Buffer> first = Promise.promise();
        HttpClientRequest request = wire.call(() -> open("/grpc.health.v1.Health/Watch", Map.of()));
        wire.run(() -> {
            request.response().onSuccess(response -> response.handler(first::tryComplete));
            request.write(frame(0, Buffer.buffer()));
            return true;
        });
        assertEquals(frame(0, Buffer.buffer(new byte[] {8, 1})), Wire.await(first.future()));
        Wire.await(request.reset(8));
    }

    @ParameterizedTest
    @CsvSource({"token, secret, secret", "token, Bearer secret, secret", "authorization, Bearer secret, secret"})
    void tokensComeUnderEitherName(String header, String value, String token) {
        post(PUT, Map.of(header, value), frame(0, put("k", "v")));
        assertEquals(token, backend.contexts.get(0).token());
    }

    @Test
    void aTimeoutBelowAMillisecondIsOne() {
        post(PUT, Map.of("grpc-timeout", "10u"), frame(0, put("k", "v")));
        assertEquals(1, backend.contexts.get(0).timeoutMs());
    }

    @Test
    void theApiVersionOfAClientMustBeText() {
        Answer good = post(PUT, Map.of("client-api-version", "3.6.0"), frame(0, put("k", "v")));
        assertEquals("0", good.status());
        Answer bad = post(PUT, Map.of("client-api-version", "\u00ff\u00fe"), frame(0, put("k", "v")));
        assertEquals("3", bad.status());
        assertEquals("etcdserver: invalid client api version", bad.message());
    }

    @Test
    void compressedMessagesAreRead() {
        Answer answer = post(PUT, Map.of("grpc-encoding", "gzip"), frame(1, gzip(put("k", "v"))));
        assertEquals("0", answer.status());
        assertEquals(1, backend.executions(EtcdMethod.PUT));
    }

    @Test
    void aMessageMayNotGrowBeyondTheLimit() {
        Buffer bomb = frame(1, gzip(put("k", "x".repeat(MAX_BYTES))));
        assertTrue(bomb.length() < 10_000);
        Answer answer = post(PUT, Map.of("grpc-encoding", "gzip"), bomb);
        assertEquals("8", answer.status());
        assertEquals("grpc: received message after decompression larger than max " + MAX_BYTES, answer.message());
        assertEquals(0, backend.executions(EtcdMethod.PUT));
    }

    @Test
    void unknownAndUnnamedCompressionIsRefused() {
        Answer unknown = post(PUT, Map.of("grpc-encoding", "snappy"), frame(1, put("k", "v")));
        assertEquals("12", unknown.status());
        assertEquals("grpc: Decompressor is not installed for grpc-encoding \"snappy\"", unknown.message());
        Answer unnamed = post(PUT, Map.of(), frame(1, put("k", "v")));
        assertEquals("13", unnamed.status());
        assertEquals("grpc: compressed flag set with identity or empty encoding", unnamed.message());
        Answer damaged = post(PUT, Map.of("grpc-encoding", "gzip"), frame(1, put("k", "v")));
        assertEquals("13", damaged.status());
    }

    @Test
    void aLengthWithoutItsMessageIsRefusedAtOnce() {
        Answer answer = post(PUT, Map.of(), Buffer.buffer(new byte[] {0, -1, -1, -1, -1, 0}));
        assertEquals("8", answer.status());
        assertEquals("grpc: received message larger than max (4294967295 vs. " + MAX_BYTES + ")", answer.message());
    }

    @Test
    void aCallWithoutAMessageFails() {
        assertEquals("13", post(PUT, Map.of(), Buffer.buffer()).status());
    }

    @Test
    void otherRequestsGoTheOtherWay() {
        HttpClient one = wire.vertx().createHttpClient();
        for (HttpClient client : new HttpClient[] {one, http}) {
            Buffer body = wire.call(() -> client.request(HttpMethod.GET, port, "127.0.0.1", "/health")
                    .compose(HttpClientRequest::send)
                    .compose(response -> response.body()));
            assertEquals("plain http\n", body.toString(StandardCharsets.UTF_8));
        }
        int status = wire.call(() -> one.request(HttpMethod.POST, port, "127.0.0.1", PUT)
                .compose(request ->
                        request.putHeader("content-type", "application/grpc").send("x"))
                .map(response -> response.statusCode()));
        assertEquals(415, status);
    }

    private Answer post(String path, Map<String, String> headers, Buffer body) {
        return wire.call(() -> open(path, headers).compose(request -> {
            Future<Answer> answer = request.response()
                    .compose(response -> response.body()
                            .map(bytes ->
                                    new Answer(response.statusCode(), response.headers(), bytes, response.trailers())));
            request.end(body);
            return answer;
        }));
    }

    private Future<HttpClientRequest> open(String path, Map<String, String> headers) {
        return http.request(HttpMethod.POST, port, "127.0.0.1", path).map(request -> {
            request.putHeader("content-type", "application/grpc").putHeader("te", "trailers");
            headers.forEach(request::putHeader);
            request.setChunked(true);
            return request;
        });
    }

    private static Buffer frame(int compressed, Buffer message) {
        return Buffer.buffer()
                .appendByte((byte) compressed)
                .appendInt(message.length())
                .appendBuffer(message);
    }

    private static Buffer put(String key, String value) {
        return Buffer.buffer(PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .build()
                .toByteArray());
    }

    private static Buffer gzip(Buffer plain) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(plain.getBytes());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return Buffer.buffer(bytes.toByteArray());
    }
}
