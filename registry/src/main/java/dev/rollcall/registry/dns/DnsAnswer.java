package dev.rollcall.registry.dns;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * What a DNS question comes to.
 *
 * @param status {@link #NOERROR} or {@link #NXDOMAIN}
 * @param name asked for, complete and with the final dot
 */
public record DnsAnswer(int status, String name, RecordType type, List<DnsRecord> answers, List<DnsRecord> additional) {
    public static final int NOERROR = 0;
    public static final int NXDOMAIN = 3;

    /** As public resolvers answer DNS questions in JSON. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject()
                .put("Status", status)
                .put("TC", false)
                .put("RD", true)
                .put("RA", false)
                .put("AD", false)
                .put("CD", false)
                .put(
                        "Question",
                        new JsonArray().add(new JsonObject().put("name", name).put("type", type.number())))
                .put("Answer", records(answers));
        return additional.isEmpty() ? json : json.put("Additional", records(additional));
    }

    private static JsonArray records(List<DnsRecord> records) {
        JsonArray array = new JsonArray();
        for (DnsRecord dnsRecord : records) {
            array.add(new JsonObject()
                    .put("name", dnsRecord.name())
                    .put("type", dnsRecord.type().number())
                    .put("TTL", dnsRecord.ttlSeconds())
                    .put("data", dnsRecord.data()));
        }
        return array;
    }
}
