package dev.rollcall.agent.process;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.CompactionResponse;
import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.DeleteRangeResponse;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseGrantResponse;
import dev.rollcall.storage.proto.LeaseLeasesRequest;
import dev.rollcall.storage.proto.LeaseLeasesResponse;
import dev.rollcall.storage.proto.LeaseRevokeRequest;
import dev.rollcall.storage.proto.LeaseRevokeResponse;
import dev.rollcall.storage.proto.LeaseTimeToLiveRequest;
import dev.rollcall.storage.proto.LeaseTimeToLiveResponse;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import dev.rollcall.storage.proto.TxnResponse;
import dev.rollcall.storage.proto.WatchCreateRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Calls out of a small world, so that they meet: few keys, few leases, revisions around the ones that matter. Also calls
 * that must be refused.
 */
final class RandomCalls {
    /** A unary call, and how its answer is read. */
    record Call(EtcdMethod method, Message request, Parser<? extends Message> answer) {}

    static final Call ANY_READ = new Call(
            EtcdMethod.RANGE, RangeRequest.newBuilder().setKey(utf8("a")).build(), RangeResponse.parser());

    /** The first key of all, and at the end of a range: no end. */
    private static final ByteString ZERO = ByteString.copyFrom(new byte[1]);

    private static final String[] KEYS = {"a", "aa", "ab", "b", "b/1", "b/2", "b/3", "c", "d", "\u00ff"};
    private static final String[] VALUES = {"", "1", "2", "10", "x", "\u0000"};
    private static final long[] LEASES = {1, 2, 3, -4, Long.MAX_VALUE};
    /** None of them ends while a run lasts. */
    private static final long[] TTLS = {300, 600, 3_600, 9_000_000_000L, 9_000_000_001L};

    private final Random random;
    private long revision = 1;
    private long compacted;

    RandomCalls(Random random) {
        this.random = random;
    }

    static Call put(ByteString key) {
        return new Call(EtcdMethod.PUT, PutRequest.newBuilder().setKey(key).build(), PutResponse.parser());
    }

    static Call delete(ByteString key) {
        return new Call(
                EtcdMethod.DELETE_RANGE,
                DeleteRangeRequest.newBuilder().setKey(key).build(),
                DeleteRangeResponse.parser());
    }

    /** What the servers have come to; calls name revisions around these. */
    void at(long newest, long compactRevision) {
        revision = newest;
        compacted = compactRevision;
    }

    Call next() {
        int dice = random.nextInt(100);
        if (dice < 25) {
            return new Call(EtcdMethod.RANGE, range(), RangeResponse.parser());
        } else if (dice < 50) {
            return new Call(EtcdMethod.PUT, put(), PutResponse.parser());
        } else if (dice < 60) {
            return new Call(EtcdMethod.DELETE_RANGE, delete(), DeleteRangeResponse.parser());
        } else if (dice < 82) {
            return new Call(EtcdMethod.TXN, txn(2), TxnResponse.parser());
        } else if (dice < 84) {
            return compact();
        }
        return lease();
    }

    private Call compact() {
        CompactionRequest request = CompactionRequest.newBuilder()
                // Never 0: an etcd that was never compacted takes that, once; ours calls it compacted.
                .setRevision(Math.max(1, oneIn(4) ? revision() : compacted + (revision - compacted) / 2))
                .setPhysical(random.nextBoolean())
                .build();
        return new Call(EtcdMethod.COMPACT, request, CompactionResponse.parser());
    }

    private Call lease() {
        long id = LEASES[random.nextInt(LEASES.length)];
        return switch (random.nextInt(6)) {
            case 0, 1 ->
                new Call(
                        EtcdMethod.LEASE_GRANT,
                        LeaseGrantRequest.newBuilder()
                                .setID(id)
                                .setTTL(TTLS[random.nextInt(TTLS.length)])
                                .build(),
                        LeaseGrantResponse.parser());
            case 2 ->
                new Call(
                        EtcdMethod.LEASE_REVOKE,
                        LeaseRevokeRequest.newBuilder().setID(oneIn(6) ? 0 : id).build(),
                        LeaseRevokeResponse.parser());
            case 3 ->
                new Call(
                        EtcdMethod.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance(), LeaseLeasesResponse.parser());
            default ->
                new Call(
                        EtcdMethod.LEASE_TIME_TO_LIVE,
                        LeaseTimeToLiveRequest.newBuilder()
                                .setID(oneIn(6) ? 0 : id)
                                .setKeys(random.nextBoolean())
                                .build(),
                        LeaseTimeToLiveResponse.parser());
        };
    }

    private RangeRequest range() {
        RangeRequest.Builder range = RangeRequest.newBuilder().setKey(key()).setRangeEnd(end());
        if (oneIn(3)) {
            range.setRevision(revision());
        }
        if (oneIn(3)) {
            range.setLimit(random.nextInt(5) - 1);
        }
        if (oneIn(2)) {
            range.setSortTargetValue(random.nextInt(5)).setSortOrderValue(random.nextInt(3));
        }
        if (oneIn(3)) {
            range.setMinModRevision(bound()).setMaxModRevision(bound());
        }
        if (oneIn(3)) {
            range.setMinCreateRevision(bound()).setMaxCreateRevision(bound());
        }
        return range.setSerializable(oneIn(3))
                .setKeysOnly(oneIn(4))
                .setCountOnly(oneIn(6))
                .build();
    }

    private PutRequest put() {
        PutRequest.Builder put = PutRequest.newBuilder()
                .setKey(key())
                .setPrevKv(oneIn(3))
                .setIgnoreValue(oneIn(8))
                .setIgnoreLease(oneIn(8));
        if (!put.getIgnoreValue() || oneIn(5)) {
            put.setValue(value());
        }
        if (oneIn(3)) {
            put.setLease(LEASES[random.nextInt(LEASES.length)]);
        }
        return put.build();
    }

    private DeleteRangeRequest delete() {
        return DeleteRangeRequest.newBuilder()
                .setKey(key())
                .setRangeEnd(oneIn(3) ? end() : ByteString.EMPTY)
                .setPrevKv(random.nextBoolean())
                .build();
    }

    private TxnRequest txn(int depth) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (int i = random.nextInt(3); i > 0; i--) {
            txn.addCompare(compare());
        }
        boolean readOnly = oneIn(4);
        txn.addAllSuccess(operations(depth, readOnly));
        txn.addAllFailure(operations(depth, readOnly));
        if (oneIn(60)) {
            for (int i = random.nextInt(130); i > 0; i--) {
                txn.addFailure(operation(0, true));
            }
        }
        return txn.build();
    }

    /** At most one of them nested: of two, etcd overlooks that the second may delete what the first puts. */
    private List<RequestOp> operations(int depth, boolean readOnly) {
        List<RequestOp> operations = new ArrayList<>();
        int depthLeft = depth;
        for (int i = random.nextInt(4); i > 0; i--) {
            RequestOp operation = operation(depthLeft, readOnly);
            operations.add(operation);
            depthLeft = operation.hasRequestTxn() ? 0 : depthLeft;
        }
        return operations;
    }

    private RequestOp operation(int depth, boolean readOnly) {
        RequestOp.Builder operation = RequestOp.newBuilder();
        int dice = readOnly ? 0 : random.nextInt(40);
        if (dice < 12) {
            operation.setRequestRange(range());
        } else if (dice < 27) {
            operation.setRequestPut(put());
        } else if (dice < 32) {
            // etcd does not see that a delete without end overlaps with puts; ours refuses that.
            DeleteRangeRequest delete = delete();
            operation.setRequestDeleteRange(
                    delete.getRangeEnd().equals(ZERO)
                            ? delete.toBuilder().clearRangeEnd().build()
                            : delete);
        } else if (dice < 39 && depth > 0) {
            operation.setRequestTxn(txn(depth - 1));
        }
        return operation.build();
    }

    private Compare compare() {
        Compare.Builder compare = Compare.newBuilder().setKey(key()).setResultValue(random.nextInt(4));
        switch (random.nextInt(5)) {
            case 0 -> compare.setTarget(Compare.CompareTarget.VERSION).setVersion(random.nextInt(4));
            case 1 -> compare.setTarget(Compare.CompareTarget.CREATE).setCreateRevision(bound());
            case 2 -> compare.setTarget(Compare.CompareTarget.MOD).setModRevision(bound());
            case 3 -> compare.setTarget(Compare.CompareTarget.VALUE).setValue(value());
            default ->
                compare.setTarget(Compare.CompareTarget.LEASE).setLease(oneIn(2) ? 0 : LEASES[random.nextInt(3)]);
        }
        return oneIn(3) ? compare.setRangeEnd(end()).build() : compare.build();
    }

    /** @param future whether it starts beyond what is written now, else at some revision there was or will be next */
    WatchCreateRequest watch(boolean future) {
        WatchCreateRequest.Builder watch = WatchCreateRequest.newBuilder()
                .setKey(oneIn(20) ? ByteString.EMPTY : key())
                .setRangeEnd(end())
                .setPrevKv(random.nextBoolean())
                .setFragment(oneIn(3));
        if (future) {
            watch.setStartRevision(revision + 1 + random.nextInt(30));
        } else if (oneIn(2)) {
            watch.setStartRevision(Math.max(1, compacted - 3 + random.nextInt((int) (revision - compacted) + 4)));
        }
        if (oneIn(4)) {
            watch.addFilters(WatchCreateRequest.FilterType.NOPUT);
        }
        if (oneIn(4)) {
            watch.addFilters(WatchCreateRequest.FilterType.NODELETE);
        }
        if (oneIn(4)) {
            watch.setWatchId(1_000_000 + random.nextInt(40));
        }
        return watch.build();
    }

    private ByteString key() {
        return oneIn(60) ? ByteString.EMPTY : oneIn(40) ? ZERO : utf8(KEYS[random.nextInt(KEYS.length)]);
    }

    private ByteString end() {
        return switch (random.nextInt(5)) {
            case 0 -> ByteString.EMPTY;
            case 1 -> ZERO;
            default -> utf8(KEYS[random.nextInt(KEYS.length)] + (oneIn(2) ? "0" : ""));
        };
    }

    private ByteString value() {
        return utf8(VALUES[random.nextInt(VALUES.length)]);
    }

    /** A revision that a request names: mostly readable, else compacted, in the future, or none at all. */
    private long revision() {
        return switch (random.nextInt(8)) {
            case 0 -> compacted;
            case 1 -> compacted - 1;
            case 2 -> revision + random.nextInt(3);
            case 3 -> -1;
            default -> compacted + random.nextInt((int) (revision - compacted) + 1);
        };
    }

    private long bound() {
        return oneIn(3) ? 0 : Math.max(0, revision - random.nextInt(40));
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private static ByteString utf8(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
