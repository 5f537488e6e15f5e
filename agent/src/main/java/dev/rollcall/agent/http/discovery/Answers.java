package dev.rollcall.agent.http.discovery;

import dev.rollcall.registry.check.CheckView;
import dev.rollcall.registry.local.LocalService;
import dev.rollcall.registry.model.Instance;
import dev.rollcall.registry.model.InstanceRecord;
import dev.rollcall.registry.table.ServiceView;
import dev.rollcall.registry.table.TableSnapshot;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** The bodies of discovery's answers. */
final class Answers {
    private Answers() {}

    static JsonObject services(TableSnapshot snapshot) {
        JsonArray services = new JsonArray();
        for (ServiceView view : snapshot.services()) {
            services.add(new JsonObject()
                    .put("name", view.name())
                    .put("index", view.index())
                    .put("endpoints", view.endpoints().size())
                    .put("instances", view.instances().size()));
        }
        return new JsonObject().put("index", snapshot.index()).put("services", services);
    }

    /** One service: its endpoints by the public record, or all its instances by the whole one. */
    static JsonObject service(ServiceView view, boolean all) {
        JsonObject answer = new JsonObject().put("service", view.name()).put("index", view.index());
        JsonArray records = new JsonArray();
        for (Instance instance : shown(view, all)) {
            records.add(all ? InstanceRecord.encode(instance) : InstanceRecord.publicView(instance));
        }
        return answer.put(all ? "instances" : "endpoints", records);
    }

    static List<Instance> shown(ServiceView view, boolean all) {
        return all ? view.instances() : view.endpoints();
    }

    static JsonObject agent(AgentView agent, List<LocalService> services) {
        JsonArray array = new JsonArray();
        services.forEach(service -> array.add(localService(service)));
        return new JsonObject()
                .put("id", agent.id())
                .put("role", agent.role())
                .put("upstream", agent.upstream())
                .put("services", array);
    }

    static JsonObject drained(List<LocalService> services) {
        JsonArray array = new JsonArray();
        for (LocalService service : services) {
            array.add(new JsonObject()
                    .put("service", service.instance().service())
                    .put("id", service.instance().id())
                    .put("status", service.instance().status().text())
                    .put("state", service.state().text()));
        }
        return new JsonObject().put("services", array);
    }

    private static JsonObject localService(LocalService service) {
        JsonArray checks = new JsonArray();
        for (CheckView check : service.checks()) {
            checks.add(new JsonObject()
                    .put("type", check.type().text())
                    .put("target", check.target())
                    .put("status", check.status().text())
                    .put("since", check.since().toString())
                    .put("output", check.output()));
        }
        return InstanceRecord.encode(service.instance())
                .put("state", service.state().text())
                // Hexadecimal, as etcd's own tools write and read lease ids; JSON numbers lose digits beyond 2^53.
                .put("leaseId", service.leaseId() == 0 ? null : Long.toHexString(service.leaseId()))
                .put("ttlRemaining", service.ttlRemainingSeconds())
                .put("checks", checks);
    }
}
