package dev.rollcall.agent.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.CompactionResponse;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseGrantResponse;
import dev.rollcall.storage.proto.LeaseKeepAliveRequest;
import dev.rollcall.storage.proto.LeaseKeepAliveResponse;
import dev.rollcall.storage.proto.LeaseRevokeRequest;
import dev.rollcall.storage.proto.LeaseRevokeResponse;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberListResponse;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.StatusResponse;
import dev.rollcall.storage.proto.TxnRequest;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A backend in memory with what tests need to look at, and to break. */
public final class MemoryBackend implements Backend {
    /** What befell each method: how often it was carried out. */
    private final Map<EtcdMethod, AtomicInteger> executions = new EnumMap<>(EtcdMethod.class);

    private final Map<EtcdMethod, EtcdException> failures = new ConcurrentHashMap<>();
    private final Map<EtcdMethod, Promise<Void>> gates = new ConcurrentHashMap<>();

    /** Contexts of all calls, in order. */
    public final List<CallContext> contexts = new CopyOnWriteArrayList<>();

    /** Streams open now. */
    public final AtomicInteger openStreams = new AtomicInteger();

    /** Streams of which the backend heard that they were cancelled. */
    public final AtomicInteger cancelled = new AtomicInteger();

    /** Threads on which calls came. */
    public final List<String> threads = Collections.synchronizedList(new ArrayList<>());

    private final Map<StreamSink, Context> sinks = new ConcurrentHashMap<>();
    private final MemoryStore store;

    public MemoryBackend() {
        this(new MemoryStore());
    }

    public MemoryBackend(MemoryStore store) {
        this.store = store;
        for (EtcdMethod method : EtcdMethod.values()) {
            executions.put(method, new AtomicInteger());
        }
    }

    public MemoryStore store() {
        return store;
    }

    public int executions(EtcdMethod method) {
        return count(method).get();
    }

    /** Answers a method with an error from now on; null mends it. */
    public void fail(EtcdMethod method, EtcdException error) {
        failures.put(method, error);
    }

    public void mend(EtcdMethod method) {
        failures.remove(method);
        gates.remove(method);
    }

    /** Carries a method out but does not answer before the promise is complete. */
    public Promise<Void> hold(EtcdMethod method) {
        Promise<Void> gate = Promise.promise();
        gates.put(method, gate);
        return gate;
    }

    /** Ends every open stream, each on its own event loop. */
    public void endStreams(EtcdException error) {
        sinks.forEach((sink, loop) -> loop.runOnContext(v -> sink.end(error)));
        sinks.clear();
    }

    @Override
    public Future<Buffer> unary(EtcdMethod method, Buffer request, CallContext context) {
        contexts.add(context);
        threads.add(Thread.currentThread().getName());
        EtcdException failure = failures.get(method);
        if (failure != null) {
            return Future.failedFuture(failure);
        }
        Buffer answer;
        try {
            answer = Buffer.buffer(answer(method, request.getBytes()).toByteArray());
        } catch (InvalidProtocolBufferException | EtcdException e) {
            return Future.failedFuture(e);
        }
        count(method).incrementAndGet();
        Promise<Void> gate = gates.get(method);
        if (gate == null) {
            return Future.succeededFuture(answer);
        }
        Promise<Buffer> outcome = Promise.promise();
        Context loop = loop();
        gate.future().onComplete(v -> loop.runOnContext(w -> outcome.complete(answer)));
        return outcome.future();
    }

    private MessageLite answer(EtcdMethod method, byte[] bytes) throws InvalidProtocolBufferException {
        return switch (method) {
            case RANGE -> store.range(RangeRequest.parseFrom(bytes));
            case PUT -> store.put(PutRequest.parseFrom(bytes));
            case DELETE_RANGE -> store.delete(DeleteRangeRequest.parseFrom(bytes));
            case TXN -> store.txn(TxnRequest.parseFrom(bytes));
            case COMPACT -> {
                store.compact(CompactionRequest.parseFrom(bytes));
                yield CompactionResponse.newBuilder().setHeader(store.header()).build();
            }
            case LEASE_GRANT -> {
                LeaseGrantRequest grant = LeaseGrantRequest.parseFrom(bytes);
                yield LeaseGrantResponse.newBuilder()
                        .setHeader(store.header())
                        .setID(store.grant(grant.getID(), grant.getTTL()))
                        .setTTL(grant.getTTL())
                        .build();
            }
            case LEASE_REVOKE -> {
                store.revoke(LeaseRevokeRequest.parseFrom(bytes).getID());
                yield LeaseRevokeResponse.newBuilder().setHeader(store.header()).build();
            }
            case MEMBER_LIST ->
                MemberListResponse.newBuilder()
                        .setHeader(store.header())
                        .addMembers(Member.newBuilder().setID(8).setName("m1"))
                        .build();
            case STATUS ->
                StatusResponse.newBuilder()
                        .setHeader(store.header())
                        .setVersion("3.6.0")
                        .setDbSize(4096)
                        .setDbSizeInUse(4096)
                        .build();
            default -> throw new EtcdException(12, "no " + method + " here");
        };
    }

    @Override
    public StreamCall open(EtcdMethod method, CallContext context, StreamSink sink) {
        contexts.add(context);
        EtcdException failure = failures.get(method);
        if (failure != null) {
            throw failure;
        }
        count(method).incrementAndGet();
        openStreams.incrementAndGet();
        sinks.put(sink, loop());
        StreamCall call = method == EtcdMethod.WATCH ? new MemoryWatch(store, loop(), sink) : new KeepAlive(sink);
        return new StreamCall() {
            @Override
            public void message(Buffer message) {
                call.message(message);
            }

            @Override
            public void halfClose() {
                call.halfClose();
            }

            @Override
            public void cancel() {
                cancelled.incrementAndGet();
                openStreams.decrementAndGet();
                sinks.remove(sink);
                call.cancel();
            }
        };
    }

    private AtomicInteger count(EtcdMethod method) {
        AtomicInteger count = executions.get(method);
        if (count == null) {
            throw new IllegalStateException("no count for " + method);
        }
        return count;
    }

    private static Context loop() {
        Context context = Vertx.currentContext();
        if (context == null || !context.isEventLoopContext()) {
            throw new IllegalStateException("called off the event loop");
        }
        return context;
    }

    private final class KeepAlive implements StreamCall {
        private final StreamSink sink;

        KeepAlive(StreamSink sink) {
            this.sink = sink;
        }

        @Override
        public void message(Buffer message) {
            long lease;
            try {
                lease = LeaseKeepAliveRequest.parseFrom(message.getBytes()).getID();
            } catch (InvalidProtocolBufferException e) {
                throw new EtcdException(13, String.valueOf(e.getMessage()));
            }
            if (gates.containsKey(EtcdMethod.LEASE_KEEP_ALIVE)) {
                return;
            }
            sink.send(Buffer.buffer(LeaseKeepAliveResponse.newBuilder()
                    .setHeader(store.header())
                    .setID(lease)
                    .setTTL(store.ttl(lease))
                    .build()
                    .toByteArray()));
        }

        @Override
        public void halfClose() {
            sink.end(null);
        }

        @Override
        public void cancel() {}
    }
}
