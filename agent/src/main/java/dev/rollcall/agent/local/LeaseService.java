package dev.rollcall.agent.local;

import com.google.protobuf.UnsafeByteOperations;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.agent.member.LeaseClock;
import dev.rollcall.agent.member.ReadIndex;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.RequestChecks;
import dev.rollcall.storage.lease.LeaseView;
import dev.rollcall.storage.mvcc.AnswerGrowth;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseLeasesResponse;
import dev.rollcall.storage.proto.LeaseRevokeRequest;
import dev.rollcall.storage.proto.LeaseStatus;
import dev.rollcall.storage.proto.LeaseTimeToLiveRequest;
import dev.rollcall.storage.proto.LeaseTimeToLiveResponse;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The Lease service. */
final class LeaseService {
    /** Shortest TTL: one and a half election timeouts, in whole seconds, so that a lease outlives a change of leader. */
    static final long TTL_MIN_SECONDS = 2;

    /** Longer lists are answered by a worker, as large reads are. */
    static final int LISTED_AT_ONCE = 1_000;

    private static final long UNKNOWN_TTL = -1;

    private final StoreViews store;
    private final LeaseClock clock;
    private final ReadIndex readIndex;
    private final Writes writes;
    private final Quota quota;
    private final Workers workers;
    private final Headers headers;
    private final LocalLimits limits;
    private final SecureRandom random = new SecureRandom();

    LeaseService(LocalParts parts, Writes writes, Quota quota, Workers workers, Headers headers, LocalLimits limits) {
        this.store = parts.store();
        this.clock = parts.leaseClock();
        this.readIndex = parts.readIndex();
        this.writes = writes;
        this.quota = quota;
        this.workers = workers;
        this.headers = headers;
        this.limits = limits;
    }

    Future<Buffer> grant(LeaseGrantRequest request, CallContext context) {
        quota.check(Quota.LEASE_BYTES);
        RequestChecks.leaseGrant(request);
        // What is left to chance or to this member's rules is decided here: the log holds the result.
        byte[] decided = LeaseGrantRequest.newBuilder()
                .setID(request.getID() == 0 ? freeId() : request.getID())
                .setTTL(Math.max(request.getTTL(), TTL_MIN_SECONDS))
                .build()
                .toByteArray();
        return writes.write(CommandKind.LEASE_GRANT, decided, context);
    }

    private long freeId() {
        long id;
        do {
            id = random.nextLong() & Long.MAX_VALUE;
        } while (id == 0 || store.leases().contains(id));
        return id;
    }

    Future<Buffer> revoke(byte[] body, CallContext context) {
        Requests.parse(LeaseRevokeRequest.parser(), body);
        return writes.write(CommandKind.LEASE_REVOKE, body, context);
    }

    /**
     * What is left of a lease. The leader alone knows the time; its keys are read here, after this member has everything
     * that was acknowledged before.
     */
    Future<Buffer> timeToLive(LeaseTimeToLiveRequest request, CallContext context) {
        return readIndex
                .await(limits.timeoutMs(context.timeoutMs()))
                .compose(now -> clock.remaining(request.getID()))
                .compose(remaining -> remaining(request, remaining));
    }

    private Future<Buffer> remaining(LeaseTimeToLiveRequest request, long remainingSeconds) {
        long revision = store.kv().revision();
        LeaseTimeToLiveResponse.Builder answer =
                LeaseTimeToLiveResponse.newBuilder().setID(request.getID());
        @Nullable
        LeaseView lease =
                remainingSeconds == LeaseClock.UNKNOWN ? null : store.leases().view(request.getID());
        if (lease == null) {
            return Future.succeededFuture(
                    headers.answer(revision, answer.setTTL(UNKNOWN_TTL).build()));
        }
        answer.setTTL(remainingSeconds).setGrantedTTL(lease.row().ttlSeconds());
        List<byte[]> keys = request.getKeys() ? lease.keys() : List.of();
        return listed(keys.size(), growth -> {
            for (byte[] key : keys) {
                growth.by(key.length);
                answer.addKeys(UnsafeByteOperations.unsafeWrap(key));
            }
            return headers.answer(revision, answer.build());
        });
    }

    private Future<Buffer> listed(int length, Function<AnswerGrowth, Buffer> answer) {
        return length <= LISTED_AT_ONCE
                ? Future.succeededFuture(answer.apply(AnswerGrowth.UNBOUNDED))
                : workers.run(answer);
    }

    Future<Buffer> leases() {
        long revision = store.kv().revision();
        List<Long> ids = store.leases().ids();
        return listed(ids.size(), growth -> {
            LeaseLeasesResponse.Builder answer = LeaseLeasesResponse.newBuilder();
            for (long id : ids) {
                growth.by(Long.BYTES);
                answer.addLeases(LeaseStatus.newBuilder().setID(id));
            }
            return headers.answer(revision, answer.build());
        });
    }

    ServedStream keepAlive(OpenStreams open, StreamSink sink) {
        return new KeepAliveStream(clock, headers, () -> store.kv().revision(), limits.pendingAnswers(), open, sink);
    }
}
