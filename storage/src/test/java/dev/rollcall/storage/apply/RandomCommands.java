package dev.rollcall.storage.apply;

import static dev.rollcall.storage.apply.TestMember.bytes;

import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.Compare.CompareResult;
import dev.rollcall.storage.proto.Compare.CompareTarget;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeRequest.SortOrder;
import dev.rollcall.storage.proto.RangeRequest.SortTarget;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import java.util.random.RandomGenerator;

/** Commands from a seed, over few keys and leases, so that they meet. */
final class RandomCommands {
    static final int LEASES = 5;
    private static final int KEYS = 12;

    private final RandomGenerator random;

    RandomCommands(RandomGenerator random) {
        this.random = random;
    }

    PutRequest put() {
        boolean ignoreValue = oneIn(10);
        boolean ignoreLease = oneIn(10);
        return PutRequest.newBuilder()
                .setKey(bytes(key()))
                .setValue(bytes(ignoreValue ? "" : "v" + random.nextInt(4)))
                .setLease(!ignoreLease && oneIn(3) ? lease() : 0)
                .setPrevKv(oneIn(2))
                .setIgnoreValue(ignoreValue)
                .setIgnoreLease(ignoreLease)
                .build();
    }

    DeleteRangeRequest delete() {
        return DeleteRangeRequest.newBuilder()
                .setKey(bytes(key()))
                .setRangeEnd(bytes(end()))
                .setPrevKv(oneIn(2))
                .build();
    }

    RangeRequest range() {
        return RangeRequest.newBuilder()
                .setKey(bytes(key()))
                .setRangeEnd(bytes(end()))
                .setLimit(oneIn(3) ? 1 + random.nextInt(4) : 0)
                .setKeysOnly(oneIn(6))
                .setCountOnly(oneIn(10))
                .setMinModRevision(oneIn(5) ? random.nextInt(200) : 0)
                .setSortOrder(oneIn(4) ? SortOrder.DESCEND : SortOrder.NONE)
                .setSortTarget(oneIn(4) ? SortTarget.MOD : SortTarget.KEY)
                .build();
    }

    /** May break the form's rules; whoever uses it checks. */
    TxnRequest txn(long newest, int depth) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (int i = random.nextInt(3); i > 0; i--) {
            txn.addCompare(compare(newest));
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            txn.addSuccess(op(newest, depth));
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            txn.addFailure(op(newest, depth));
        }
        return txn.build();
    }

    private RequestOp op(long newest, int depth) {
        RequestOp.Builder op = RequestOp.newBuilder();
        return switch (random.nextInt(depth > 0 ? 6 : 5)) {
            case 0, 1 -> op.setRequestPut(put()).build();
            case 2 -> op.setRequestDeleteRange(delete()).build();
            case 3 -> op.setRequestRange(range()).build();
            case 4 ->
                op.setRequestRange(range().toBuilder()
                                .setSortTarget(SortTarget.KEY)
                                .setRevision(oneIn(3) ? random.nextLong(newest + 2) : 0))
                        .build();
            default -> op.setRequestTxn(txn(newest, depth - 1)).build();
        };
    }

    private Compare compare(long newest) {
        Compare.Builder compare = Compare.newBuilder()
                .setKey(bytes(key()))
                .setRangeEnd(bytes(oneIn(4) ? end() : ""))
                .setResult(CompareResult.forNumber(random.nextInt(4)));
        switch (random.nextInt(5)) {
            case 0 -> compare.setTarget(CompareTarget.VERSION).setVersion(random.nextInt(3));
            case 1 -> compare.setTarget(CompareTarget.CREATE).setCreateRevision(random.nextLong(newest + 1));
            case 2 -> compare.setTarget(CompareTarget.MOD).setModRevision(random.nextLong(newest + 1));
            case 3 -> compare.setTarget(CompareTarget.VALUE).setValue(bytes("v" + random.nextInt(4)));
            default -> compare.setTarget(CompareTarget.LEASE).setLease(random.nextInt(LEASES + 1));
        }
        return compare.build();
    }

    long lease() {
        return 1L + random.nextInt(LEASES);
    }

    boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private String key() {
        return "k" + (char) ('a' + random.nextInt(KEYS));
    }

    /** Mostly one key, at times a range, all from it on, or a reversed range. */
    private String end() {
        return switch (random.nextInt(8)) {
            case 0, 1 -> key();
            case 2 -> "\0";
            default -> "";
        };
    }
}
