package dev.rollcall.storage.apply;

import static dev.rollcall.storage.apply.TestMember.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.MessageLite;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.mvcc.AnswerGrowth;
import dev.rollcall.storage.mvcc.TxnResult;
import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.Compare.CompareResult;
import dev.rollcall.storage.proto.Compare.CompareTarget;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.ResponseOp;
import dev.rollcall.storage.proto.TxnRequest;
import dev.rollcall.storage.proto.TxnResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Transactions, rule by rule. */
class TxnTest {
    private final TestMember member = new TestMember();

    @Test
    void allChangesAreOneRevisionAndLaterOperationsSeeEarlierOnes() {
        member.put("a", "1");
        TxnResponse answer = member.txn(TxnRequest.newBuilder()
                .addSuccess(range("a", 0))
                .addSuccess(put("a", "2"))
                .addSuccess(range("a", 0))
                .addSuccess(delete("b"))
                .addSuccess(put("c", "3"))
                .addSuccess(range("c", 0)));
        assertTrue(answer.getSucceeded());
        assertFalse(answer.hasHeader());
        assertEquals(bytes("1"), firstValue(answer.getResponses(0)));
        assertEquals(bytes("2"), firstValue(answer.getResponses(2)));
        assertEquals(bytes("3"), firstValue(answer.getResponses(5)));
        assertEquals(2, answer.getResponses(0).getResponseRange().getHeader().getRevision());
        assertEquals(3, answer.getResponses(1).getResponsePut().getHeader().getRevision());
        assertEquals(
                3, answer.getResponses(3).getResponseDeleteRange().getHeader().getRevision());
        assertEquals(3, member.state().kv().revision());
        assertEquals(3, member.get("c").getModRevision());
    }

    @Test
    void aTransactionThatChangesNothingIsNoRevision() {
        member.put("a", "1");
        member.txn(TxnRequest.newBuilder().addSuccess(delete("x")).addSuccess(range("a", 0)));
        assertEquals(2, member.state().kv().revision());
    }

    @Test
    void guardsChooseTheBranch() {
        member.grant(7, 10);
        member.put("a", "1", 7);
        member.put("a", "1", 7);
        assertHolds(
                true, compare("a", CompareTarget.VERSION, CompareResult.EQUAL).setVersion(2));
        assertHolds(true, compare("a", CompareTarget.CREATE, CompareResult.LESS).setCreateRevision(3));
        assertHolds(true, compare("a", CompareTarget.MOD, CompareResult.GREATER).setModRevision(2));
        assertHolds(true, compare("a", CompareTarget.LEASE, CompareResult.EQUAL).setLease(7));
        assertHolds(
                true, compare("a", CompareTarget.VALUE, CompareResult.NOT_EQUAL).setValue(bytes("2")));
        assertHolds(
                false, compare("a", CompareTarget.VALUE, CompareResult.GREATER).setValue(bytes("1")));
        assertHolds(
                false,
                compare("a", CompareTarget.VERSION, CompareResult.NOT_EQUAL).setVersion(2));
    }

    @Test
    void aMissingKeyComparesAsZeroAndItsValueNever() {
        assertHolds(
                true, compare("x", CompareTarget.VERSION, CompareResult.EQUAL).setVersion(0));
        assertHolds(
                true, compare("x", CompareTarget.CREATE, CompareResult.EQUAL).setCreateRevision(0));
        assertHolds(true, compare("x", CompareTarget.LEASE, CompareResult.LESS).setLease(1));
        assertHolds(
                false, compare("x", CompareTarget.VALUE, CompareResult.EQUAL).setValue(bytes("")));
        assertHolds(
                false,
                compare("x", CompareTarget.VALUE, CompareResult.NOT_EQUAL).setValue(bytes("1")));
        member.put("x", "1");
        member.delete("x");
        assertHolds(true, compare("x", CompareTarget.MOD, CompareResult.EQUAL).setModRevision(0));
    }

    @Test
    void aGuardOverARangeMustHoldForEachKey() {
        Compare.Builder unleased = compare("a", CompareTarget.VERSION, CompareResult.EQUAL)
                .setRangeEnd(bytes("c"))
                .setVersion(1);
        assertHolds(false, unleased);
        assertHolds(true, unleased.setVersion(0));
        member.put("a", "1");
        member.put("b", "1");
        assertHolds(true, unleased.setVersion(1));
        member.put("b", "1");
        assertHolds(false, unleased);
    }

    @Test
    void nestedTransactionsChooseBeforeAnythingIsChanged() {
        TxnRequest nested = TxnRequest.newBuilder()
                .addCompare(
                        compare("a", CompareTarget.VERSION, CompareResult.EQUAL).setVersion(0))
                .addSuccess(put("b", "a was missing"))
                .addFailure(put("b", "a was there"))
                .build();
        TxnResponse answer = member.txn(TxnRequest.newBuilder()
                .addSuccess(put("a", "1"))
                .addSuccess(RequestOp.newBuilder().setRequestTxn(nested))
                .addSuccess(range("b", 0)));
        assertTrue(answer.getResponses(1).getResponseTxn().getSucceeded());
        assertEquals(bytes("a was missing"), firstValue(answer.getResponses(2)));
        // Of etcd's: only operations that touch keys name a revision in their header.
        assertTrue(answer.getResponses(1).getResponseTxn().hasHeader());
        assertEquals(0, answer.getResponses(1).getResponseTxn().getHeader().getRevision());
        assertEquals(2, member.state().kv().revision());
    }

    @Test
    void whatCanFailFailsBeforeAnythingIsChanged() {
        member.put("a", "1");
        member.put("a", "2");
        member.compactFully(3);
        List<RequestOp> bad = List.of(
                range("a", 2),
                range("a", 9),
                RequestOp.newBuilder()
                        .setRequestPut(
                                PutRequest.newBuilder().setKey(bytes("x")).setLease(404))
                        .build(),
                RequestOp.newBuilder()
                        .setRequestPut(
                                PutRequest.newBuilder().setKey(bytes("x")).setIgnoreValue(true))
                        .build());
        List<EtcdError> expected = List.of(
                EtcdError.COMPACTED, EtcdError.FUTURE_REVISION, EtcdError.LEASE_NOT_FOUND, EtcdError.KEY_NOT_FOUND);
        for (int i = 0; i < bad.size(); i++) {
            TxnRequest inner = TxnRequest.newBuilder().addSuccess(bad.get(i)).build();
            TxnRequest request = TxnRequest.newBuilder()
                    .addSuccess(put("new", "1"))
                    .addSuccess(delete("a"))
                    .addSuccess(RequestOp.newBuilder().setRequestTxn(inner))
                    .build();
            member.refused(expected.get(i), CommandKind.TXN, request);
            assertFalse(member.has("new"));
            assertTrue(member.has("a"));
        }
    }

    @Test
    void aBadOperationOnTheOtherBranchDoesNoHarm() {
        TxnResponse answer =
                member.txn(TxnRequest.newBuilder().addSuccess(put("a", "1")).addFailure(range("a", 99)));
        assertTrue(answer.getSucceeded());
    }

    @Test
    void moreChangesThanOneRevisionHoldsAreRefused() {
        TestMember small = new TestMember(StateLimits.DEFAULTS, 2);
        small.put("a", "1");
        small.put("b", "1");
        TxnRequest.Builder two = TxnRequest.newBuilder().addSuccess(put("c", "1"));
        RequestOp all = RequestOp.newBuilder()
                .setRequestDeleteRange(TestMember.deleteRequest("a", "c", false))
                .build();
        small.refused(
                EtcdError.REQUEST_TOO_LARGE,
                CommandKind.TXN,
                two.clone().addSuccess(all).build());
        assertEquals(
                4,
                small.ok(
                                TxnResponse.class,
                                CommandKind.TXN,
                                two.addSuccess(put("d", "1")).build())
                        .getResponses(1)
                        .getResponsePut()
                        .getHeader()
                        .getRevision());
    }

    /** How much room there is for answers differs from member to member; what commands do must not. */
    @Test
    void aCommandWhoseAnswerFindsNoRoomIsCarriedOutAllTheSame() {
        for (String key : List.of("a", "b", "c")) {
            member.put(key, "x".repeat(1_000));
        }
        long each = AnswerGrowth.weight(1_001);
        TestMember narrow = member.twin();
        TxnRequest txn = TxnRequest.newBuilder()
                .addSuccess(put("d", "1"))
                .addSuccess(RequestOp.newBuilder()
                        .setRequestRange(
                                RangeRequest.newBuilder().setKey(bytes("a")).setRangeEnd(bytes("z"))))
                .addSuccess(delete("c"))
                .addSuccess(range("a", 0))
                .build();
        PutRequest put = PutRequest.newBuilder()
                .setKey(bytes("a"))
                .setValue(bytes("2"))
                .setPrevKv(true)
                .build();
        withAndWithoutRoom(narrow, 4 * each + AnswerGrowth.weight(2), CommandKind.TXN, txn);
        withAndWithoutRoom(narrow, each, CommandKind.PUT, put);
        withAndWithoutRoom(
                narrow,
                each + AnswerGrowth.weight(2),
                CommandKind.DELETE_RANGE,
                TestMember.deleteRequest("b", "z", true));
    }

    /** Has one member just enough room, and another one byte less. */
    private void withAndWithoutRoom(TestMember narrow, long bytes, CommandKind kind, MessageLite command) {
        member.answerBytes = bytes;
        Outcome whole = member.submit(kind, command);
        assertNull(whole.error());
        assertEquals(bytes, whole.answerBytes());
        narrow.answerBytes = bytes - 1;
        EtcdException error = narrow.submit(kind, command).error();
        assertNotNull(error);
        assertTrue(error.text().contains("was carried out"), error.text());
        assertEquals(member.state().kv().revision(), narrow.state().kv().revision());
        assertEquals(member.state().stateHash(), narrow.state().stateHash());
    }

    @Test
    void aTransactionThatOnlyReadsNeedsNoLog() {
        member.put("a", "1");
        member.put("b", "2");
        TxnRequest request = TxnRequest.newBuilder()
                .addCompare(
                        compare("a", CompareTarget.VALUE, CompareResult.EQUAL).setValue(bytes("1")))
                .addSuccess(range("b", 0))
                .addSuccess(range("b", 2))
                .build();
        assertTrue(RequestChecks.isReadOnly(request));
        assertFalse(member.state().kv().isHeavy(request));
        TxnResult result = member.state().kv().readTxn(request);
        assertEquals(3, result.revision());
        assertTrue(result.body().getSucceeded());
        assertEquals(bytes("2"), firstValue(result.body().getResponses(0)));
        assertEquals(0, result.body().getResponses(1).getResponseRange().getCount());
        assertEquals(
                3, result.body().getResponses(0).getResponseRange().getHeader().getRevision());
    }

    private void assertHolds(boolean expected, Compare.Builder compare) {
        TxnRequest.Builder request = TxnRequest.newBuilder().addCompare(compare);
        assertEquals(expected, member.txn(request).getSucceeded());
        assertEquals(
                expected, member.state().kv().readTxn(request.build()).body().getSucceeded());
    }

    private static Compare.Builder compare(String key, CompareTarget target, CompareResult result) {
        return Compare.newBuilder().setKey(bytes(key)).setTarget(target).setResult(result);
    }

    private static RequestOp put(String key, String value) {
        return RequestOp.newBuilder()
                .setRequestPut(PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value)))
                .build();
    }

    private static RequestOp delete(String key) {
        return RequestOp.newBuilder()
                .setRequestDeleteRange(TestMember.deleteRequest(key, "", false))
                .build();
    }

    private static RequestOp range(String key, long revision) {
        return RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(bytes(key)).setRevision(revision))
                .build();
    }

    private static com.google.protobuf.ByteString firstValue(ResponseOp op) {
        return op.getResponseRange().getKvs(0).getValue();
    }
}
