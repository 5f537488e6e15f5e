package dev.rollcall.registry.local;

import dev.rollcall.registry.check.HealthChecks;
import dev.rollcall.registry.check.Probes;
import dev.rollcall.registry.loop.Backoff;
import dev.rollcall.registry.loop.Loop;
import dev.rollcall.registry.model.AgentIdentity;
import dev.rollcall.registry.model.HostPort;
import dev.rollcall.registry.model.Instance;
import dev.rollcall.registry.model.InstanceRecord;
import dev.rollcall.registry.model.InvalidServiceException;
import dev.rollcall.registry.model.ServiceDefinition;
import dev.rollcall.registry.model.Status;
import dev.rollcall.registry.port.KeyValue;
import dev.rollcall.registry.port.KeyValue.Delete;
import dev.rollcall.registry.port.KeyValue.Op;
import dev.rollcall.registry.port.KeyValue.Pair;
import dev.rollcall.registry.port.KeyValue.Put;
import dev.rollcall.registry.port.KeyValue.TxnResult;
import dev.rollcall.registry.port.KeyValueException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one instance in the store as it ought to be, for ever. Whatever happens (a check, a renewal that says the lease is
 * gone, somebody's hand on the keys) only calls {@link #reconcile}, which compares what ought to be with what was last heard
 * of the store and takes one step; one step runs at a time. Confined to its loop.
 *
 * <p>Both keys change in one transaction, on the condition that they are as last heard: absent, or this agent's. A lease is
 * used for keys only if the first transaction under it succeeds.
 */
final class Registration {
    private static final Logger LOG = LoggerFactory.getLogger(Registration.class);
    private static final long CALL_LIMIT_MS = 5_000;
    private static final int NOT_FOUND = 5;

    private final Loop loop;
    private final KeyValue store;
    private final AgentIdentity agent;
    private final ServiceDefinition definition;
    private final String name;
    private final HealthChecks checks;
    private final OwnKeys keys;
    private final Lease lease;
    private final Backoff backoff = new Backoff(50, 3_000, ThreadLocalRandom.current());
    private RegistrationState state = RegistrationState.WAITING;
    private @Nullable Status loggedStatus;
    private @Nullable AgentIdentity holder;
    private @Nullable Promise<Drained> drainWritten;
    private long supersededLease;
    private long retryTimer = -1;
    private boolean draining;
    private boolean stopped;
    private boolean stepping;
    private boolean again;

    Registration(Loop loop, KeyValue store, Probes probes, AgentIdentity agent, ServiceDefinition definition) {
        this.loop = loop;
        this.store = store;
        this.agent = agent;
        this.definition = definition;
        Instance instance = Instance.of(definition, Status.STARTING, agent);
        this.name = instance.service() + "/" + instance.id();
        this.checks = new HealthChecks(loop, probes, definition.checks(), this::reconcile);
        this.keys = new OwnKeys(
                loop,
                store,
                InstanceRecord.instanceKey(instance.service(), instance.id()),
                InstanceRecord.endpointKey(instance.service(), instance.id()),
                this::reconcile);
        this.lease = new Lease(loop, store, definition.ttlSeconds(), this::leaseLost);
    }

    String service() {
        return definition.name();
    }

    /** Whether the store has a record of this instance that this agent wrote. */
    boolean isInStore() {
        return lease.inUse();
    }

    void start() {
        checks.start();
        keys.start();
    }

    LocalService view() {
        return new LocalService(wanted(), state, lease.id(), lease.remainingSeconds(), checks.views());
    }

    /** Takes the instance out of traffic; completes when the store says so. */
    Future<Drained> drain() {
        draining = true;
        Promise<Drained> written = drainWritten;
        if (written == null) {
            written = Promise.promise();
            drainWritten = written;
            reconcile();
        }
        // While another agent holds the id, nothing in the store is this one's to drain.
        return state == RegistrationState.CONFLICT
                ? Future.succeededFuture(new Drained(0, System.nanoTime()))
                : written.future();
    }

    /** Ends draining. */
    void undrain() {
        draining = false;
        Promise<Drained> written = drainWritten;
        drainWritten = null;
        if (written != null) {
            written.tryFail(new DrainUndoneException());
        }
        reconcile();
    }

    /** Ends the registration; the instance is gone from the store when this completes, or goes when its TTL runs out. */
    Future<Void> stop() {
        stopped = true;
        checks.stop();
        keys.close();
        return Future.join(lease.revoke(), lease.revoke(supersededLease)).mapEmpty();
    }

    private void reconcile() {
        if (stopped) {
            return;
        }
        if (stepping) {
            again = true;
            return;
        }
        stepping = true;
        step().onComplete(result -> {
            stepping = false;
            if (result.failed()) {
                again = false;
                retry(result.cause());
            } else if (again) {
                again = false;
                reconcile();
            }
        });
    }

    private void retry(Throwable cause) {
        state = state == RegistrationState.CONFLICT ? state : RegistrationState.WAITING;
        long delayMs = backoff.nextDelayMs();
        LOG.debug("{}: next attempt in {} ms: {}", name, delayMs, cause.toString());
        loop.cancel(retryTimer);
        retryTimer = loop.after(delayMs, this::reconcile);
    }

    private Future<Void> step() {
        if (!keys.known()) {
            return Future.succeededFuture();
        }
        Instance held = heldRecord();
        if (held != null && !agent.owns(held.agent())) {
            return yieldTo(held.agent());
        }
        holder = null;
        if (keys.instance().pair() == null && lease.inUse()) {
            // Deleted by hand, or with a lease that a restored store does not know: a new lease, all keys, at once. The
            // old lease goes after its remaining keys have moved.
            supersededLease = lease.detach();
        }
        if (held != null && held.isEndpoint() && held.agent().epoch() < agent.epoch() && !checks.probed()) {
            // An agent that is started anew beside a healthy service must not take it out of traffic: the record of the
            // earlier run stands until the first probes say how things are, or its lease ends.
            return Future.succeededFuture();
        }
        if (!lease.held()) {
            return lease.grant().compose(ignored -> write());
        }
        return write();
    }

    private Future<Void> write() {
        if (stopped) {
            return lease.revoke();
        }
        Instance wanted = wanted();
        String record = InstanceRecord.encode(wanted).encode();
        String endpoint =
                wanted.isEndpoint() ? InstanceRecord.encodeEndpoint(wanted).encode() : null;
        long leaseId = lease.id();
        List<Op> writes = new ArrayList<>(2);
        addWrite(writes, keys.instance(), record, leaseId);
        addWrite(writes, keys.endpoint(), endpoint, leaseId);
        if (writes.isEmpty()) {
            settled(wanted);
            return Future.succeededFuture();
        }
        var conditions = List.of(keys.instance().unchanged(), keys.endpoint().unchanged());
        return loop.within(CALL_LIMIT_MS, store.txn(conditions, writes, keys.reads()))
                .transform(result -> {
                    if (result.failed()) {
                        return writeFailed(leaseId, result.cause());
                    }
                    if (!result.result().succeeded()) {
                        keys.found(result.result());
                        return lostRace();
                    }
                    written(result.result(), wanted, record, endpoint, leaseId);
                    return Future.succeededFuture();
                });
    }

    private static void addWrite(List<Op> writes, OwnKeys.Cell cell, @Nullable String value, long leaseId) {
        if (!cell.holds(value, leaseId)) {
            writes.add(value == null ? new Delete(cell.key()) : new Put(cell.key(), value, leaseId));
        }
    }

    private void written(TxnResult result, Instance wanted, String record, @Nullable String endpoint, long leaseId) {
        keys.wrote(keys.instance(), result.revision(), record, leaseId);
        keys.wrote(keys.endpoint(), result.revision(), endpoint, leaseId);
        if (lease.id() == leaseId) {
            lease.markInUse();
        }
        lease.revoke(supersededLease);
        supersededLease = 0;
        settled(wanted);
        // What changed while the transaction was under way is the next step's.
        again = true;
    }

    /** The store has the instance as {@code wanted}. */
    private void settled(Instance wanted) {
        backoff.reset();
        state = RegistrationState.REGISTERED;
        if (wanted.status() != loggedStatus) {
            loggedStatus = wanted.status();
            LOG.info(
                    "{} at {} is registered as {}",
                    name,
                    new HostPort(wanted.address(), wanted.port()),
                    wanted.status().text());
        }
        Promise<Drained> written = drainWritten;
        Pair pair = keys.instance().pair();
        if (written != null && pair != null && wanted.status() == Status.DRAINING) {
            written.tryComplete(new Drained(pair.modRevision(), System.nanoTime()));
        }
    }

    /** Whether it was done is unknown, so the keys are read again; a lease that has carried no keys yet is given up. */
    private Future<Void> writeFailed(long leaseId, Throwable cause) {
        boolean leaseGone = cause instanceof KeyValueException refused && refused.code() == NOT_FOUND;
        if (leaseGone && lease.id() == leaseId) {
            lease.detach();
        }
        keys.refresh();
        Future<Void> released = lease.inUse() ? Future.succeededFuture() : lease.revoke();
        return released.compose(ignored -> Future.failedFuture(cause));
    }

    /** Somebody changed the keys since they were last heard of; they have just been read. */
    private Future<Void> lostRace() {
        again = true;
        return lease.inUse() ? Future.succeededFuture() : lease.revoke();
    }

    private Future<Void> yieldTo(AgentIdentity other) {
        state = RegistrationState.CONFLICT;
        loggedStatus = null;
        if (!other.equals(holder)) {
            holder = other;
            LOG.error(
                    "{} is registered by agent {} (epoch {}), this is agent {} (epoch {}): give one of them another"
                            + " --service-id, or stop it",
                    name,
                    other.id(),
                    other.epoch(),
                    agent.id(),
                    agent.epoch());
        }
        lease.revoke(supersededLease);
        supersededLease = 0;
        return lease.revoke();
    }

    /**
     * What the store has under the instance's key. A record that cannot be read counts as none: nobody can use it and no
     * agent wrote it, so it is in nobody's hands.
     */
    private @Nullable Instance heldRecord() {
        Pair pair = keys.instance().pair();
        try {
            return pair == null ? null : InstanceRecord.decode(pair.key(), pair.value());
        } catch (InvalidServiceException unreadable) {
            return null;
        }
    }

    private Instance wanted() {
        return Instance.of(definition, draining ? Status.DRAINING : checks.status(), agent);
    }

    private void leaseLost() {
        LOG.warn("{}: its lease is gone, registering again", name);
        state = RegistrationState.WAITING;
        reconcile();
    }
}
