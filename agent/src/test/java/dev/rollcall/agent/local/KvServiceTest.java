package dev.rollcall.agent.local;

import static dev.rollcall.agent.local.LocalFixture.assertError;
import static dev.rollcall.agent.local.LocalFixture.bytes;
import static dev.rollcall.agent.local.LocalFixture.putOf;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.StateLimits;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.proto.AlarmType;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.CompactionResponse;
import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.DeleteRangeResponse;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.ResponseHeader;
import dev.rollcall.storage.proto.StatusRequest;
import dev.rollcall.storage.proto.StatusResponse;
import dev.rollcall.storage.proto.TxnRequest;
import dev.rollcall.storage.proto.TxnResponse;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KvServiceTest {
    private LocalFixture local = new LocalFixture(LocalLimits.DEFAULT);

    @BeforeEach
    void leader() {
        assertEquals(FakeMember.MEMBER, local.member.soft().leader());
    }

    @AfterEach
    void close() {
        local.close();
    }

    private static RangeRequest.Builder rangeOf(String key) {
        return RangeRequest.newBuilder().setKey(bytes(key));
    }

    private RangeResponse range(RangeRequest.Builder request) {
        return local.call(EtcdMethod.RANGE, request.build(), RangeResponse.getDefaultInstance());
    }

    @Test
    void headerNamesClusterMemberTermAndRevision() {
        assertEquals(1, range(rangeOf("a")).getHeader().getRevision());
        ResponseHeader header = local.call(EtcdMethod.PUT, putOf("a", "1").build(), PutResponse.getDefaultInstance())
                .getHeader();
        assertEquals(FakeMember.CLUSTER, header.getClusterId());
        assertEquals(FakeMember.MEMBER, header.getMemberId());
        assertEquals(FakeMember.TERM, header.getRaftTerm());
        assertEquals(2, header.getRevision());
    }

    @Test
    void whatIsPutIsRead() {
        local.put("a", "1");
        local.put("a", "2");
        RangeResponse answer = range(rangeOf("a"));
        assertEquals(1, answer.getCount());
        assertEquals(bytes("2"), answer.getKvs(0).getValue());
        assertEquals(2, answer.getKvs(0).getVersion());
        assertEquals(3, answer.getHeader().getRevision());
        assertEquals(bytes("1"), range(rangeOf("a").setRevision(2)).getKvs(0).getValue());
    }

    @Test
    void clientsOwnBytesGoIntoTheLog() {
        // Field 99 is of a protocol yet to come; encoding the message anew would be as good only by luck.
        byte[] request = putOf("a", "1")
                .build()
                .toByteString()
                .concat(ByteString.copyFrom(new byte[] {(byte) 0x98, 0x06, 0x01}))
                .toByteArray();
        local.onLoop(() -> local.backend.unary(EtcdMethod.PUT, Buffer.buffer(request), CallContext.INTERNAL));
        assertArrayEquals(request, local.onLoop(() -> local.member.lastBody));
    }

    @Test
    void formIsCheckedBeforeTheLog() {
        assertError(
                EtcdError.EMPTY_KEY, local.fail(EtcdMethod.RANGE, rangeOf("").build()));
        assertError(
                EtcdError.EMPTY_KEY, local.fail(EtcdMethod.PUT, putOf("", "x").build()));
        assertError(EtcdError.EMPTY_KEY, local.fail(EtcdMethod.DELETE_RANGE, DeleteRangeRequest.getDefaultInstance()));
        assertError(
                EtcdError.VALUE_PROVIDED,
                local.fail(EtcdMethod.PUT, putOf("a", "x").setIgnoreValue(true).build()));
        assertError(
                EtcdError.LEASE_PROVIDED,
                local.fail(
                        EtcdMethod.PUT,
                        putOf("a", "x").setLease(1).setIgnoreLease(true).build()));
        TxnRequest.Builder wide = TxnRequest.newBuilder();
        for (int i = 0; i < 129; i++) {
            wide.addSuccess(RequestOp.newBuilder().setRequestPut(putOf("k" + i, "v")));
        }
        assertError(EtcdError.TOO_MANY_OPS, local.fail(EtcdMethod.TXN, wide.build()));
        assertEquals(null, local.member.lastBody);
    }

    @Test
    void stateIsCheckedByTheStateMachine() {
        assertError(
                EtcdError.KEY_NOT_FOUND,
                local.fail(EtcdMethod.PUT, putOf("a", "").setIgnoreValue(true).build()));
        assertError(
                EtcdError.LEASE_NOT_FOUND,
                local.fail(EtcdMethod.PUT, putOf("a", "x").setLease(77).build()));
        assertError(
                EtcdError.FUTURE_REVISION,
                local.fail(EtcdMethod.RANGE, rangeOf("a").setRevision(9).build()));
    }

    @Test
    void malformedRequestIsRefusedInGrpcsWords() {
        EtcdException error =
                local.fail(EtcdMethod.PUT, Buffer.buffer(new byte[] {(byte) 0xff, (byte) 0xff}), CallContext.INTERNAL);
        assertEquals(13, error.code());
        assertTrue(error.text().startsWith("grpc: failed to unmarshal the received message"), error.text());
    }

    @Test
    void requestAboveTheLimitIsTooLarge() {
        ByteString value = ByteString.copyFrom(new byte[LocalLimits.DEFAULT.maxRequestBytes()]);
        PutRequest request = putOf("a", "").setValue(value).build();
        assertError(EtcdError.REQUEST_TOO_LARGE, local.fail(EtcdMethod.PUT, request));
    }

    @Test
    void writesWaitForNoBacklog() {
        local.member.commitAhead = 5_001;
        assertError(
                EtcdError.TOO_MANY_REQUESTS,
                local.fail(EtcdMethod.PUT, putOf("a", "x").build()));
        local.member.commitAhead = 5_000;
        assertEquals(2, local.put("a", "x"));
    }

    @Test
    void deleteOfNothingChangesNothing() {
        DeleteRangeRequest request =
                DeleteRangeRequest.newBuilder().setKey(bytes("a")).build();
        DeleteRangeResponse answer =
                local.call(EtcdMethod.DELETE_RANGE, request, DeleteRangeResponse.getDefaultInstance());
        assertEquals(0, answer.getDeleted());
        assertEquals(1, answer.getHeader().getRevision());
    }

    @Test
    void linearizableReadSeesEveryWriteBefore() {
        Semaphore permit = new Semaphore(0);
        local.member.holdApply(permit);
        CompletableFuture<Buffer> put =
                local.start(EtcdMethod.PUT, putOf("a", "1").build());
        RangeRequest request = rangeOf("a").build();
        CompletableFuture<Buffer> read = local.start(EtcdMethod.RANGE, request);
        // A serializable read waits for nobody.
        assertEquals(0, range(rangeOf("a").setSerializable(true)).getCount());
        assertFalse(read.isDone());
        permit.release();
        LocalFixture.join(put);
        assertEquals(
                1,
                LocalFixture.parse(LocalFixture.join(read), RangeResponse.getDefaultInstance())
                        .getCount());
    }

    @Test
    void heavyRangeIsAnswered() {
        for (int i = 0; i < 1_500; i++) {
            local.member.apply(
                    CommandKind.PUT, putOf("k%04d".formatted(i), "v").build().toByteArray());
        }
        RangeResponse answer = range(rangeOf("k").setRangeEnd(bytes("l")));
        assertEquals(1_500, answer.getKvsCount());
        assertEquals(FakeMember.CLUSTER, answer.getHeader().getClusterId());
        assertEquals(1_501, answer.getHeader().getRevision());
        RangeResponse page = range(rangeOf("k").setRangeEnd(bytes("l")).setLimit(10));
        assertTrue(page.getMore());
        assertEquals(1_500, page.getCount());
    }

    @Test
    void valuesThatLeftMemoryAreRead() {
        local.close();
        local = new LocalFixture(LocalLimits.DEFAULT, new StateLimits(0, 1 << 20), true, MemberRole.VOTER);
        local.put("a", "1");
        local.put("b", "2");
        assertEquals(bytes("1"), range(rangeOf("a")).getKvs(0).getValue());
        TxnRequest txn = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(bytes("b"))
                        .setTarget(Compare.CompareTarget.VALUE)
                        .setValue(bytes("2")))
                .addSuccess(RequestOp.newBuilder().setRequestRange(rangeOf("a")))
                .build();
        TxnResponse answer = local.call(EtcdMethod.TXN, txn, TxnResponse.getDefaultInstance());
        assertTrue(answer.getSucceeded());
        assertEquals(
                bytes("1"), answer.getResponses(0).getResponseRange().getKvs(0).getValue());
    }

    @Test
    void readingTransactionStaysOutOfTheLog() {
        local.put("a", "1");
        local.member.lastBody = null;
        TxnRequest txn = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(bytes("a"))
                        .setTarget(Compare.CompareTarget.VERSION)
                        .setVersion(1))
                .addSuccess(RequestOp.newBuilder().setRequestRange(rangeOf("a")))
                .addFailure(RequestOp.newBuilder().setRequestRange(rangeOf("b")))
                .build();
        TxnResponse answer = local.call(EtcdMethod.TXN, txn, TxnResponse.getDefaultInstance());
        assertTrue(answer.getSucceeded());
        assertEquals(2, answer.getHeader().getRevision());
        assertEquals(FakeMember.MEMBER, answer.getHeader().getMemberId());
        assertEquals(1, answer.getResponses(0).getResponseRange().getCount());
        assertEquals(null, local.member.lastBody);
    }

    @Test
    void writingTransactionMakesOneRevision() {
        TxnRequest txn = TxnRequest.newBuilder()
                .addSuccess(RequestOp.newBuilder().setRequestPut(putOf("a", "1")))
                .addSuccess(RequestOp.newBuilder().setRequestPut(putOf("b", "2")))
                .build();
        TxnResponse answer = local.call(EtcdMethod.TXN, txn, TxnResponse.getDefaultInstance());
        assertEquals(2, answer.getHeader().getRevision());
        assertEquals(2, answer.getResponses(1).getResponsePut().getHeader().getRevision());
        assertEquals(0, answer.getResponses(1).getResponsePut().getHeader().getMemberId());
    }

    @Test
    void compactedRevisionsAreRefused() {
        local.put("a", "1");
        local.put("a", "2");
        local.put("a", "3");
        CompactionRequest request =
                CompactionRequest.newBuilder().setRevision(3).setPhysical(true).build();
        assertEquals(
                4,
                local.call(EtcdMethod.COMPACT, request, CompactionResponse.getDefaultInstance())
                        .getHeader()
                        .getRevision());
        assertError(
                EtcdError.COMPACTED,
                local.fail(EtcdMethod.RANGE, rangeOf("a").setRevision(2).build()));
        assertEquals(bytes("2"), range(rangeOf("a").setRevision(3)).getKvs(0).getValue());
        assertError(EtcdError.COMPACTED, local.fail(EtcdMethod.COMPACT, request));
        assertError(
                EtcdError.FUTURE_REVISION,
                local.fail(
                        EtcdMethod.COMPACT,
                        CompactionRequest.newBuilder().setRevision(5).build()));
    }

    @Test
    void physicalCompactionWaitsForTheDeletion() {
        local.put("a", "1");
        local.put("a", "2");
        local.member.sweep = false;
        CompletableFuture<Buffer> compaction = local.start(
                EtcdMethod.COMPACT,
                CompactionRequest.newBuilder().setRevision(3).setPhysical(true).build());
        // Its entry is applied, as this later one is.
        local.put("b", "1");
        assertFalse(compaction.isDone());
        local.member.sweep = true;
        local.put("b", "2");
        LocalFixture.join(compaction);
        assertEquals(3, local.member.kv().compactFinished());
    }

    @Test
    void anIndexAtItsShareOfTheHeapIsAFullStore() {
        local.put("a", "1");
        local.member.indexQuotaBytes = local.member.kv().indexBytes();
        assertError(
                EtcdError.NO_SPACE, local.fail(EtcdMethod.PUT, putOf("b", "x").build()));
        range(rangeOf("a"));
        assertTrue(local.member.alarms().raised(AlarmType.NOSPACE));
    }

    @Test
    void aShortDiskRefusesWhatAddsDataAndRaisesNoAlarmOfTheQuota() {
        local.put("a", "1");
        local.member.shortOfSpace = true;
        assertError(
                EtcdError.NO_SPACE, local.fail(EtcdMethod.PUT, putOf("b", "x").build()));
        local.delete("a");
        assertEquals(0, range(rangeOf("a")).getCount());
        assertFalse(local.member.alarms().raised(AlarmType.NOSPACE));
        local.member.shortOfSpace = false;
        local.put("b", "1");
    }

    @Test
    void fullStoreRefusesWhatGrowsItAndRaisesTheAlarm() {
        local.put("a", "1");
        local.member.dbSizeBytes = local.member.quotaBytes;
        assertError(
                EtcdError.NO_SPACE, local.fail(EtcdMethod.PUT, putOf("a", "x").build()));
        // The alarm went into the log behind that refusal, and before this read.
        range(rangeOf("a"));
        assertTrue(local.member.alarms().raised(AlarmType.NOSPACE));
        local.member.dbSizeBytes = 4096;
        assertError(
                EtcdError.NO_SPACE, local.fail(EtcdMethod.PUT, putOf("a", "x").build()));
        assertError(EtcdError.NO_SPACE, local.fail(EtcdMethod.LEASE_GRANT, LeaseGrantRequest.getDefaultInstance()));
        TxnRequest inElse = TxnRequest.newBuilder()
                .addFailure(RequestOp.newBuilder().setRequestPut(putOf("a", "1")))
                .build();
        assertError(EtcdError.NO_SPACE, local.fail(EtcdMethod.TXN, inElse));
        local.delete("a");
        assertEquals(0, range(rangeOf("a")).getCount());
    }

    @Test
    void callsThatRequireALeaderFailAtOnceWithoutOne() {
        local.member.soft = new SoftState(FakeMember.TERM, 0, Role.FOLLOWER);
        CallContext requiring = new CallContext(true, null, 0, "test");
        Buffer serializable =
                Buffer.buffer(rangeOf("a").setSerializable(true).build().toByteArray());
        assertError(EtcdError.NO_LEADER, local.fail(EtcdMethod.RANGE, serializable, requiring));
        assertEquals(0, range(rangeOf("a").setSerializable(true)).getCount());
    }

    @Test
    void learnerServesLittle() {
        local.close();
        local = new LocalFixture(LocalLimits.DEFAULT, StateLimits.DEFAULTS, false, MemberRole.LEARNER);
        assertEquals(0, range(rangeOf("a").setSerializable(true)).getCount());
        assertTrue(
                local.call(EtcdMethod.STATUS, StatusRequest.getDefaultInstance(), StatusResponse.getDefaultInstance())
                        .getIsLearner());
        assertError(
                EtcdError.NOT_SUPPORTED_FOR_LEARNER,
                local.fail(EtcdMethod.RANGE, rangeOf("a").build()));
        assertError(
                EtcdError.NOT_SUPPORTED_FOR_LEARNER,
                local.fail(EtcdMethod.PUT, putOf("a", "x").build()));
        TestSink sink = new TestSink();
        local.open(EtcdMethod.WATCH, CallContext.INTERNAL, sink);
        assertError(EtcdError.NOT_SUPPORTED_FOR_LEARNER, sink.error());
    }

    @Test
    void closedMemberTakesNoCalls() {
        local.backend.close();
        assertError(EtcdError.STOPPED, local.fail(EtcdMethod.RANGE, rangeOf("a").build()));
    }
}
