package dev.rollcall.agent.bench.load;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.wire.CallEvents;
import dev.rollcall.agent.bench.wire.GrpcCall;
import dev.rollcall.agent.bench.wire.GrpcConnection;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseGrantResponse;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import io.netty.buffer.ByteBuf;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Many leases, with a key each, that become due in the same second: each is granted the whole seconds that are left to it.
 * A watch of the keys sees them go, while puts go on at a fixed rate.
 */
public final class LeaseExpiry {
    private static final String PREFIX = "bench-lease/";
    private static final String PREFIX_END = "bench-lease0";
    private static final long NANOS_PER_S = TimeUnit.SECONDS.toNanos(1);
    /** What granting is given: some seconds, and as many as a slow server needs at this rate. */
    private static final long GRANTS_S = 10;

    private static final long GRANTS_PER_S = 2_000;
    private static final int STALLED_S = 60;
    private static final int LOOK_EVERY_MS = 20;

    /**
     * What it came to.
     *
     * @param leases that expired
     * @param goneNanos from when the first was due until the last one's key was seen to go
     * @param puts meanwhile
     */
    public record Outcome(int leases, long goneNanos, LoadResult puts) {}

    private final Fleet fleet;
    private final LoadOptions options;
    private final AtomicLong firstDueNanos = new AtomicLong(Long.MAX_VALUE);

    /** @param options its total are the leases, its clients and rate those of the puts meanwhile */
    public LeaseExpiry(Fleet fleet, LoadOptions options) {
        this.fleet = fleet;
        this.options = options;
    }

    /** Grants, waits, watches them go. The progress counts grants first, then leases that are gone. */
    public Outcome run(Progress progress) throws InterruptedException {
        int leases = (int) options.total();
        long commonNanos = System.nanoTime() + (GRANTS_S + leases / GRANTS_PER_S) * NANOS_PER_S;
        grant(leases, commonNanos, progress);
        if (System.nanoTime() > firstDueNanos.get()) {
            throw new BenchException(
                    "the server granted so slowly that leases expired before all were granted: ask for fewer");
        }
        Deletions deletions = new Deletions(fleet.of(0));
        deletions.watch();
        sleepUntil(firstDueNanos.get());
        Run puts = new Run(options.clients(), Long.MAX_VALUE, 0, options.ratePerSecond());
        for (int i = 0; i < options.clients(); i++) {
            new UnaryClient(puts, fleet.of(i), KeyedRequests.puts(options, i)).start();
        }
        try {
            awaitAll(deletions, leases, progress);
        } finally {
            puts.stop();
            deletions.close();
        }
        puts.await(Progress.NONE);
        requireNone();
        return new Outcome(leases, deletions.lastNanos - firstDueNanos.get(), puts.result());
    }

    private void grant(int leases, long commonNanos, Progress progress) throws InterruptedException {
        ByteString value = ByteString.copyFrom(Keys.value(options.valueSizeBytes()));
        AtomicLong granted = new AtomicLong();
        var unused = Calls.all(leases, i -> {
            progress.at(granted.incrementAndGet(), leases);
            return grant(fleet.of(i), i, commonNanos, value);
        });
    }

    private CompletableFuture<PutResponse> grant(
            GrpcConnection connection, int number, long commonNanos, ByteString value) {
        long now = System.nanoTime();
        long ttlS = Math.max(1, (commonNanos - now) / NANOS_PER_S + 1);
        firstDueNanos.accumulateAndGet(now + ttlS * NANOS_PER_S, Math::min);
        LeaseGrantRequest grant = LeaseGrantRequest.newBuilder().setTTL(ttlS).build();
        return Calls.start(connection, EtcdMethod.LEASE_GRANT, grant, LeaseGrantResponse.parser())
                .thenCompose(lease -> Calls.start(
                        connection,
                        EtcdMethod.PUT,
                        PutRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8(String.format(Locale.ROOT, "%s%08d", PREFIX, number)))
                                .setValue(value)
                                .setLease(lease.getID())
                                .build(),
                        PutResponse.parser()));
    }

    private static void sleepUntil(long nanos) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(Math.max(0, nanos - System.nanoTime()));
    }

    private static void awaitAll(Deletions deletions, int leases, Progress progress) throws InterruptedException {
        long seen = -1;
        long seenNanos = System.nanoTime();
        while (!deletions.ended && deletions.count < leases) {
            progress.at(deletions.count, leases);
            if (deletions.count != seen) {
                seen = deletions.count;
                seenNanos = System.nanoTime();
            } else if (System.nanoTime() - seenNanos > STALLED_S * NANOS_PER_S) {
                throw new BenchException((leases - seen) + " of " + leases + " leases have not expired; none has for "
                        + STALLED_S + " s");
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MS);
        }
        progress.at(deletions.count, leases);
        if (deletions.count < leases) {
            throw new BenchException("the watch of the leases' keys was ended by the server");
        }
    }

    private void requireNone() throws InterruptedException {
        RangeRequest count = RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(PREFIX))
                .setRangeEnd(ByteString.copyFromUtf8(PREFIX_END))
                .setCountOnly(true)
                .build();
        long left = Calls.call(fleet.of(0), EtcdMethod.RANGE, count, RangeResponse.parser())
                .getCount();
        if (left > 0) {
            throw new BenchException(left + " keys of leases are still there");
        }
    }

    /** Sees the keys of the leases go. */
    private static final class Deletions implements CallEvents, WatchAnswer.Found {
        private static final int CREATE_TIMEOUT_S = 30;

        private final GrpcConnection connection;
        private final CountDownLatch created = new CountDownLatch(1);
        private final CompletableFuture<GrpcCall> stream = new CompletableFuture<>();
        private volatile int count;
        private volatile long lastNanos;
        private volatile boolean ended;
        private int deletions;

        Deletions(GrpcConnection connection) {
            this.connection = connection;
        }

        void watch() throws InterruptedException {
            byte[] create = WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8(PREFIX))
                            .setRangeEnd(ByteString.copyFromUtf8(PREFIX_END)))
                    .build()
                    .toByteArray();
            connection.loop().execute(() -> {
                GrpcCall opened = connection.open(EtcdMethod.WATCH, this);
                if (opened != null) {
                    stream.complete(opened);
                    connection.send(opened, create);
                }
            });
            if (!created.await(CREATE_TIMEOUT_S, TimeUnit.SECONDS)) {
                throw new BenchException("the watch was not made within " + CREATE_TIMEOUT_S + " s");
            }
        }

        void close() {
            connection.loop().execute(() -> {
                if (stream.isDone()) {
                    connection.cancel(stream.join());
                }
            });
        }

        @Override
        public void message(ByteBuf in, int length) {
            WatchAnswer.read(in, length, this);
            lastNanos = System.nanoTime();
            count = deletions;
        }

        @Override
        public void created() {
            created.countDown();
        }

        @Override
        public void put(long stamp) {
            // Made before the watch.
        }

        @Override
        public void deleted() {
            deletions++;
        }

        @Override
        public void canceled() {
            ended = true;
        }

        @Override
        public void end(int status, String detail) {
            ended = true;
        }
    }
}
