package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.agent.client.ClientOptions;
import dev.rollcall.agent.client.Endpoint;
import dev.rollcall.agent.client.EtcdClient;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.LeaseKeepAliveRequest;
import dev.rollcall.storage.proto.LeaseKeepAliveResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** A few connections on which everything is asked at once, without waiting for any answer. */
final class Flood implements AutoCloseable {
    private static final int CALLS_MAX = 1_000_000;
    private static final long PATIENCE_S = 240;
    private static final int PAGE = 500;
    private static final int UNTOLD = 0;
    private static final int OK = 1;
    private static final int REFUSED = 2;
    private static final int UNKNOWN = 3;

    /** Outcomes of which the caller knows nothing. */
    private static final Set<String> TIMEOUTS =
            Set.of("etcdserver: request timed out", "etcdserver: request timed out, possibly due to connection lost");

    private final Vertx vertx = Vertx.vertx();
    private final List<EtcdClient> clients = new ArrayList<>();

    Flood(int port, int connections) {
        ClientOptions options = new ClientOptions(60_000, 120_000, 64 << 20, CALLS_MAX, 600_000, 600_000, 600_000);
        for (int i = 0; i < connections; i++) {
            clients.add(new EtcdClient(vertx, new Endpoint("127.0.0.1", port), options));
        }
    }

    static ByteString key(int id) {
        return ByteString.copyFromUtf8("flood/%07d".formatted(id));
    }

    /** What became of each call. */
    static final class Outcomes {
        private final AtomicIntegerArray byId;
        private final Set<String> texts = new ConcurrentSkipListSet<>();

        private Outcomes(int calls) {
            byId = new AtomicIntegerArray(calls);
        }

        private void settle(int id, @Nullable Throwable failure) {
            if (failure != null) {
                texts.add(text(failure));
            }
            byId.set(id, failure == null ? OK : isCertain(text(failure)) ? REFUSED : UNKNOWN);
        }

        private static String text(Throwable failure) {
            return failure instanceof EtcdException answer ? answer.text() : String.valueOf(failure);
        }

        /** A refusal, or a stream that the member said it had not begun. */
        private static boolean isCertain(String text) {
            return text.equals("etcdserver: too many requests") || text.endsWith(": stream refused");
        }

        private int count(int outcome) {
            int count = 0;
            for (int i = 0; i < byId.length(); i++) {
                count += byId.get(i) == outcome ? 1 : 0;
            }
            return count;
        }

        int ok() {
            return count(OK);
        }

        /** Texts of all that failed. */
        Set<String> refusals() {
            return new TreeSet<>(texts);
        }

        /** Texts that an overloaded member has no business to answer with. */
        Set<String> unexpected() {
            Set<String> rest = refusals();
            rest.removeIf(Outcomes::isCertain);
            rest.removeAll(TIMEOUTS);
            return rest;
        }

        @Override
        public String toString() {
            return count(OK) + " done, " + count(REFUSED) + " refused, " + count(UNKNOWN) + " unknown, " + count(UNTOLD)
                    + " untold: " + texts;
        }
    }

    /** Makes all of them, as many at once as allowed, and waits until each has an outcome. */
    Outcomes calls(int count, int atOnce, EtcdMethod method, IntFunction<MessageLite> request) {
        Semaphore room = new Semaphore(atOnce);
        Outcomes outcomes = new Outcomes(count);
        Promise<Void> all = Promise.promise();
        AtomicInteger left = new AtomicInteger(count);
        for (int i = 0; i < clients.size(); i++) {
            int first = i;
            // No thread of an event loop, as outcomes come there.
            new Thread(
                            () -> {
                                for (int id = first; id < count; id += clients.size()) {
                                    room.acquireUninterruptibly();
                                    int call = id;
                                    MessageLite message = request.apply(id);
                                    clients.get(first)
                                            .unary(method, Buffer.buffer(message.toByteArray()), CallContext.INTERNAL)
                                            .onComplete(done -> {
                                                outcomes.settle(call, done.cause());
                                                room.release();
                                                if (left.decrementAndGet() == 0) {
                                                    all.complete();
                                                }
                                            });
                                }
                            },
                            "flood-" + i)
                    .start();
        }
        await(all.future());
        return outcomes;
    }

    /** Renews leases 1 to {@code count} over as many streams as there are connections, and returns how many answers came. */
    int renew(int count) {
        AtomicInteger renewed = new AtomicInteger();
        Promise<Void> all = Promise.promise();
        StreamSink sink = new StreamSink() {
            @Override
            public void send(Buffer message) {
                try {
                    boolean alive =
                            LeaseKeepAliveResponse.parseFrom(message.getBytes()).getTTL() > 0;
                    if (alive && renewed.incrementAndGet() == count) {
                        all.complete();
                    }
                } catch (IOException e) {
                    all.tryFail(e);
                }
            }

            @Override
            public boolean writable() {
                return true;
            }

            @Override
            public void onWritable(Runnable handler) {
                handler.run();
            }

            @Override
            public void end(@Nullable EtcdException error) {
                all.tryFail(error == null ? new IllegalStateException("the stream ended") : error);
            }
        };
        List<StreamCall> streams = new ArrayList<>();
        for (EtcdClient client : clients) {
            streams.add(await(onLoop(() -> client.open(EtcdMethod.LEASE_KEEP_ALIVE, CallContext.INTERNAL, sink))));
        }
        int batch = 5_000; // what may wait for the leader on one stream is bounded
        for (int id = 0; id < count; id += batch * streams.size()) {
            int from = id;
            int goal = Math.min(count, id + batch * streams.size());
            await(onLoop(() -> {
                for (int lease = from; lease < goal; lease++) {
                    streams.get(lease % streams.size())
                            .message(Buffer.buffer(LeaseKeepAliveRequest.newBuilder()
                                    .setID(lease + 1)
                                    .build()
                                    .toByteArray()));
                }
                return goal;
            }));
            Eventually.holds("renewals are answered: " + all.future().cause(), () -> renewed.get() >= goal);
        }
        streams.forEach(stream -> await(onLoop(() -> {
            stream.cancel();
            return true;
        })));
        return renewed.get();
    }

    private <T> Future<T> onLoop(Callable<T> work) {
        Promise<T> done = Promise.promise();
        vertx.runOnContext(v -> {
            try {
                done.complete(work.call());
            } catch (Exception e) {
                done.fail(e);
            }
        });
        return done.future();
    }

    /** Whatever was acknowledged is there, and whatever was refused is not. */
    void assertStored(Outcomes outcomes) throws Exception {
        BitSet stored = new BitSet();
        ByteString from = key(0);
        boolean more = true;
        while (more) {
            RangeRequest request = RangeRequest.newBuilder()
                    .setKey(from)
                    .setRangeEnd(ByteString.copyFromUtf8("flood0"))
                    .setLimit(PAGE)
                    .setKeysOnly(true)
                    .build();
            RangeResponse page = RangeResponse.parseFrom(await(clients.get(0)
                            .unary(EtcdMethod.RANGE, Buffer.buffer(request.toByteArray()), CallContext.INTERNAL))
                    .getBytes());
            for (KeyValue kv : page.getKvsList()) {
                stored.set(Integer.parseInt(kv.getKey().toStringUtf8().substring("flood/".length())));
                from = kv.getKey().concat(ByteString.copyFrom(new byte[1]));
            }
            more = page.getMore();
        }
        for (int id = 0; id < outcomes.byId.length(); id++) {
            int outcome = outcomes.byId.get(id);
            if (outcome == OK || outcome == REFUSED) {
                assertEquals(outcome == OK, stored.get(id), "call " + id + " of " + outcomes);
            }
        }
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.await(PATIENCE_S, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("nothing within " + PATIENCE_S + " s", e);
        }
    }

    @Override
    public void close() {
        await(vertx.close());
    }
}
