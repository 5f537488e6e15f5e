package dev.rollcall.agent.bench.load;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.bench.BenchException;
import dev.rollcall.agent.bench.wire.CallEvents;
import dev.rollcall.agent.bench.wire.GrpcCall;
import dev.rollcall.agent.bench.wire.GrpcConnection;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A watch of one key, for one who waits for each put of it. */
public final class KeyWatch implements CallEvents, WatchAnswer.Found, AutoCloseable {
    private static final int TIMEOUT_S = 30;

    private final GrpcConnection connection;
    private final BlockingQueue<Long> seenNanos = new LinkedBlockingQueue<>();
    private final CompletableFuture<GrpcCall> stream = new CompletableFuture<>();

    private KeyWatch(GrpcConnection connection) {
        this.connection = connection;
    }

    /** Opens it, and waits until it exists. */
    public static KeyWatch open(GrpcConnection connection, ByteString key) throws InterruptedException {
        byte[] create = WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(key))
                .build()
                .toByteArray();
        KeyWatch watch = new KeyWatch(connection);
        connection.loop().execute(() -> {
            GrpcCall opened = connection.open(EtcdMethod.WATCH, watch);
            if (opened != null) {
                watch.stream.complete(opened);
                connection.send(opened, create);
            }
        });
        long unused = watch.next();
        return watch;
    }

    /** When the next put was seen, as {@link System#nanoTime()} has it. */
    public long next() throws InterruptedException {
        Long seen = seenNanos.poll(TIMEOUT_S, TimeUnit.SECONDS);
        if (seen == null) {
            throw new BenchException("a watch heard nothing for " + TIMEOUT_S + " s");
        }
        return seen;
    }

    @Override
    public void message(ByteBuf in, int length) {
        WatchAnswer.read(in, length, this);
    }

    @Override
    public void created() {
        seenNanos.add(System.nanoTime());
    }

    @Override
    public void put(long stamp) {
        seenNanos.add(System.nanoTime());
    }

    @Override
    public void deleted() {
        // Only puts are waited for.
    }

    @Override
    public void canceled() {
        // Whoever waits for the next put learns of it by waiting too long.
    }

    @Override
    public void end(int status, String detail) {
        // As above.
    }

    @Override
    public void close() {
        connection.loop().execute(() -> {
            if (stream.isDone()) {
                connection.cancel(stream.join());
            }
        });
    }
}
