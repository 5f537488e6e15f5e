package dev.rollcall.agent.local;

import dev.rollcall.agent.Version;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.agent.member.LeaderMover;
import dev.rollcall.agent.member.MemberInfo;
import dev.rollcall.agent.member.StateCopies;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.AlarmRow;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.mvcc.HashResult;
import dev.rollcall.storage.mvcc.KvStore;
import dev.rollcall.storage.proto.AlarmRequest;
import dev.rollcall.storage.proto.AlarmType;
import dev.rollcall.storage.proto.DefragmentResponse;
import dev.rollcall.storage.proto.HashKVRequest;
import dev.rollcall.storage.proto.HashKVResponse;
import dev.rollcall.storage.proto.MoveLeaderRequest;
import dev.rollcall.storage.proto.MoveLeaderResponse;
import dev.rollcall.storage.proto.StatusResponse;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;

/** The Maintenance service. */
final class MaintenanceService {
    /** Alarms at once; those that members raise for themselves come in any case. */
    static final int ALARMS_MAX = 1_000;

    private final StoreViews store;
    private final MemberInfo info;
    private final LeaderMover mover;
    private final StateCopies copies;
    private final Writes writes;
    private final Workers workers;
    private final Headers headers;
    private final LocalLimits limits;

    MaintenanceService(LocalParts parts, Writes writes, Workers workers, Headers headers, LocalLimits limits) {
        this.store = parts.store();
        this.info = parts.info();
        this.mover = parts.leaderMover();
        this.copies = parts.copies();
        this.writes = writes;
        this.workers = workers;
        this.headers = headers;
        this.limits = limits;
    }

    /** Whether this member is a learner, which serves little. */
    boolean isLearner() {
        MemberRow self = store.members().get(info.memberId());
        return self != null && self.role() == MemberRole.LEARNER;
    }

    Future<Buffer> status() {
        SoftState soft = info.soft();
        // Applied before committed, so that the answer never shows more applied than committed.
        long applied = info.appliedIndex();
        StatusResponse.Builder status = StatusResponse.newBuilder()
                .setVersion(Version.ETCD_SERVER)
                .setStorageVersion(Version.STORAGE)
                .setDbSizeInUse(info.dbSizeInUseBytes())
                .setDbSize(info.dbSizeBytes())
                .setDbSizeQuota(info.dbSizeQuotaBytes())
                .setLeader(soft.leader())
                .setRaftTerm(soft.term())
                .setRaftAppliedIndex(applied)
                .setRaftIndex(info.commitIndex())
                .setIsLearner(isLearner());
        if (soft.leader() == 0) {
            status.addErrors(EtcdError.NO_LEADER.text());
        }
        for (AlarmRow alarm : store.alarms().rows()) {
            status.addErrors(text(alarm));
        }
        return Future.succeededFuture(headers.answer(store.kv().revision(), status.build()));
    }

    private static String text(AlarmRow alarm) {
        AlarmType type = AlarmType.forNumber(alarm.type());
        return "memberID:" + Long.toUnsignedString(alarm.memberId()) + " alarm:" + (type == null ? alarm.type() : type);
    }

    Future<Buffer> alarm(byte[] body, CallContext context) {
        AlarmRequest request = Requests.parse(AlarmRequest.parser(), body);
        if (request.getAction() != AlarmRequest.AlarmAction.GET) {
            if (request.getAction() == AlarmRequest.AlarmAction.ACTIVATE
                    && store.alarms().rows().size() >= ALARMS_MAX) {
                throw EtcdError.TOO_MANY_REQUESTS.exception();
            }
            return writes.write(CommandKind.ALARM, body, context);
        }
        return Future.succeededFuture(
                headers.answer(store.kv().revision(), store.alarms().get(request)));
    }

    Future<Buffer> hashKv(HashKVRequest request) {
        KvStore kv = store.kv();
        return workers.run(growth -> {
            HashResult hash = kv.hashKv(request.getRevision());
            return headers.answer(
                    hash.revision(),
                    HashKVResponse.newBuilder()
                            .setHash(hash.hash())
                            .setCompactRevision(hash.compactRevision())
                            .setHashRevision(hash.hashRevision())
                            .build());
        });
    }

    /** Of this member's own file; whoever asks does so of one member after the other. */
    Future<Buffer> defragment() {
        return copies.defragment()
                .map(done -> headers.answer(store.kv().revision(), DefragmentResponse.getDefaultInstance()));
    }

    ServedStream snapshot(Vertx vertx, StreamSink sink) {
        return new SnapshotStream(vertx, copies, sink);
    }

    /** Answered without a header, as etcd does. */
    Future<Buffer> moveLeader(MoveLeaderRequest request, CallContext context) {
        return mover.moveLeader(request.getTargetID(), limits.timeoutMs(context.timeoutMs()))
                .map(moved ->
                        Buffer.buffer(MoveLeaderResponse.getDefaultInstance().toByteArray()));
    }
}
