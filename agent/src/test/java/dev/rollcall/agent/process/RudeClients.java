package dev.rollcall.agent.process;

import com.google.protobuf.MessageLite;
import dev.rollcall.agent.call.EtcdMethod;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Calls over HTTP/2 as no client library makes them: never read, never ended, more than anyone would. */
final class RudeClients implements AutoCloseable {
    private static final long PATIENCE_S = 60;

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client;
    private final int port;
    private final Queue<HttpClientRequest> open = new ConcurrentLinkedQueue<>();
    private final AtomicInteger refused = new AtomicInteger();

    /**
     * @param port of the member
     * @param connections at most
     * @param streamsEach open on one connection at most
     * @param windowBytes what the member may send on a stream that is not read
     */
    RudeClients(int port, int connections, int streamsEach, int windowBytes) {
        this.port = port;
        this.client = vertx.createHttpClient(
                new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_2)
                        .setHttp2ClearTextUpgrade(false)
                        .setHttp2MultiplexingLimit(streamsEach)
                        .setInitialSettings(new Http2Settings().setInitialWindowSize(windowBytes)),
                new PoolOptions().setHttp2MaxSize(connections).setMaxWaitQueueSize(-1));
    }

    /** The message as gRPC puts it on the wire. */
    static Buffer framed(MessageLite message) {
        byte[] bytes = message.toByteArray();
        return Buffer.buffer(bytes.length + 5)
                .appendByte((byte) 0)
                .appendInt(bytes.length)
                .appendBytes(bytes);
    }

    /** Begins a call and never reads an answer. Completes once the message is sent. */
    Future<HttpClientRequest> ask(EtcdMethod method, MessageLite message) {
        return begin(method).compose(request -> {
            boolean stream = method.kind() == EtcdMethod.Kind.STREAM;
            Buffer frame = framed(message);
            return (stream ? request.write(frame) : request.end(frame)).map(request);
        });
    }

    /** Begins a call; nothing is sent on it but its headers. */
    Future<HttpClientRequest> begin(EtcdMethod method) {
        return begin("/" + EtcdMethod.PACKAGE + "." + method.service() + "/" + method.method());
    }

    private Future<HttpClientRequest> begin(String path) {
        return begin(path, Map.of());
    }

    /** The same with more headers. */
    Future<HttpClientRequest> begin(String path, Map<String, String> headers) {
        RequestOptions options = new RequestOptions();
        headers.forEach(options::putHeader);
        return client.request(options.setMethod(HttpMethod.POST)
                        .setHost("127.0.0.1")
                        .setPort(port)
                        .setURI(path)
                        .putHeader("content-type", "application/grpc")
                        .putHeader("te", "trailers"))
                .map(request -> {
                    open.add(request);
                    request.exceptionHandler(e -> refused.incrementAndGet());
                    request.response().onSuccess(response -> {
                        response.pause();
                        response.exceptionHandler(e -> refused.incrementAndGet());
                    });
                    request.setChunked(true);
                    return request;
                })
                .compose(request -> request.sendHead().map(request));
    }

    /** Calls that the member, or the loss of a connection, put an end to. */
    int cutOff() {
        return refused.get();
    }

    static <T> T await(Future<T> future) {
        try {
            return future.await(PATIENCE_S, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("nothing within " + PATIENCE_S + " s", e);
        }
    }

    @Override
    public void close() {
        await(vertx.close());
    }
}
