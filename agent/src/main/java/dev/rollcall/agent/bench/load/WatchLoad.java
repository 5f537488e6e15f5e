package dev.rollcall.agent.bench.load;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.wire.CallEvents;
import dev.rollcall.agent.bench.wire.GrpcCall;
import dev.rollcall.agent.bench.wire.GrpcConnection;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One writer and many watchers of the one key it writes, each on a stream of its own. An operation is an event that reached a
 * watcher; its latency begins when the put began.
 */
public final class WatchLoad implements Load {
    private static final int CREATE_TIMEOUT_S = 30;
    private static final long STALLED_NANOS = TimeUnit.SECONDS.toNanos(30);

    @Override
    public Prepared prepare(Fleet fleet, LoadOptions options) throws InterruptedException {
        byte[] key = new Keys(options.keySizeBytes()).key(0);
        byte[] create = WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(ByteString.copyFrom(key)))
                .build()
                .toByteArray();
        CountDownLatch created = new CountDownLatch(options.clients());
        AtomicReference<@Nullable String> refusal = new AtomicReference<>();
        List<Watcher> watchers = new ArrayList<>();
        for (int i = 0; i < options.clients(); i++) {
            Watcher watcher = new Watcher(fleet.of(i), created, refusal);
            watchers.add(watcher);
            watcher.open(create);
        }
        if (!created.await(CREATE_TIMEOUT_S, TimeUnit.SECONDS)) {
            throw new BenchException(created.getCount() + " of " + options.clients() + " watches were not made within "
                    + CREATE_TIMEOUT_S + " s");
        }
        String refused = refusal.get();
        if (refused != null) {
            throw new BenchException("a watch was not made: " + refused);
        }
        return new Watching(fleet, options, key, watchers);
    }

    private static final class Watching implements Prepared {
        private final Fleet fleet;
        private final LoadOptions options;
        private final byte[] key;
        private final List<Watcher> watchers;

        Watching(Fleet fleet, LoadOptions options, byte[] key, List<Watcher> watchers) {
            this.fleet = fleet;
            this.options = options;
            this.key = key;
            this.watchers = watchers;
        }

        @Override
        public LoadResult run(Progress progress) throws InterruptedException {
            int perPut = watchers.size();
            Run events = new Run(0, 0, options.total() * perPut, 0);
            watchers.forEach(watcher -> watcher.record(events));
            Run puts = new Run(1, options.total(), options.total(), options.ratePerSecond());
            new UnaryClient(puts, fleet.of(0), new StampedPuts(key, options.valueSizeBytes())).start();
            puts.await((done, total) -> progress.at(events.doneCount(), total * perPut));
            LoadResult written = puts.result();
            awaitEvents(events, written.operations() * perPut, progress);
            LoadResult result = events.result();
            if (written.errors().isEmpty()) {
                return result;
            }
            Map<String, Long> errors = new HashMap<>(result.errors());
            written.errors().forEach((what, count) -> errors.put("put: " + what, count));
            return new LoadResult(
                    result.operations(), errors, result.elapsedNanos(), result.latencies(), result.clientCpuNanos());
        }

        private void awaitEvents(Run events, long expected, Progress progress) throws InterruptedException {
            CountDownLatch never = new CountDownLatch(1);
            long seen = -1;
            long seenNanos = System.nanoTime();
            while (events.doneCount() < expected && System.nanoTime() - seenNanos < STALLED_NANOS) {
                if (events.doneCount() != seen) {
                    seen = events.doneCount();
                    seenNanos = System.nanoTime();
                }
                progress.at(seen, expected);
                if (never.await(5, TimeUnit.MILLISECONDS)) {
                    throw new IllegalStateException();
                }
            }
            progress.at(events.doneCount(), expected);
        }

        @Override
        public void close() {
            watchers.forEach(Watcher::close);
        }
    }

    /** Puts of one key whose values begin with the time of their start. */
    private static final class StampedPuts implements Requests {
        private final byte[] message;
        private final int place;

        StampedPuts(byte[] key, int valueSizeBytes) {
            byte[] value = new byte[Math.max(Long.BYTES, valueSizeBytes)];
            message = PutRequest.newBuilder()
                    .setKey(UnsafeByteOperations.unsafeWrap(key))
                    .setValue(UnsafeByteOperations.unsafeWrap(value))
                    .build()
                    .toByteArray();
            place = message.length - value.length;
        }

        @Override
        public EtcdMethod method() {
            return EtcdMethod.PUT;
        }

        @Override
        public byte[] next(long number, long startNanos) {
            for (int i = 0; i < Long.BYTES; i++) {
                message[place + i] = (byte) (startNanos >>> (Long.SIZE - Byte.SIZE * (i + 1)));
            }
            return message;
        }
    }

    private static final class Watcher implements CallEvents, WatchAnswer.Found {
        private final GrpcConnection connection;
        private final CountDownLatch created;
        private final AtomicReference<@Nullable String> refusal;
        private @Nullable GrpcCall stream;
        private @Nullable Run run;
        private @Nullable Recorder recorder;
        private long now;

        Watcher(GrpcConnection connection, CountDownLatch created, AtomicReference<@Nullable String> refusal) {
            this.connection = connection;
            this.created = created;
            this.refusal = refusal;
        }

        void open(byte[] create) {
            connection.loop().execute(() -> {
                GrpcCall opened = connection.open(EtcdMethod.WATCH, this);
                stream = opened;
                if (opened != null) {
                    connection.send(opened, create);
                }
            });
        }

        void record(Run events) {
            connection.loop().execute(() -> {
                run = events;
                recorder = events.recorder(connection.loop());
            });
        }

        void close() {
            connection.loop().execute(() -> {
                GrpcCall open = stream;
                if (open != null) {
                    connection.cancel(open);
                }
            });
        }

        @Override
        public void message(ByteBuf in, int length) {
            now = System.nanoTime();
            WatchAnswer.read(in, length, this);
        }

        @Override
        public void created() {
            created.countDown();
        }

        @Override
        public void put(long stamp) {
            Recorder to = recorder;
            Run of = run;
            if (to != null && of != null) {
                to.success(stamp, now);
                of.done();
            }
        }

        @Override
        public void deleted() {
            // Of another load on the same key.
        }

        @Override
        public void canceled() {
            end(UNAVAILABLE, "the watch was canceled");
        }

        @Override
        public void end(int status, String detail) {
            stream = null;
            String why = detail.isEmpty() ? "the watch was ended" : detail;
            Recorder to = recorder;
            if (to != null) {
                to.failure(why, System.nanoTime());
            } else {
                refusal.set(why);
                created.countDown();
            }
        }
    }
}
