package dev.rollcall.agent.local;

import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.Bytes;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.HashKVRequest;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseTimeToLiveRequest;
import dev.rollcall.storage.proto.MemberAddRequest;
import dev.rollcall.storage.proto.MemberListRequest;
import dev.rollcall.storage.proto.MemberPromoteRequest;
import dev.rollcall.storage.proto.MemberRemoveRequest;
import dev.rollcall.storage.proto.MemberUpdateRequest;
import dev.rollcall.storage.proto.MoveLeaderRequest;
import dev.rollcall.storage.proto.RangeRequest;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The etcd services of a member that holds the store. Any member answers any call; what needs the leader goes there behind
 * the ports.
 *
 * <p>Each event loop has its own watchers, so that nothing about a watch is shared between threads; a stream stays on the
 * loop that opened it.
 */
public final class LocalBackend implements Backend, AutoCloseable {
    private record Loop(WatchHub watches, LeaderLoss leaderLoss) {}

    private final Vertx vertx;
    private final LocalParts parts;
    private final LocalLimits limits;
    private final Headers headers;
    private final KvService kv;
    private final LeaseService leases;
    private final ClusterService cluster;
    private final MaintenanceService maintenance;
    private final Map<Thread, Loop> loops = new ConcurrentHashMap<>();
    private final OpenStreams open;
    private final Workers workers;
    private final Runnable unsubscribe;
    private volatile boolean closed;

    public LocalBackend(Vertx vertx, LocalParts parts, LocalLimits limits) {
        this.vertx = vertx;
        this.parts = parts;
        this.limits = limits;
        this.headers = new Headers(parts.info());
        this.open = new OpenStreams(limits.streamBytes());
        this.workers = new Workers(vertx, limits.pendingReads(), limits.answerBytes());
        Writes writes = new Writes(parts.proposer(), parts.info(), headers, limits);
        Quota quota = new Quota(parts.info(), parts.store(), parts.proposer());
        this.kv = new KvService(vertx, parts, writes, quota, workers, headers, limits);
        this.leases = new LeaseService(parts, writes, quota, workers, headers, limits);
        this.cluster = new ClusterService(parts, writes, headers, limits);
        this.maintenance = new MaintenanceService(parts, writes, workers, headers, limits);
        this.unsubscribe = parts.committedLog().onPublished(this::published);
    }

    /** On the apply thread. */
    private void published() {
        loops.values().forEach(loop -> loop.watches().wake());
    }

    @Override
    public Future<Buffer> unary(EtcdMethod method, Buffer request, CallContext context) {
        Future<Buffer> answer;
        try {
            admit(context);
            answer = call(method, Bytes.of(request), context);
        } catch (RuntimeException e) {
            return Future.failedFuture(Failures.asEtcd(e));
        }
        return answer.recover(failure -> Future.failedFuture(Failures.asEtcd(failure)));
    }

    private void admit(CallContext context) {
        if (closed || parts.store().members().wasRemoved(parts.info().memberId())) {
            throw EtcdError.STOPPED.exception();
        }
        if (context.requireLeader() && parts.info().soft().leader() == 0) {
            throw EtcdError.NO_LEADER.exception();
        }
    }

    private Future<Buffer> call(EtcdMethod method, byte[] body, CallContext context) {
        if (method == EtcdMethod.STATUS) {
            return maintenance.status();
        }
        if (method == EtcdMethod.RANGE) {
            RangeRequest range = Requests.parse(RangeRequest.parser(), body);
            if (!range.getSerializable()) {
                refuseOnLearner();
            }
            return kv.range(range, context);
        }
        refuseOnLearner();
        return switch (method) {
            case PUT -> kv.put(body, context);
            case DELETE_RANGE -> kv.deleteRange(body, context);
            case TXN -> kv.txn(body, context);
            case COMPACT -> kv.compact(body, context);
            case LEASE_GRANT -> leases.grant(Requests.parse(LeaseGrantRequest.parser(), body), context);
            case LEASE_REVOKE -> leases.revoke(body, context);
            case LEASE_TIME_TO_LIVE ->
                leases.timeToLive(Requests.parse(LeaseTimeToLiveRequest.parser(), body), context);
            case LEASE_LEASES -> leases.leases();
            case MEMBER_ADD -> cluster.add(Requests.parse(MemberAddRequest.parser(), body), context);
            case MEMBER_REMOVE -> cluster.remove(Requests.parse(MemberRemoveRequest.parser(), body), context);
            case MEMBER_UPDATE -> cluster.update(Requests.parse(MemberUpdateRequest.parser(), body), context);
            case MEMBER_PROMOTE -> cluster.promote(Requests.parse(MemberPromoteRequest.parser(), body), context);
            case MEMBER_LIST -> cluster.list(Requests.parse(MemberListRequest.parser(), body), context);
            case MOVE_LEADER -> maintenance.moveLeader(Requests.parse(MoveLeaderRequest.parser(), body), context);
            case ALARM -> maintenance.alarm(body, context);
            case DEFRAGMENT -> maintenance.defragment();
            case HASH_KV -> maintenance.hashKv(Requests.parse(HashKVRequest.parser(), body));
            default -> throw new IllegalArgumentException(method + " is not a unary call");
        };
    }

    private void refuseOnLearner() {
        if (maintenance.isLearner()) {
            throw EtcdError.NOT_SUPPORTED_FOR_LEARNER.exception();
        }
    }

    @Override
    public StreamCall open(EtcdMethod method, CallContext context, StreamSink sink) {
        try {
            admit(context);
            if (method != EtcdMethod.SNAPSHOT) {
                refuseOnLearner();
            }
        } catch (EtcdException e) {
            return refused(sink, e);
        }
        Loop loop = loop();
        ServedStream stream = switch (method) {
            case WATCH -> new WatchStream(vertx, loop.watches(), headers, limits, open, sink);
            case LEASE_KEEP_ALIVE -> leases.keepAlive(open, sink);
            case SNAPSHOT -> maintenance.snapshot(vertx, sink);
            default -> throw new IllegalArgumentException(method + " is not a stream");
        };
        if (context.requireLeader()) {
            loop.leaderLoss().guard(stream);
        }
        return stream;
    }

    /** Ends the stream at once, though not before the caller has what is returned here. */
    private StreamCall refused(StreamSink sink, EtcdException error) {
        RefusedStream stream = new RefusedStream(sink);
        vertx.getOrCreateContext().runOnContext(nothing -> stream.end(error));
        return stream;
    }

    private static final class RefusedStream implements ServedStream {
        private final StreamSink sink;
        private boolean ended;

        RefusedStream(StreamSink sink) {
            this.sink = sink;
        }

        @Override
        public void message(Buffer message) {
            // The refusal is on its way.
        }

        @Override
        public void halfClose() {
            // The refusal is on its way.
        }

        @Override
        public void cancel() {
            ended = true;
        }

        @Override
        public void end(@Nullable EtcdException error) {
            if (!ended) {
                ended = true;
                sink.end(error);
            }
        }

        @Override
        public boolean ended() {
            return ended;
        }
    }

    /** What belongs to the event loop that calls. A loop is its thread: contexts are many and come and go. */
    private Loop loop() {
        if (!Context.isOnEventLoopThread()) {
            throw new IllegalStateException("a stream must be opened on an event loop");
        }
        Context context = vertx.getOrCreateContext();
        return loops.computeIfAbsent(
                Thread.currentThread(),
                thread -> new Loop(
                        new WatchHub(
                                vertx,
                                context,
                                () -> parts.store().kv(),
                                workers,
                                limits.watch().stepRevisions()),
                        new LeaderLoss(vertx, parts.info(), limits.leaderlessMs())));
    }

    /** The streams that are open. */
    public OpenStreams openStreams() {
        return open;
    }

    /** Heavy reads that run or wait. */
    public int heavyReads() {
        return workers.pending();
    }

    /** Bytes that their answers take. */
    public long heavyReadBytes() {
        return workers.answerBytes();
    }

    /** Takes no more calls. Streams that are open live on until their connections close. */
    @Override
    public void close() {
        closed = true;
        unsubscribe.run();
    }
}
