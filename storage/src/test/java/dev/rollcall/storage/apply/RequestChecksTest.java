package dev.rollcall.storage.apply;

import static dev.rollcall.storage.apply.TestMember.bytes;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The form of requests. */
class RequestChecksTest {
    private static final int OPS = 128;

    @Test
    void keysAreNeeded() {
        refused(EtcdError.EMPTY_KEY, () -> RequestChecks.put(PutRequest.getDefaultInstance()));
        refused(EtcdError.EMPTY_KEY, () -> RequestChecks.range(RangeRequest.getDefaultInstance()));
        refused(EtcdError.EMPTY_KEY, () -> RequestChecks.deleteRange(DeleteRangeRequest.getDefaultInstance()));
        refused(EtcdError.EMPTY_KEY, txn(put("")));
        refused(
                EtcdError.EMPTY_KEY,
                () -> RequestChecks.txn(
                        TxnRequest.newBuilder()
                                .addCompare(Compare.getDefaultInstance())
                                .build(),
                        OPS));
    }

    @Test
    void sortOptionsMustBeKnown() {
        RangeRequest.Builder range = RangeRequest.newBuilder().setKey(bytes("a"));
        refused(
                EtcdError.INVALID_SORT_OPTION,
                () -> RequestChecks.range(range.setSortOrderValue(9).build()));
        refused(
                EtcdError.INVALID_SORT_OPTION,
                () -> RequestChecks.range(
                        range.setSortOrderValue(0).setSortTargetValue(9).build()));
    }

    @Test
    void ignoredValuesAndLeasesMustNotBeGiven() {
        PutRequest.Builder put = PutRequest.newBuilder().setKey(bytes("a"));
        refused(
                EtcdError.VALUE_PROVIDED,
                () -> RequestChecks.put(
                        put.clone().setIgnoreValue(true).setValue(bytes("1")).build()));
        refused(
                EtcdError.LEASE_PROVIDED,
                () -> RequestChecks.put(
                        put.clone().setIgnoreLease(true).setLease(1).build()));
    }

    @Test
    void anEmptyOperationIsRefused() {
        refused(EtcdError.KEY_NOT_FOUND, txn(RequestOp.getDefaultInstance()));
    }

    @Test
    void theBudgetOfOperationsShrinksWithEachLevel() {
        RequestOp[] full = new RequestOp[OPS];
        for (int i = 0; i < OPS; i++) {
            full[i] = put("k" + i);
        }
        allowed(txn(full));
        RequestOp[] over = java.util.Arrays.copyOf(full, OPS + 1);
        over[OPS] = put("one more");
        refused(EtcdError.TOO_MANY_OPS, txn(over));
        refused(EtcdError.TOO_MANY_OPS, txn(nested(full)));
        allowed(txn(nested(java.util.Arrays.copyOf(full, OPS - 1))));
    }

    @Test
    void noKeyIsPutTwiceOrPutAndDeleted() {
        allowed(txn(put("a"), put("b"), delete("c", "")));
        refused(EtcdError.DUPLICATE_KEY, txn(put("a"), put("a")));
        refused(EtcdError.DUPLICATE_KEY, txn(put("a"), delete("a", "")));
        refused(EtcdError.DUPLICATE_KEY, txn(delete("a", ""), put("a")));
        refused(EtcdError.DUPLICATE_KEY, txn(put("b"), delete("a", "c")));
        allowed(txn(put("c"), delete("a", "c")));
        refused(EtcdError.DUPLICATE_KEY, txn(put("z"), delete("a", "\0")));
        allowed(txn(put("b"), delete("c", "a")));
    }

    @Test
    void deletesMayOverlap() {
        allowed(txn(delete("a", "d"), delete("b", "f"), delete("a", ""), delete("e", "g"), put("g")));
        refused(EtcdError.DUPLICATE_KEY, txn(delete("a", "d"), delete("b", "f"), delete("e", "g"), put("f")));
        refused(EtcdError.DUPLICATE_KEY, txn(delete("m", "\0"), delete("a", "z"), put("zz")));
    }

    @Test
    void nestedTransactionsCountWithTheirParents() {
        refused(EtcdError.DUPLICATE_KEY, txn(put("a"), nested(put("a"))));
        refused(EtcdError.DUPLICATE_KEY, txn(nested(put("a")), delete("a", "b")));
        refused(EtcdError.DUPLICATE_KEY, txn(nested(put("a")), nested(delete("a", ""))));
        refused(EtcdError.DUPLICATE_KEY, txn(nested(delete("a", "")), nested(put("a"))));
        refused(EtcdError.DUPLICATE_KEY, txn(nested(nested(put("a"))), put("a")));
    }

    @Test
    void branchesExcludeEachOther() {
        TxnRequest either = TxnRequest.newBuilder()
                .addSuccess(put("a"))
                .addFailure(put("a"))
                .addFailure(delete("b", ""))
                .build();
        allowed(() -> RequestChecks.txn(either, OPS));
        RequestOp inner = RequestOp.newBuilder().setRequestTxn(either).build();
        allowed(txn(inner, put("c")));
        RequestOp crossed = RequestOp.newBuilder()
                .setRequestTxn(
                        TxnRequest.newBuilder().addSuccess(delete("a", "")).addFailure(put("a")))
                .build();
        allowed(txn(crossed, put("c")));
        refused(EtcdError.DUPLICATE_KEY, txn(inner, put("b")));
        refused(EtcdError.DUPLICATE_KEY, txn(inner, put("a")));
    }

    @Test
    void readOnlyAndSerializableAreWhatTheyAreInEtcd() {
        RequestOp range = RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(bytes("a")))
                .build();
        RequestOp local = RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(bytes("a")).setSerializable(true))
                .build();
        TxnRequest mixed =
                TxnRequest.newBuilder().addSuccess(local).addFailure(range).build();
        assertTrue(RequestChecks.isReadOnly(mixed));
        assertFalse(RequestChecks.isSerializable(mixed));
        assertTrue(RequestChecks.isSerializable(
                TxnRequest.newBuilder().addSuccess(local).build()));
        assertFalse(RequestChecks.isReadOnly(
                TxnRequest.newBuilder().addSuccess(nested(range)).build()));
        assertFalse(
                RequestChecks.isReadOnly(mixed.toBuilder().addFailure(put("a")).build()));
    }

    @Test
    void aTtlHasAnUpperBoundOnly() {
        LeaseGrantRequest.Builder grant = LeaseGrantRequest.newBuilder();
        allowed(() -> RequestChecks.leaseGrant(grant.setTTL(-1).build()));
        allowed(() -> RequestChecks.leaseGrant(grant.setTTL(9_000_000_000L).build()));
        refused(
                EtcdError.LEASE_TTL_TOO_LARGE,
                () -> RequestChecks.leaseGrant(grant.setTTL(9_000_000_001L).build()));
    }

    private static Executable txn(RequestOp... ops) {
        TxnRequest request = TxnRequest.newBuilder().addAllSuccess(List.of(ops)).build();
        return () -> RequestChecks.txn(request, OPS);
    }

    private static void allowed(Executable check) {
        assertDoesNotThrow(check);
    }

    private static void refused(EtcdError expected, Executable check) {
        EtcdException error = assertThrows(EtcdException.class, check);
        assertEquals(expected.text(), error.text());
    }

    private static RequestOp put(String key) {
        return RequestOp.newBuilder()
                .setRequestPut(PutRequest.newBuilder().setKey(bytes(key)))
                .build();
    }

    private static RequestOp delete(String key, String end) {
        return RequestOp.newBuilder()
                .setRequestDeleteRange(TestMember.deleteRequest(key, end, false))
                .build();
    }

    private static RequestOp nested(RequestOp... ops) {
        return RequestOp.newBuilder()
                .setRequestTxn(TxnRequest.newBuilder().addAllSuccess(List.of(ops)))
                .build();
    }
}
