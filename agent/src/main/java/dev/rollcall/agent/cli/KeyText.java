package dev.rollcall.agent.cli;

import com.google.protobuf.ByteString;
import dev.rollcall.storage.proto.KeyValue;
import io.vertx.core.json.JsonObject;
import java.util.Base64;

/** Keys and values as JSON: as text where they are text, else in base64 under another name. */
final class KeyText {
    private KeyText() {}

    static JsonObject json(KeyValue pair) {
        JsonObject json = new JsonObject();
        put(json, "key", pair.getKey());
        put(json, "value", pair.getValue());
        return json.put("createRevision", pair.getCreateRevision())
                .put("modRevision", pair.getModRevision())
                .put("version", pair.getVersion())
                .put("lease", pair.getLease() == 0 ? null : Long.toHexString(pair.getLease()));
    }

    private static void put(JsonObject json, String name, ByteString bytes) {
        if (bytes.isValidUtf8()) {
            json.put(name, bytes.toStringUtf8());
        } else {
            json.put(name + "Base64", Base64.getEncoder().encodeToString(bytes.toByteArray()));
        }
    }
}
