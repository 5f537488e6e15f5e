package dev.rollcall.agent.grpc;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.Map;
import java.util.Set;

/*
 * Over HTTP/2 a client may ask for any number of answers and read none of them. Over HTTP/1.1 its next request is not looked at
 * before the answer to the last one has left.
 */

/**
 * Enters requests of plain HTTP/2 in the ledger of their event loop, as calls until their stream is closed, with their heads and
 * what they may hold of a body, and with their answers from when they are complete. Refuses requests while there is no room for them.
 */
final class PlainRequests implements Handler<HttpServerRequest> {
    private static final int SERVICE_UNAVAILABLE = 503;
    private static final Set<HttpMethod> WITHOUT_BODY = Set.of(HttpMethod.GET, HttpMethod.HEAD);
    /** What a request may hold of its body; none of those served takes a larger one. */
    private static final int BODY_BYTES_MAX = 16 << 10;
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
    PlainRequests(ClientConnections connections, Handler<HttpServerRequest> http) {
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
        int body = WITHOUT_BODY.contains(request.method()) ? 0 : BODY_BYTES_MAX;
        if (body > 0 ? !ledger.hasRoomForMessage() : !ledger.hasRoom()) {
            ledger.refuse();
            refuse(request);
            return;
        }
        Asked asked = new Asked(ledger, new Reader(request.connection()));
        asked.holds(body + headBytes(request));
        Context loop = Vertx.currentContext();
        response.closeHandler(closed -> asked.over());
        response.bodyEndHandler(ended -> {
            String bytes = response.headers().get(HttpHeaders.CONTENT_LENGTH);
            if (bytes == null) {
                return; // an event stream's end, which counted among those
            }
            if (Vertx.currentContext() == loop) {
                asked.holds(Long.parseLong(bytes));
            } else {
                loop.runOnContext(later -> asked.holds(Long.parseLong(bytes)));
            }
        });
        http.handle(request);
    }

    /** What a request's head takes until its stream is closed, if that is more than every call may. */
    private static long headBytes(HttpServerRequest request) {
        long bytes = request.uri().length();
        for (Map.Entry<String, String> header : request.headers()) {
            bytes += header.getKey().length() + header.getValue().length();
        }
        return bytes > CallLedger.SMALL_BYTES ? bytes : 0;
    }

    /** Without a body, it waits for no window; and the rest of the request is not waited for. */
    private static void refuse(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        response.setStatusCode(SERVICE_UNAVAILABLE).end().onSuccess(sent -> {
            if (!request.isEnded()) {
                var unused = response.reset(NO_ERROR);
            }
        });
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

        /** So much more of it is in memory. */
        void holds(long more) {
            if (!over && more > 0) {
                int added = (int) Math.min(Integer.MAX_VALUE - bytes, more);
                bytes += added;
                ledger.waits(reader, added);
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
