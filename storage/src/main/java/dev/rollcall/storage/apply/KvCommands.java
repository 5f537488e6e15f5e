package dev.rollcall.storage.apply;

import com.google.protobuf.ByteString;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.lease.LeaseTable;
import dev.rollcall.storage.mvcc.KeyRange;
import dev.rollcall.storage.mvcc.KvWriter;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.DeleteRangeResponse;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import java.util.List;

/**
 * Puts and deletes, alone or inside a transaction: first a check that changes nothing, then the change, which cannot fail.
 * Owned by the apply thread. Source: etcd v3.6, {@code server/etcdserver/txn}.
 */
final class KvCommands {
    private final KvWriter writer;
    private final LeaseTable leases;
    private final int maxChanges;

    KvCommands(KvWriter writer, LeaseTable leases, int maxChanges) {
        this.writer = writer;
        this.leases = leases;
        this.maxChanges = maxChanges;
    }

    void check(PutRequest request) {
        checkLease(request);
        checkPrevious(request);
    }

    /** The same inside a transaction, where etcd looks for the key first. */
    void checkInTxn(PutRequest request) {
        checkPrevious(request);
        checkLease(request);
    }

    private void checkLease(PutRequest request) {
        if (request.getLease() != 0 && !leases.contains(request.getLease())) {
            throw EtcdError.LEASE_NOT_FOUND.exception();
        }
    }

    private void checkPrevious(PutRequest request) {
        boolean needsPrevious = request.getIgnoreValue() || request.getIgnoreLease();
        if (needsPrevious && !writer.contains(request.getKey().toByteArray())) {
            throw EtcdError.KEY_NOT_FOUND.exception();
        }
    }

    PutResponse.Builder put(PutRequest request, AnswerRoom room) {
        byte[] key = request.getKey().toByteArray();
        ByteString value = request.getValue();
        long lease = request.getLease();
        PutResponse.Builder answer = PutResponse.newBuilder();
        if (request.getPrevKv() || request.getIgnoreValue() || request.getIgnoreLease()) {
            KeyValue previous = writer.get(key);
            if (previous != null) {
                value = request.getIgnoreValue() ? previous.getValue() : value;
                lease = request.getIgnoreLease() ? previous.getLease() : lease;
                if (request.getPrevKv() && room.fits(previous)) {
                    answer.setPrevKv(previous);
                }
            } else if (request.getIgnoreValue() || request.getIgnoreLease()) {
                throw new IllegalStateException("a put whose key was checked to be there does not find it");
            }
        }
        writer.put(key, value.toByteArray(), lease);
        return answer;
    }

    /** How many keys the request would delete, counted no further than just beyond what one revision holds. */
    int count(DeleteRangeRequest request) {
        return writer.keys(range(request), maxChanges + 1).size();
    }

    /** Refuses more changes than one revision has places for. */
    void checkCount(long count) {
        if (count > maxChanges) {
            throw EtcdError.REQUEST_TOO_LARGE.exception();
        }
    }

    DeleteRangeResponse.Builder delete(DeleteRangeRequest request, AnswerRoom room) {
        DeleteRangeResponse.Builder answer = DeleteRangeResponse.newBuilder();
        List<byte[]> keys = writer.keys(range(request), maxChanges);
        for (byte[] key : keys) {
            KeyValue previous = request.getPrevKv() && !room.full() ? writer.get(key) : null;
            if (previous != null && room.fits(previous)) {
                answer.addPrevKvs(previous);
            }
            writer.delete(key);
        }
        return answer.setDeleted(keys.size());
    }

    private static KeyRange range(DeleteRangeRequest request) {
        return KeyRange.of(request.getKey(), request.getRangeEnd());
    }
}
