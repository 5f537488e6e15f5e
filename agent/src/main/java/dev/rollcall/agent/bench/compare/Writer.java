package dev.rollcall.agent.bench.compare;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.bench.wire.CallEvents;
import dev.rollcall.agent.bench.wire.GrpcConnection;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.proto.PutRequest;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Puts a key at each of some members every few milliseconds, whether earlier ones were answered or not, and tells when the
 * first put was acknowledged that began after a given moment.
 */
final class Writer implements AutoCloseable {
    private static final int EVERY_MS = 5;
    private static final int VALUE_BYTES = 256;

    private final List<ScheduledFuture<?>> timers = new ArrayList<>();
    private volatile Waiting waiting = new Waiting(Long.MAX_VALUE);

    /** Someone waits for a put that began after {@code sinceNanos}. */
    private record Waiting(long sinceNanos, CompletableFuture<Long> acknowledgedNanos) {
        Waiting(long sinceNanos) {
            this(sinceNanos, new CompletableFuture<>());
        }
    }

    Writer(List<GrpcConnection> connections) {
        byte[] put = PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("write"))
                .setValue(ByteString.copyFrom(new byte[VALUE_BYTES]))
                .build()
                .toByteArray();
        for (GrpcConnection connection : connections) {
            timers.add(connection
                    .loop()
                    .scheduleAtFixedRate(
                            () -> connection.unary(EtcdMethod.PUT, put, new Put()),
                            0,
                            EVERY_MS,
                            TimeUnit.MILLISECONDS));
        }
    }

    /** When the first put was acknowledged of those that begin from now on, as {@link System#nanoTime()} has it. */
    CompletableFuture<Long> nextAcknowledged() {
        Waiting next = new Waiting(System.nanoTime());
        waiting = next;
        return next.acknowledgedNanos;
    }

    @Override
    public void close() {
        timers.forEach(timer -> timer.cancel(false));
    }

    private final class Put implements CallEvents {
        private final long startNanos = System.nanoTime();

        @Override
        public void message(ByteBuf in, int length) {
            // Its status says all.
        }

        @Override
        public void end(int status, String detail) {
            Waiting since = waiting;
            if (status == OK && startNanos >= since.sinceNanos) {
                since.acknowledgedNanos.complete(System.nanoTime());
            }
        }
    }
}
