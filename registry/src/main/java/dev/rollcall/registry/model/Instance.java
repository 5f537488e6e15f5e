package dev.rollcall.registry.model;

import java.util.List;
import java.util.Map;

/**
 * One running copy of a service, as its record in the store says.
 *
 * @param id unique in its service
 * @param ttlSeconds of the lease that its record hangs on
 * @param agent the agent that wrote the record
 */
public record Instance(
        String service,
        String id,
        String address,
        int port,
        Status status,
        String zone,
        List<String> tags,
        Map<String, String> meta,
        int weight,
        int ttlSeconds,
        AgentIdentity agent) {
    public Instance {
        DnsLabel.require("service name", service);
        DnsLabel.require("service id", id);
        HostPort.requireHost("service address", address);
        HostPort.requirePort("service port", port);
        tags = List.copyOf(tags);
        meta = InstanceRecord.ordered(meta);
    }

    /** The instance that a completed definition (see {@link ServiceDefinition#at}) describes. */
    public static Instance of(ServiceDefinition definition, Status status, AgentIdentity agent) {
        if (definition.id() == null || definition.address() == null) {
            throw new IllegalArgumentException("definition of " + definition.name() + " lacks its id or address");
        }
        return new Instance(
                definition.name(),
                definition.id(),
                definition.address(),
                definition.port(),
                status,
                definition.zone(),
                definition.tags(),
                definition.meta(),
                definition.weight(),
                definition.ttlSeconds(),
                agent);
    }

    /** Whether it may get traffic now. */
    public boolean isEndpoint() {
        return status.getsTraffic();
    }
}
