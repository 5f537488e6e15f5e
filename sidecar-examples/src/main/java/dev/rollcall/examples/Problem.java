package dev.rollcall.examples;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;

/**
 * Why the gateway itself has to answer, as an RFC 9457 problem document.
 *
 * @param status the HTTP status
 * @param title what is wrong, the same for all of its kind
 * @param detail what is wrong with this request
 */
record Problem(int status, String title, String detail) {

    static final String MEDIA_TYPE = "application/problem+json";

    Buffer body() {
        return new JsonObject()
                .put("type", "about:blank")
                .put("title", title)
                .put("status", status)
                .put("detail", detail)
                .toBuffer();
    }
}
