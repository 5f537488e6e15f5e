package dev.rollcall.registry.model;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How an instance is kept in the store: its keys and their JSON. The endpoint's layout is the one that etcd's gRPC naming
 * resolvers read.
 */
public final class InstanceRecord {
    /** Prefix of the records of all instances, in any status. */
    public static final String INSTANCES = "rollcall/instances/";

    /** Prefix of what gets traffic now, for gRPC naming. */
    public static final String ENDPOINTS = "rollcall/endpoints/";

    private InstanceRecord() {}

    /** Key of an instance's record. */
    public static String instanceKey(String service, String id) {
        return INSTANCES + service + "/" + id;
    }

    /** Key of an instance's endpoint. */
    public static String endpointKey(String service, String id) {
        return ENDPOINTS + service + "/" + id;
    }

    /** The whole record. */
    public static JsonObject encode(Instance instance) {
        return publicView(instance)
                .put("ttl", instance.ttlSeconds())
                .put(
                        "agent",
                        new JsonObject()
                                .put("id", instance.agent().id())
                                .put("epoch", instance.agent().epoch()));
    }

    /** The record without agent and TTL, as lookups answer it. */
    public static JsonObject publicView(Instance instance) {
        return new JsonObject()
                .put("service", instance.service())
                .put("id", instance.id())
                .put("address", instance.address())
                .put("port", instance.port())
                .put("status", instance.status().text())
                .put("zone", instance.zone())
                .put("tags", new JsonArray(instance.tags()))
                .put("meta", json(instance.meta()))
                .put("weight", instance.weight());
    }

    /** The value of the endpoint's key. */
    public static JsonObject encodeEndpoint(Instance instance) {
        return new JsonObject()
                .put("Op", 0)
                .put("Addr", new HostPort(instance.address(), instance.port()).toString())
                .put(
                        "Metadata",
                        new JsonObject()
                                .put("id", instance.id())
                                .put("zone", instance.zone())
                                .put("weight", instance.weight())
                                .put("tags", new JsonArray(instance.tags()))
                                .put("meta", json(instance.meta())));
    }

    /**
     * Reads a record. Anybody may have written it, so nothing is trusted; fields unknown here are a later version's.
     *
     * @throws InvalidServiceException if it is none, or another instance's than its key says
     */
    public static Instance decode(String key, String value) {
        Instance instance;
        try {
            JsonObject json = new JsonObject(value);
            JsonObject agent = json.getJsonObject("agent", new JsonObject());
            instance = new Instance(
                    json.getString("service", ""),
                    json.getString("id", ""),
                    json.getString("address", ""),
                    json.getInteger("port", 0),
                    Status.parse(json.getString("status", "")),
                    json.getString("zone", ""),
                    texts(json.getJsonArray("tags", new JsonArray())),
                    textMap(json.getJsonObject("meta", new JsonObject())),
                    json.getInteger("weight", ServiceDefinition.DEFAULT_WEIGHT),
                    json.getInteger("ttl", ServiceDefinition.DEFAULT_TTL_SECONDS),
                    new AgentIdentity(agent.getString("id", ""), agent.getLong("epoch", 0L)));
        } catch (DecodeException | ClassCastException | NullPointerException malformed) {
            // The JSON reader tells of a null or a value of another type in just these ways.
            throw new InvalidServiceException("record " + key + " is not the JSON of an instance");
        }
        if (!key.equals(instanceKey(instance.service(), instance.id()))) {
            throw new InvalidServiceException("record " + key + " names another instance");
        }
        return instance;
    }

    /** An unmodifiable copy that keeps the order, so that equal content encodes to equal text. */
    static Map<String, String> ordered(Map<String, String> meta) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(meta));
    }

    private static JsonObject json(Map<String, String> meta) {
        JsonObject json = new JsonObject();
        meta.forEach(json::put);
        return json;
    }

    private static List<String> texts(JsonArray array) {
        List<String> texts = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            texts.add(array.getString(i));
        }
        return texts;
    }

    private static Map<String, String> textMap(JsonObject object) {
        Map<String, String> map = new LinkedHashMap<>();
        for (String key : object.fieldNames()) {
            map.put(key, object.getString(key));
        }
        return map;
    }
}
