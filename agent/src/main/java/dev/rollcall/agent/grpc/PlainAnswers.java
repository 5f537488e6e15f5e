package dev.rollcall.agent.grpc;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;

/*
 * Over HTTP/2 a client may ask for any number of answers and read none of them. Over HTTP/1.1 its next request is not looked at
 * before the answer to the last one has left.
 */

/**
 * Enters requests of plain HTTP/2 in the ledger of their event loop, as calls until their stream is closed, and their answers
 * from when they are complete until they have left for the socket. Refuses requests while there is no room for either.
 */
final class PlainAnswers implements Handler<HttpServerRequest> {
    private static final int SERVICE_UNAVAILABLE = 503;
    /** Of HTTP/2: the whole answer was sent, the rest of the request is not wanted (RFC 9113, 8.1). */
    private static final long NO_ERROR = 0;

    private final ClientConnections connections;
    private final Handler<HttpServerRequest> http;

    /** Who holds answers by not reading them. */
    private record Reader(HttpConnection connection) implements CallLedger.Holder {
        @Override
        public void closeNow() {
            var unused = connection.close();
        }
    }

    /** @param http serves requests */
    PlainAnswers(ClientConnections connections, Handler<HttpServerRequest> http) {
        this.connections = connections;
        this.http = http;
    }

    @Override
    public void handle(HttpServerRequest request) {
        if (request.version() != HttpVersion.HTTP_2) {
            http.handle(request);
            return;
        }
        CallLedger ledger = connections.ledger();
        HttpServerResponse response = request.response();
        if (!ledger.mayBegin()) {
            refuse(request);
            return;
        }
        if (!ledger.hasRoom()) {
            ledger.refuse();
            refuse(request);
            return;
        }
        Asked asked = new Asked(ledger, new Reader(request.connection()));
        Context loop = Vertx.currentContext();
        response.closeHandler(closed -> asked.over());
        response.bodyEndHandler(ended -> {
            String bytes = response.headers().get(HttpHeaders.CONTENT_LENGTH);
            if (bytes == null) {
                return; // an event stream's end, which counted among those
            }
            if (Vertx.currentContext() == loop) {
                asked.answered(Long.parseLong(bytes));
            } else {
                loop.runOnContext(later -> asked.answered(Long.parseLong(bytes)));
            }
        });
        http.handle(request);
    }

    /** Without a body, it waits for no window; and the rest of the request is not waited for. */
    private static void refuse(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        var unused = response.setStatusCode(SERVICE_UNAVAILABLE).end();
        if (!request.isEnded()) {
            unused = response.reset(NO_ERROR);
        }
    }

    /** A request whose stream is open; on its event loop. */
    private static final class Asked {
        private final CallLedger ledger;
        private final Reader reader;
        private int bytes;
        private boolean over;

        Asked(CallLedger ledger, Reader reader) {
            this.ledger = ledger;
            this.reader = reader;
            ledger.begin();
        }

        void answered(long length) {
            if (!over) {
                bytes = (int) Math.min(Integer.MAX_VALUE, length);
                ledger.waits(reader, bytes);
            }
        }

        void over() {
            over = true;
            ledger.over();
            if (bytes > 0) {
                ledger.left(reader, bytes);
            }
        }
    }
}
