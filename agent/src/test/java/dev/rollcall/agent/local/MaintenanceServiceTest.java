package dev.rollcall.agent.local;

import static dev.rollcall.agent.local.LocalFixture.assertError;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.proto.AlarmRequest;
import dev.rollcall.storage.proto.AlarmResponse;
import dev.rollcall.storage.proto.AlarmType;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.CompactionResponse;
import dev.rollcall.storage.proto.DefragmentRequest;
import dev.rollcall.storage.proto.HashKVRequest;
import dev.rollcall.storage.proto.HashKVResponse;
import dev.rollcall.storage.proto.MemberListRequest;
import dev.rollcall.storage.proto.MemberListResponse;
import dev.rollcall.storage.proto.SnapshotRequest;
import dev.rollcall.storage.proto.SnapshotResponse;
import dev.rollcall.storage.proto.StatusRequest;
import dev.rollcall.storage.proto.StatusResponse;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MaintenanceServiceTest {
    private final LocalFixture local = new LocalFixture(LocalLimits.DEFAULT);

    @AfterEach
    void close() {
        local.close();
    }

    private StatusResponse status() {
        return local.call(EtcdMethod.STATUS, StatusRequest.getDefaultInstance(), StatusResponse.getDefaultInstance());
    }

    private AlarmResponse alarm(AlarmRequest.AlarmAction action, AlarmType type) {
        AlarmRequest request = AlarmRequest.newBuilder()
                .setAction(action)
                .setMemberID(FakeMember.MEMBER)
                .setAlarm(type)
                .build();
        return local.call(EtcdMethod.ALARM, request, AlarmResponse.getDefaultInstance());
    }

    private HashKVResponse hash(long revision) {
        HashKVRequest request = HashKVRequest.newBuilder().setRevision(revision).build();
        return local.call(EtcdMethod.HASH_KV, request, HashKVResponse.getDefaultInstance());
    }

    @Test
    void statusTellsWhereTheMemberIs() {
        local.put("a", "1");
        StatusResponse status = status();
        assertEquals("3.6.0", status.getVersion());
        assertEquals("3.6.0", status.getStorageVersion());
        assertEquals(FakeMember.MEMBER, status.getLeader());
        assertEquals(FakeMember.TERM, status.getRaftTerm());
        assertEquals(2, status.getRaftAppliedIndex());
        assertEquals(2, status.getRaftIndex());
        assertEquals(4096, status.getDbSize());
        assertEquals(2048, status.getDbSizeInUse());
        assertEquals(2L << 30, status.getDbSizeQuota());
        assertFalse(status.getIsLearner());
        assertEquals(0, status.getErrorsCount());
        assertEquals(2, status.getHeader().getRevision());
    }

    @Test
    void statusNamesWhatIsWrong() {
        alarm(AlarmRequest.AlarmAction.ACTIVATE, AlarmType.NOSPACE);
        local.member.soft = new SoftState(FakeMember.TERM, 0, Role.CANDIDATE);
        assertEquals(List.of("etcdserver: no leader", "memberID:161 alarm:NOSPACE"), status().getErrorsList());
    }

    @Test
    void alarmsAreRaisedListedAndCleared() {
        assertEquals(
                1, alarm(AlarmRequest.AlarmAction.ACTIVATE, AlarmType.NOSPACE).getAlarmsCount());
        assertEquals(1, alarm(AlarmRequest.AlarmAction.GET, AlarmType.NONE).getAlarmsCount());
        assertEquals(1, alarm(AlarmRequest.AlarmAction.GET, AlarmType.NOSPACE).getAlarmsCount());
        AlarmResponse corrupt = alarm(AlarmRequest.AlarmAction.GET, AlarmType.CORRUPT);
        assertEquals(0, corrupt.getAlarmsCount());
        assertEquals(FakeMember.CLUSTER, corrupt.getHeader().getClusterId());
        alarm(AlarmRequest.AlarmAction.DEACTIVATE, AlarmType.NOSPACE);
        assertEquals(0, alarm(AlarmRequest.AlarmAction.GET, AlarmType.NONE).getAlarmsCount());
        assertEquals(2, local.put("a", "1"));
    }

    /** Any member may be named, so somebody could name very many. */
    @Test
    void oneAlarmTooMany() {
        AlarmRequest.Builder request = AlarmRequest.newBuilder()
                .setAction(AlarmRequest.AlarmAction.ACTIVATE)
                .setAlarm(AlarmType.CORRUPT);
        for (int member = 1; member <= MaintenanceService.ALARMS_MAX; member++) {
            local.call(EtcdMethod.ALARM, request.setMemberID(member).build(), AlarmResponse.getDefaultInstance());
        }
        assertError(
                EtcdError.TOO_MANY_REQUESTS,
                local.fail(EtcdMethod.ALARM, request.setMemberID(0).build()));
        local.call(
                EtcdMethod.ALARM,
                request.setMemberID(1)
                        .setAction(AlarmRequest.AlarmAction.DEACTIVATE)
                        .build(),
                AlarmResponse.getDefaultInstance());
        local.call(
                EtcdMethod.ALARM,
                request.setMemberID(0)
                        .setAction(AlarmRequest.AlarmAction.ACTIVATE)
                        .build(),
                AlarmResponse.getDefaultInstance());
    }

    @Test
    void membersAreListedWithoutARevision() {
        for (boolean linearizable : new boolean[] {true, false}) {
            MemberListRequest request =
                    MemberListRequest.newBuilder().setLinearizable(linearizable).build();
            MemberListResponse list =
                    local.call(EtcdMethod.MEMBER_LIST, request, MemberListResponse.getDefaultInstance());
            assertEquals(0, list.getHeader().getRevision());
            assertEquals(FakeMember.TERM, list.getHeader().getRaftTerm());
            assertEquals("one", list.getMembers(0).getName());
            assertEquals(FakeMember.MEMBER, list.getMembers(0).getID());
            assertEquals("http://127.0.0.1:2379", list.getMembers(0).getClientURLs(0));
        }
    }

    @Test
    void memberListWithoutQuorumIsForThoseWhoAskForIt() {
        local.member.soft = new SoftState(FakeMember.TERM, 0, Role.FOLLOWER);
        MemberListRequest request =
                MemberListRequest.newBuilder().setLinearizable(true).build();
        assertError(EtcdError.TIMEOUT, local.fail(EtcdMethod.MEMBER_LIST, request));
        MemberListResponse list = local.call(
                EtcdMethod.MEMBER_LIST,
                MemberListRequest.getDefaultInstance(),
                MemberListResponse.getDefaultInstance());
        assertEquals(1, list.getMembersCount());
    }

    @Test
    void hashIsOfARevision() {
        local.put("a", "1");
        HashKVResponse before = hash(0);
        assertEquals(2, before.getHashRevision());
        local.put("a", "2");
        assertEquals(before.getHash(), hash(2).getHash());
        assertTrue(before.getHash() != hash(0).getHash());
        assertError(
                EtcdError.FUTURE_REVISION,
                local.fail(
                        EtcdMethod.HASH_KV,
                        HashKVRequest.newBuilder().setRevision(9).build()));
        local.call(
                EtcdMethod.COMPACT,
                CompactionRequest.newBuilder().setRevision(3).build(),
                CompactionResponse.getDefaultInstance());
        HashKVResponse after = hash(0);
        assertEquals(3, after.getCompactRevision());
        assertEquals(3, after.getHeader().getRevision());
    }

    /** Copies are deleted on a worker, which may be a moment behind the stream's end. */
    private void awaitNoCopies() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (local.member.openCopies.get() != 0 && System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
        }
        assertEquals(0, local.member.openCopies.get());
    }

    private static byte[] pattern(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + i / 251);
        }
        return bytes;
    }

    @Test
    void aSnapshotComesInPiecesWithItsHashBehindThem() throws Exception {
        byte[] state = pattern(1_000_448);
        local.member.saved = state;
        TestSink sink = new TestSink();
        local.say(local.open(EtcdMethod.SNAPSHOT, CallContext.INTERNAL, sink), SnapshotRequest.getDefaultInstance());
        assertNull(LocalFixture.join(sink.ended));
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        SnapshotResponse piece = SnapshotResponse.parseFrom(sink.next().getBytes());
        while (sink.received() > 0) {
            assertTrue(piece.getBlob().size() <= 32 << 10);
            piece.getBlob().writeTo(received);
            assertEquals(state.length - received.size(), piece.getRemainingBytes());
            piece = SnapshotResponse.parseFrom(sink.next().getBytes());
        }
        assertArrayEquals(state, received.toByteArray());
        assertArrayEquals(
                MessageDigest.getInstance("SHA-256").digest(state),
                piece.getBlob().toByteArray());
        awaitNoCopies();
    }

    @Test
    void aClientThatReadsSlowlyIsNotSentAllAtOnce() {
        local.member.saved = pattern(64 << 20);
        TestSink sink = new TestSink();
        local.onLoop(() -> {
            sink.read(1);
            return true;
        });
        StreamCall call = local.open(EtcdMethod.SNAPSHOT, CallContext.INTERNAL, sink);
        local.say(call, SnapshotRequest.getDefaultInstance());
        sink.next();
        local.onLoop(() -> true);
        assertTrue(sink.received() < 32, () -> sink.received() + " pieces to a client that does not read");
        local.onLoop(() -> {
            call.cancel();
            return true;
        });
        awaitNoCopies();
    }

    @Test
    void whyThereIsNoCopyIsSaid() {
        local.member.saved = null;
        TestSink sink = new TestSink();
        local.say(local.open(EtcdMethod.SNAPSHOT, CallContext.INTERNAL, sink), SnapshotRequest.getDefaultInstance());
        assertEquals("rollcall: no snapshot: for want of room", sink.error().text());
        assertEquals(
                "rollcall: no defragmentation: for want of room",
                local.fail(EtcdMethod.DEFRAGMENT, DefragmentRequest.getDefaultInstance())
                        .text());
    }
}
