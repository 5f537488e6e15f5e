package dev.rollcall.registry.local;

import dev.rollcall.registry.check.Probes;
import dev.rollcall.registry.loop.Loop;
import dev.rollcall.registry.model.AgentIdentity;
import dev.rollcall.registry.model.InvalidServiceException;
import dev.rollcall.registry.model.ServiceDefinition;
import dev.rollcall.registry.port.KeyValue;
import dev.rollcall.registry.table.EndpointTable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The services beside this agent. They are registered and kept so until {@link #stop}; no failure of the store ends that.
 * Any thread may call; futures complete on the caller's context.
 */
public final class LocalServices {
    private static final long DRAIN_WRITE_LIMIT_MS = 5_000;
    private static final long TABLE_LIMIT_MS = 5_000;

    private final Loop loop;
    private final Probes probes;
    private final EndpointTable table;
    private final long drainDelayMs;
    private final List<Registration> registrations;

    /**
     * @param definitions each with its address; what else is missing gets its default
     * @param drainDelay how long others are given to notice that an instance drains
     */
    public LocalServices(
            Vertx vertx,
            KeyValue store,
            AgentIdentity agent,
            List<ServiceDefinition> definitions,
            EndpointTable table,
            Duration drainDelay) {
        List<ServiceDefinition> complete =
                definitions.stream().map(LocalServices::complete).toList();
        requireDistinct(complete);
        this.loop = new Loop(vertx);
        this.probes = new Probes(loop);
        this.table = table;
        this.drainDelayMs = drainDelay.toMillis();
        this.registrations = complete.stream()
                .map(definition -> new Registration(loop, store, probes, agent, definition))
                .toList();
    }

    public void start() {
        loop.run(() -> registrations.forEach(Registration::start));
    }

    /** How each of them stands. */
    public Future<List<LocalService>> list() {
        return loop.call(() -> Future.succeededFuture(
                registrations.stream().map(Registration::view).toList()));
    }

    /**
     * Takes services out of traffic. Completes when the store says so; if it cannot be reached for 5 s this fails, and the
     * draining is written as soon as it can be.
     *
     * @param service null for all
     */
    public Future<Void> drain(@Nullable String service) {
        return loop.call(() -> write(chosen(service)).mapEmpty());
    }

    /** As {@link #drain}, and completes only when this agent's table has it and the drain delay has passed since. */
    public Future<Void> drainAndSettle(@Nullable String service) {
        return loop.call(() -> settle(chosen(service)));
    }

    /** Ends the draining of services; null for all. */
    public Future<Void> undrain(@Nullable String service) {
        return loop.call(() -> {
            chosen(service).forEach(Registration::undrain);
            return Future.succeededFuture();
        });
    }

    /** Drains what is registered, gives others the drain delay to notice, and revokes all leases. Never fails. */
    public Future<Void> stop() {
        return loop.call(() -> settle(
                        registrations.stream().filter(Registration::isInStore).toList())
                .otherwiseEmpty()
                .compose(ignored -> Future.join(
                        registrations.stream().map(Registration::stop).toList()))
                .onComplete(ignored -> probes.close())
                .<Void>mapEmpty()
                .otherwiseEmpty());
    }

    private List<Registration> chosen(@Nullable String service) {
        if (service == null) {
            return registrations;
        }
        List<Registration> chosen = registrations.stream()
                .filter(registration -> registration.service().equals(service))
                .toList();
        if (chosen.isEmpty()) {
            throw new UnknownServiceException(service);
        }
        return chosen;
    }

    private Future<List<Drained>> write(List<Registration> chosen) {
        List<Future<Drained>> writes = chosen.stream().map(Registration::drain).toList();
        return loop.within(DRAIN_WRITE_LIMIT_MS, Future.all(writes))
                .map(ignored -> writes.stream().map(Future::result).toList());
    }

    private Future<Void> settle(List<Registration> chosen) {
        return write(chosen).compose(drained -> {
            long revision = drained.stream().mapToLong(Drained::revision).max().orElse(0);
            return table.reached(revision, TABLE_LIMIT_MS).compose(ignored -> pauseSince(drained));
        });
    }

    private Future<Void> pauseSince(List<Drained> drained) {
        long nowNanos = System.nanoTime();
        long youngestMs = drained.stream()
                .mapToLong(one -> TimeUnit.NANOSECONDS.toMillis(nowNanos - one.atNanos()))
                .min()
                .orElse(drainDelayMs);
        if (youngestMs >= drainDelayMs) {
            return Future.succeededFuture();
        }
        Promise<Void> over = Promise.promise();
        loop.after(drainDelayMs - youngestMs, over::complete);
        return over.future();
    }

    private static ServiceDefinition complete(ServiceDefinition definition) {
        String address = definition.address();
        if (address == null) {
            throw new InvalidServiceException(
                    "service " + definition.name() + " has no address: give --service-address");
        }
        return definition.at(address);
    }

    private static void requireDistinct(List<ServiceDefinition> definitions) {
        Set<String> seen = new HashSet<>();
        for (ServiceDefinition definition : definitions) {
            if (!seen.add(definition.name() + "/" + definition.id())) {
                throw new InvalidServiceException("service " + definition.name() + " has two instances with id "
                        + definition.id() + ": give one of them another id");
            }
        }
    }
}
