package dev.rollcall.agent.local;

import dev.rollcall.agent.Version;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.member.MemberInfo;
import dev.rollcall.agent.member.ReadIndex;
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
import dev.rollcall.storage.proto.HashKVRequest;
import dev.rollcall.storage.proto.HashKVResponse;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberListRequest;
import dev.rollcall.storage.proto.MemberListResponse;
import dev.rollcall.storage.proto.StatusResponse;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;

/** The Maintenance service, and of the Cluster service what reads. */
final class MaintenanceService {
    /** Answers about the cluster carry no store revision. */
    private static final long NO_REVISION = 0;

    private final StoreViews store;
    private final MemberInfo info;
    private final ReadIndex readIndex;
    private final Writes writes;
    private final Workers workers;
    private final Headers headers;
    private final LocalLimits limits;

    MaintenanceService(LocalParts parts, Writes writes, Workers workers, Headers headers, LocalLimits limits) {
        this.store = parts.store();
        this.info = parts.info();
        this.readIndex = parts.readIndex();
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
            return writes.write(CommandKind.ALARM, body, context);
        }
        return Future.succeededFuture(
                headers.answer(store.kv().revision(), store.alarms().get(request)));
    }

    Future<Buffer> hashKv(HashKVRequest request) {
        KvStore kv = store.kv();
        return workers.run(() -> {
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

    Future<Buffer> memberList(MemberListRequest request, CallContext context) {
        return request.getLinearizable()
                ? readIndex.await(limits.timeoutMs(context.timeoutMs())).map(now -> members())
                : Future.succeededFuture(members());
    }

    private Buffer members() {
        MemberListResponse.Builder list = MemberListResponse.newBuilder();
        for (MemberRow row : store.members().rows()) {
            list.addMembers(Member.newBuilder()
                    .setID(row.id())
                    .setName(row.name())
                    .addAllPeerURLs(row.peerUrls())
                    .addAllClientURLs(row.clientUrls())
                    .setIsLearner(row.role() == MemberRole.LEARNER));
        }
        return headers.answer(NO_REVISION, list.build());
    }
}
