package dev.rollcall.agent.member;

import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.sqlite.DamagedException;
import dev.rollcall.storage.sqlite.SqliteSnapshots;
import dev.rollcall.storage.sqlite.StateCopy;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/** {@link StateCopies} of the member in this process. */
final class LocalCopies implements StateCopies {
    private static final int UNAVAILABLE = 14;

    private final Vertx vertx;
    private final SqliteSnapshots snapshots;

    LocalCopies(Vertx vertx, SqliteSnapshots snapshots) {
        this.vertx = vertx;
        this.snapshots = snapshots;
    }

    @Override
    public Future<Copy> save() {
        return here("snapshot", snapshots.save(), SavedCopy::new);
    }

    @Override
    public Future<Void> defragment() {
        return here("defragmentation", snapshots.defragment(), done -> true).mapEmpty();
    }

    /** Brings the outcome to the caller's event loop. */
    private <T, R> Future<R> here(String what, CompletableFuture<T> work, Function<T, R> result) {
        Context caller = vertx.getOrCreateContext();
        Promise<R> promise = Promise.promise();
        var unused = work.whenComplete((value, failure) -> caller.runOnContext(nothing -> {
            if (failure == null) {
                promise.complete(result.apply(value));
            } else {
                promise.fail(told(what, failure));
            }
        }));
        return promise.future();
    }

    private static Throwable told(String what, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof IOException || cause instanceof DamagedException
                ? new EtcdException(UNAVAILABLE, "rollcall: no " + what + ": " + cause.getMessage())
                : cause;
    }

    private record SavedCopy(StateCopy copy) implements Copy {
        @Override
        public long sizeBytes() {
            return copy.sizeBytes();
        }

        @Override
        public byte[] read(long offset, int length) throws IOException {
            return copy.read(offset, length);
        }

        @Override
        public void close() throws IOException {
            copy.close();
        }
    }
}
