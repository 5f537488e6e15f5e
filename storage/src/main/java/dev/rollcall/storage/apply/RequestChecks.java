package dev.rollcall.storage.apply;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import java.util.List;

/**
 * What is checked of a request before it is proposed or read: its form, never the state. Each check throws {@link
 * dev.rollcall.storage.error.EtcdException}. Source: etcd v3.6, {@code server/etcdserver/api/v3rpc/key.go}.
 */
public final class RequestChecks {
    /** Longest TTL that may be asked for, in seconds. */
    public static final long LEASE_TTL_MAX_SECONDS = 9_000_000_000L;

    private RequestChecks() {}

    public static void range(RangeRequest request) {
        if (request.getKey().isEmpty()) {
            throw EtcdError.EMPTY_KEY.exception();
        }
        if (request.getSortOrder() == RangeRequest.SortOrder.UNRECOGNIZED
                || request.getSortTarget() == RangeRequest.SortTarget.UNRECOGNIZED) {
            throw EtcdError.INVALID_SORT_OPTION.exception();
        }
    }

    public static void put(PutRequest request) {
        if (request.getKey().isEmpty()) {
            throw EtcdError.EMPTY_KEY.exception();
        }
        if (request.getIgnoreValue() && !request.getValue().isEmpty()) {
            throw EtcdError.VALUE_PROVIDED.exception();
        }
        if (request.getIgnoreLease() && request.getLease() != 0) {
            throw EtcdError.LEASE_PROVIDED.exception();
        }
    }

    public static void deleteRange(DeleteRangeRequest request) {
        if (request.getKey().isEmpty()) {
            throw EtcdError.EMPTY_KEY.exception();
        }
    }

    /**
     * @param maxTxnOps most guards, most operations of either branch, and of a nested transaction what its parents leave
     */
    public static void txn(TxnRequest request, int maxTxnOps) {
        txnForm(request, maxTxnOps);
        TxnOverlap.check(request);
    }

    /** The TTL only: a TTL below the minimum is raised, not refused, and any id is legal. */
    public static void leaseGrant(LeaseGrantRequest request) {
        if (request.getTTL() > LEASE_TTL_MAX_SECONDS) {
            throw EtcdError.LEASE_TTL_TOO_LARGE.exception();
        }
    }

    /** Whether the transaction has ranges only; one with a nested transaction counts as a write. */
    public static boolean isReadOnly(TxnRequest request) {
        return request.getSuccessList().stream().allMatch(RequestOp::hasRequestRange)
                && request.getFailureList().stream().allMatch(RequestOp::hasRequestRange);
    }

    /** Whether every operation is a serializable range: then so is the transaction. */
    public static boolean isSerializable(TxnRequest request) {
        return isReadOnly(request)
                && request.getSuccessList().stream()
                        .allMatch(op -> op.getRequestRange().getSerializable())
                && request.getFailureList().stream()
                        .allMatch(op -> op.getRequestRange().getSerializable());
    }

    private static void txnForm(TxnRequest request, int budget) {
        int width = Math.max(request.getCompareCount(), Math.max(request.getSuccessCount(), request.getFailureCount()));
        if (width > budget) {
            throw EtcdError.TOO_MANY_OPS.exception();
        }
        for (Compare compare : request.getCompareList()) {
            if (compare.getKey().isEmpty()) {
                throw EtcdError.EMPTY_KEY.exception();
            }
        }
        ops(request.getSuccessList(), budget - width);
        ops(request.getFailureList(), budget - width);
    }

    private static void ops(List<RequestOp> ops, int budget) {
        for (RequestOp op : ops) {
            switch (op.getRequestCase()) {
                case REQUEST_RANGE -> range(op.getRequestRange());
                case REQUEST_PUT -> put(op.getRequestPut());
                case REQUEST_DELETE_RANGE -> deleteRange(op.getRequestDeleteRange());
                case REQUEST_TXN -> txnForm(op.getRequestTxn(), budget);
                case REQUEST_NOT_SET -> throw EtcdError.KEY_NOT_FOUND.exception();
            }
        }
    }
}
