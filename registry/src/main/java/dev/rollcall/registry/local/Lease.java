package dev.rollcall.registry.local;

import dev.rollcall.registry.loop.Loop;
import dev.rollcall.registry.port.KeyValue;
import io.vertx.core.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lease that one instance's keys hang on, renewed every third of its TTL. At most one is held at a time. Confined to its
 * loop.
 */
final class Lease {
    private static final Logger LOG = LoggerFactory.getLogger(Lease.class);
    private static final long CALL_LIMIT_MS = 5_000;

    private final Loop loop;
    private final KeyValue store;
    private final int ttlSeconds;
    private final Runnable onLost;
    private long id;
    private boolean inUse;
    private long grantedSeconds;
    private long deadlineNanos;
    private long timer = -1;

    /** @param onLost run on the loop when the store no longer knows the lease */
    Lease(Loop loop, KeyValue store, int ttlSeconds, Runnable onLost) {
        this.loop = loop;
        this.store = store;
        this.ttlSeconds = ttlSeconds;
        this.onLost = onLost;
    }

    /** 0 for none. */
    long id() {
        return id;
    }

    boolean held() {
        return id != 0;
    }

    /** Whether keys have been written under it. */
    boolean inUse() {
        return inUse;
    }

    void markInUse() {
        inUse = true;
    }

    long remainingSeconds() {
        return held() ? Math.max(0, TimeUnit.NANOSECONDS.toSeconds(deadlineNanos - System.nanoTime())) : 0;
    }

    Future<Void> grant() {
        long askedNanos = System.nanoTime();
        return loop.within(CALL_LIMIT_MS, store.grant(ttlSeconds)).map(grant -> {
            id = grant.leaseId();
            grantedSeconds = grant.ttlSeconds();
            extend(askedNanos, grantedSeconds);
            scheduleRenewal(grantedSeconds * 1_000 / 3);
            return null;
        });
    }

    /** Lets go of the lease without telling the store, and says which it was: its keys are about to move. */
    long detach() {
        long detached = id;
        id = 0;
        inUse = false;
        loop.cancel(timer);
        return detached;
    }

    /** Lets go of the lease and revokes it with all that hangs on it. What fails here the TTL mends. */
    Future<Void> revoke() {
        return revoke(detach());
    }

    /** Revokes a detached lease. */
    Future<Void> revoke(long detached) {
        if (detached == 0) {
            return Future.succeededFuture();
        }
        return loop.within(CALL_LIMIT_MS, store.revoke(detached)).recover(cause -> {
            LOG.debug("cannot revoke lease {}, it will expire: {}", Long.toHexString(detached), cause.toString());
            return Future.succeededFuture();
        });
    }

    private void scheduleRenewal(long delayMs) {
        // A little early, and not in step with all the agents that started together.
        long jitterMs = ThreadLocalRandom.current().nextLong(delayMs / 8 + 1);
        timer = loop.after(delayMs - jitterMs, this::renew);
    }

    private void renew() {
        long renewed = id;
        if (renewed == 0) {
            return;
        }
        long askedNanos = System.nanoTime();
        long thirdMs = grantedSeconds * 1_000 / 3;
        loop.within(Math.min(CALL_LIMIT_MS, thirdMs), store.renew(renewed)).onComplete(result -> {
            if (renewed != id) {
                return;
            }
            if (result.failed()) {
                LOG.debug(
                        "cannot renew lease {}: {}",
                        Long.toHexString(renewed),
                        result.cause().toString());
                scheduleRenewal(thirdMs / 4);
            } else if (result.result() <= 0) {
                detach();
                onLost.run();
            } else {
                extend(askedNanos, result.result());
                scheduleRenewal(thirdMs);
            }
        });
    }

    private void extend(long fromNanos, long seconds) {
        deadlineNanos = fromNanos + TimeUnit.SECONDS.toNanos(seconds);
    }
}
