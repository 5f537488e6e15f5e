package dev.rollcall.registry;

import dev.rollcall.registry.local.LocalServices;
import dev.rollcall.registry.model.AgentIdentity;
import dev.rollcall.registry.model.ServiceDefinition;
import dev.rollcall.registry.port.KeyValue;
import dev.rollcall.registry.table.EndpointTable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;

/** Discovery in one agent: the table of who is there, and the services that this agent registers. */
public final class Registry {
    private final EndpointTable table;
    private final LocalServices services;

    private Registry(EndpointTable table, LocalServices services) {
        this.table = table;
        this.services = services;
    }

    /**
     * Makes a registry that does nothing before {@link #start}.
     *
     * @param definitions each with its address (see {@link ServiceDefinition#at}), no two with one name and id
     * @param drainDelay how long others are given to notice that an instance drains
     */
    public static Registry create(
            Vertx vertx,
            KeyValue store,
            AgentIdentity agent,
            List<ServiceDefinition> definitions,
            Duration drainDelay) {
        EndpointTable table = new EndpointTable(vertx, store);
        return new Registry(table, new LocalServices(vertx, store, agent, definitions, table, drainDelay));
    }

    /** Begins; the store need not be there yet. {@code table().ready()} tells when lookups have something to say. */
    public void start() {
        table.start();
        services.start();
    }

    public EndpointTable table() {
        return table;
    }

    public LocalServices services() {
        return services;
    }

    /**
     * Drains and deregisters all services, then ends the watch. Never fails, and ends even if the store is gone: then after
     * about 15 s, and the leases run out by themselves.
     */
    public Future<Void> stop() {
        return services.stop().onComplete(ignored -> table.close());
    }
}
