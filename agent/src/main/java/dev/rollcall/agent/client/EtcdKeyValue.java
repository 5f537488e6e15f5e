package dev.rollcall.agent.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.registry.port.KeyValue;
import dev.rollcall.registry.port.KeyValueException;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseGrantResponse;
import dev.rollcall.storage.proto.LeaseRevokeRequest;
import dev.rollcall.storage.proto.TxnResponse;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The key-value port over the API of any backend: the member in this process, or an upstream. All its calls and watches run
 * on one event loop of its own, whoever makes them.
 */
public final class EtcdKeyValue implements KeyValue {
    private static final int INTERNAL = 13;
    private static final long RENEW_TIMEOUT_MS = 5_000;

    private final ContextInternal context;
    private final Backend backend;
    private final SharedKeepAlive keepAlive;
    private final Set<PrefixWatch> watches = new HashSet<>();

    /** @param random spreads its retries */
    public EtcdKeyValue(Vertx vertx, Backend backend, Random random) {
        this(vertx, backend, random, RENEW_TIMEOUT_MS);
    }

    EtcdKeyValue(Vertx vertx, Backend backend, Random random, long renewTimeoutMs) {
        this.context = ((VertxInternal) vertx).createEventLoopContext();
        this.backend = backend;
        this.keepAlive = new SharedKeepAlive(vertx, backend, renewTimeoutMs, random);
    }

    @Override
    public Future<Listing> list(String prefix) {
        return onLoop(() -> new PrefixListing(backend, prefix).begin());
    }

    @Override
    public Future<TxnResult> txn(List<Compare> compares, List<Op> success, List<Op> failure) {
        return onLoop(
                () -> unary(EtcdMethod.TXN, KeyValueMessages.txn(compares, success, failure), TxnResponse.parser())
                        .map(KeyValueMessages::result));
    }

    @Override
    public Future<Grant> grant(long ttlSeconds) {
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setTTL(ttlSeconds).build();
        return onLoop(() -> unary(EtcdMethod.LEASE_GRANT, request, LeaseGrantResponse.parser())
                .map(granted -> new Grant(granted.getID(), granted.getTTL())));
    }

    @Override
    public Future<Long> renew(long leaseId) {
        return onLoop(() -> keepAlive.renew(leaseId));
    }

    @Override
    public Future<Void> revoke(long leaseId) {
        LeaseRevokeRequest request =
                LeaseRevokeRequest.newBuilder().setID(leaseId).build();
        return onLoop(() -> backend.unary(
                        EtcdMethod.LEASE_REVOKE, KeyValueMessages.bytes(request), CallContext.INTERNAL)
                .<Void>mapEmpty()
                .recover(cause ->
                        cause instanceof EtcdException error && error.code() == EtcdError.LEASE_NOT_FOUND.code()
                                ? Future.succeededFuture()
                                : Future.failedFuture(cause)));
    }

    @Override
    public Watch watch(String prefix, long fromRevision, WatchHandler handler) {
        PrefixWatch watch = new PrefixWatch(handler, fromRevision);
        context.runOnContext(v -> {
            watches.removeIf(PrefixWatch::isOver);
            watches.add(watch);
            watch.begin(backend, prefix);
        });
        return () -> context.runOnContext(v -> {
            watch.close();
            watches.remove(watch);
        });
    }

    /** Ends its streams. The backend stays open. */
    public Future<Void> close() {
        return onLoop(() -> {
            keepAlive.close();
            watches.forEach(PrefixWatch::close);
            watches.clear();
            return Future.succeededFuture();
        });
    }

    private <T> Future<T> unary(EtcdMethod method, Message request, Parser<T> parser) {
        return backend.unary(method, KeyValueMessages.bytes(request), CallContext.INTERNAL)
                .compose(answer -> {
                    try {
                        return Future.succeededFuture(KeyValueMessages.parse(parser, answer));
                    } catch (InvalidProtocolBufferException e) {
                        return Future.failedFuture(e);
                    }
                });
    }

    private <T> Future<T> onLoop(Supplier<Future<T>> call) {
        @Nullable ContextInternal caller = ContextInternal.current();
        Promise<T> outcome = caller == null ? Promise.promise() : caller.promise();
        context.runOnContext(v -> {
            try {
                call.get().onComplete(outcome::complete, cause -> outcome.fail(failure(cause)));
            } catch (RuntimeException e) {
                outcome.fail(failure(e));
            }
        });
        return outcome.future();
    }

    private static Throwable failure(Throwable cause) {
        if (cause instanceof EtcdException error) {
            return new KeyValueException(error.code(), error.text());
        }
        if (cause instanceof InvalidProtocolBufferException) {
            return new KeyValueException(INTERNAL, "unreadable answer: " + cause.getMessage());
        }
        return cause;
    }
}
