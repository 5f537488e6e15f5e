package dev.rollcall.agent.http;

import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Routes on a real socket, asked byte by byte so that a test may send what no client library would. */
final class Wire implements AutoCloseable {
    private final HttpServer server;

    Wire(Vertx vertx, Mounting mounting) throws Exception {
        server = vertx.createHttpServer();
        // Mounted and listening on one event loop, as in an agent.
        Promise<HttpServer> listening = Promise.promise();
        vertx.runOnContext(go -> {
            Router router = Router.router(vertx);
            mounting.mount(vertx, router);
            server.requestHandler(router).listen(0, "127.0.0.1").onComplete(listening);
        });
        listening.future().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    /** What is mounted. */
    interface Mounting {
        void mount(Vertx vertx, Router router);
    }

    /** An answer as it came. */
    record Answer(int status, String head, String body) {
        boolean has(String header) {
            return head.toLowerCase(Locale.ROOT).contains(header.toLowerCase(Locale.ROOT));
        }
    }

    Answer get(String path) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    }

    Answer send(String head) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.actualPort())) {
            socket.setSoTimeout(10_000);
            String request = head + "Connection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int blank = all.indexOf("\r\n\r\n");
            return new Answer(
                    Integer.parseInt(all.substring(9, 12)), all.substring(0, blank), all.substring(blank + 4));
        }
    }

    @Override
    public void close() {
        server.close()
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }
}
