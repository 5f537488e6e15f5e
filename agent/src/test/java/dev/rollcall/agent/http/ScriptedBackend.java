package dev.rollcall.agent.http;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.agent.call.Backend;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.agent.call.StreamSink;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.AlarmMember;
import dev.rollcall.storage.proto.AlarmResponse;
import dev.rollcall.storage.proto.AlarmType;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberListResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import dev.rollcall.storage.proto.ResponseHeader;
import dev.rollcall.storage.proto.StatusResponse;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A member that says of itself what a test tells it to. */
final class ScriptedBackend implements Backend {
    final List<AlarmType> alarms = new CopyOnWriteArrayList<>();
    final List<Member> members = new CopyOnWriteArrayList<>();
    volatile long id = 1;
    volatile long leader = 1;
    volatile long term = 7;
    volatile boolean learner;
    volatile @Nullable EtcdException linearizableFails;
    volatile @Nullable EtcdException serializableFails;
    volatile boolean silent;

    @Override
    public Future<Buffer> unary(EtcdMethod method, Buffer request, CallContext context) {
        if (silent) {
            return Promise.<Buffer>promise().future();
        }
        return switch (method) {
            case RANGE -> range(request);
            case ALARM -> {
                AlarmResponse.Builder answer = AlarmResponse.newBuilder();
                alarms.forEach(alarm ->
                        answer.addAlarms(AlarmMember.newBuilder().setMemberID(1).setAlarm(alarm)));
                yield Future.succeededFuture(Buffer.buffer(answer.build().toByteArray()));
            }
            case STATUS -> Future.succeededFuture(status());
            case MEMBER_LIST ->
                Future.succeededFuture(Buffer.buffer(MemberListResponse.newBuilder()
                        .addAllMembers(members)
                        .build()
                        .toByteArray()));
            default -> Future.failedFuture("not in this script: " + method);
        };
    }

    Buffer status() {
        return Buffer.buffer(StatusResponse.newBuilder()
                .setHeader(ResponseHeader.newBuilder().setMemberId(id))
                .setLeader(leader)
                .setRaftTerm(term)
                .setRaftAppliedIndex(40 + id)
                .setIsLearner(learner)
                .build()
                .toByteArray());
    }

    private Future<Buffer> range(Buffer request) {
        try {
            boolean serializable = RangeRequest.parseFrom(request.getBytes()).getSerializable();
            EtcdException failure = serializable ? serializableFails : linearizableFails;
            return failure == null
                    ? Future.succeededFuture(
                            Buffer.buffer(RangeResponse.getDefaultInstance().toByteArray()))
                    : Future.failedFuture(failure);
        } catch (InvalidProtocolBufferException e) {
            return Future.failedFuture(e);
        }
    }

    @Override
    public StreamCall open(EtcdMethod method, CallContext context, StreamSink sink) {
        throw new UnsupportedOperationException("no streams in this script");
    }
}
