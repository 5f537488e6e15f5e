package dev.rollcall.agent.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;

/**
 * An error answer as RFC 9457 describes it.
 *
 * @param status HTTP status
 * @param detail one sentence for the caller: what is wrong, and what to do
 */
public record Problem(int status, String detail) {
    /** The media type of every error answer. */
    public static final String MEDIA_TYPE = "application/problem+json";

    /** The request itself is wrong. */
    public static Problem badRequest(String detail) {
        return new Problem(400, detail);
    }

    /** There is no such thing. */
    public static Problem notFound(String detail) {
        return new Problem(404, detail);
    }

    /** Not now; the caller may try again. */
    public static Problem unavailable(String detail) {
        return new Problem(503, detail);
    }

    /** The document. */
    public JsonObject toJson() {
        return new JsonObject()
                .put("type", "about:blank")
                .put("title", HttpResponseStatus.valueOf(status).reasonPhrase())
                .put("status", status)
                .put("detail", detail);
    }

    /** Answers the request with it. A 503 carries {@code Retry-After}. */
    public void send(RoutingContext context) {
        HttpServerResponse response = context.response();
        if (response.headWritten() || response.closed()) {
            return;
        }
        response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE);
        if (status == 503) {
            response.putHeader(HttpHeaders.RETRY_AFTER, "1");
        }
        response.end(toJson().encode());
    }
}
