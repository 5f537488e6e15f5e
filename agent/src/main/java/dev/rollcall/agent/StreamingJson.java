package dev.rollcall.agent;

import io.vertx.core.json.jackson.JacksonCodec;
import io.vertx.core.spi.JsonFactory;
import io.vertx.core.spi.json.JsonCodec;

/**
 * Vert.x's JSON on Jackson's streaming parser. The YAML reader brings jackson-databind along, which Vert.x would otherwise
 * pick: some hundred classes that nobody here needs, loaded on an event loop in the middle of the first answer.
 */
public final class StreamingJson implements JsonFactory {
    @Override
    public int order() {
        return Integer.MIN_VALUE;
    }

    @Override
    public JsonCodec codec() {
        return new JacksonCodec();
    }
}
