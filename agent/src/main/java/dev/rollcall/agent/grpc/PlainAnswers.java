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
 * before the answer to the last one has left. What is entered are answers: requests that are still at work are not counted here, so
 * a burst of them is not bounded by this.
 */

/**
 * Enters answers of plain HTTP/2 in the ledger of their event loop, from their end until they have left for the socket, and
 * refuses requests while there is no room for answers.
 */
final class PlainAnswers implements Handler<HttpServerRequest> {
    private static final int SERVICE_UNAVAILABLE = 503;

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
            refuse(response);
            return;
        }
        if (!ledger.hasRoom()) {
            ledger.refuse();
            refuse(response);
            return;
        }
        Answer answer = new Answer(ledger, new Reader(request.connection()));
        Context loop = Vertx.currentContext();
        response.closeHandler(closed -> answer.leave());
        response.bodyEndHandler(ended -> {
            String bytes = response.headers().get(HttpHeaders.CONTENT_LENGTH);
            if (bytes == null) {
                return; // an event stream's end, which counted among those
            }
            if (Vertx.currentContext() == loop) {
                answer.enter(Long.parseLong(bytes));
            } else {
                loop.runOnContext(later -> answer.enter(Long.parseLong(bytes)));
            }
        });
        http.handle(request);
    }

    /** Without a body, it waits for no window. */
    private static void refuse(HttpServerResponse response) {
        var unused = response.setStatusCode(SERVICE_UNAVAILABLE).end();
    }

    /** An answer on its way; on its event loop. */
    private static final class Answer {
        private final CallLedger ledger;
        private final Reader reader;
        private int bytes;
        private boolean entered;
        private boolean left;

        Answer(CallLedger ledger, Reader reader) {
            this.ledger = ledger;
            this.reader = reader;
        }

        void enter(long length) {
            if (!left) {
                entered = true;
                bytes = (int) Math.min(Integer.MAX_VALUE, length);
                ledger.begin();
                ledger.waits(reader, bytes);
            }
        }

        void leave() {
            left = true;
            if (entered) {
                entered = false;
                ledger.over();
                ledger.left(reader, bytes);
            }
        }
    }
}
