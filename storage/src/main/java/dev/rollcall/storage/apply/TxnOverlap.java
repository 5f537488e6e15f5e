package dev.rollcall.storage.apply;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.mvcc.KeyRange;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Refuses a transaction that could put a key twice, or put and delete it, in one revision. The two branches of a
 * transaction exclude each other, so they may name the same keys; two deletes may overlap.
 *
 * <p>Stricter than etcd in two cases, on purpose: etcd overlooks a nested transaction that deletes what an earlier nested one
 * beside it has put, and a delete without end ({@code range_end} one zero byte) beside a put; either gives one key two events
 * in one revision.
 */
final class TxnOverlap {
    private TxnOverlap() {}

    static void check(TxnRequest request) {
        touched(request.getSuccessList());
        touched(request.getFailureList());
    }

    /** Keys that some operations may put and delete. */
    private static final class Touched {
        final TreeSet<byte[]> puts = new TreeSet<>(Arrays::compareUnsigned);
        /** Disjoint ranges by their first key, mapped to the first key behind; an empty one means there is no end. */
        final TreeMap<byte[], byte[]> deletes = new TreeMap<>(Arrays::compareUnsigned);

        void put(byte[] key) {
            refusePut(key);
            puts.add(key);
        }

        private void refusePut(byte[] key) {
            if (deleted(key) || puts.contains(key)) {
                throw EtcdError.DUPLICATE_KEY.exception();
            }
        }

        boolean deleted(byte[] key) {
            Map.Entry<byte[], byte[]> range = deletes.floorEntry(key);
            return range != null && before(key, range.getValue());
        }

        void delete(byte[] from, byte[] to) {
            refuseDelete(from, to);
            cover(from, to);
        }

        private void refuseDelete(byte[] from, byte[] to) {
            byte[] put = puts.ceiling(from);
            if (put != null && before(put, to)) {
                throw EtcdError.DUPLICATE_KEY.exception();
            }
        }

        private void cover(byte[] from, byte[] to) {
            byte[] start = from;
            byte[] end = to;
            Map.Entry<byte[], byte[]> left = deletes.floorEntry(from);
            if (left != null && !before(left.getValue(), from)) {
                start = left.getKey();
                end = later(end, left.getValue());
            }
            Map.Entry<byte[], byte[]> right = deletes.ceilingEntry(start);
            while (right != null && !before(end, right.getKey())) {
                end = later(end, right.getValue());
                deletes.remove(right.getKey());
                right = deletes.ceilingEntry(start);
            }
            deletes.put(start, end);
        }

        /**
         * What this does as well as what the other does, both in one revision. The other is not compared with itself: what
         * it puts and what it deletes may belong to branches that exclude each other.
         */
        void and(Touched other) {
            other.puts.forEach(this::refusePut);
            other.deletes.forEach(this::refuseDelete);
            or(other);
        }

        /** What either this or the other does, never both. */
        void or(Touched other) {
            puts.addAll(other.puts);
            other.deletes.forEach(this::cover);
        }

        private static byte[] later(byte[] a, byte[] b) {
            return a.length == 0 || b.length == 0 ? new byte[0] : Arrays.compareUnsigned(a, b) < 0 ? b : a;
        }

        /** Whether {@code key} lies before {@code end}, where an empty end is beyond every key. */
        private static boolean before(byte[] key, byte[] end) {
            return end.length == 0 || (key.length > 0 && Arrays.compareUnsigned(key, end) < 0);
        }
    }

    private static Touched touched(List<RequestOp> ops) {
        Touched all = new Touched();
        for (RequestOp op : ops) {
            switch (op.getRequestCase()) {
                case REQUEST_PUT -> all.put(op.getRequestPut().getKey().toByteArray());
                case REQUEST_DELETE_RANGE -> {
                    KeyRange range = KeyRange.of(
                            op.getRequestDeleteRange().getKey(),
                            op.getRequestDeleteRange().getRangeEnd());
                    if (!range.isEmpty()) {
                        byte[] to = range.to();
                        all.delete(range.from(), to == null ? new byte[0] : to);
                    }
                }
                case REQUEST_TXN -> {
                    Touched either = touched(op.getRequestTxn().getSuccessList());
                    either.or(touched(op.getRequestTxn().getFailureList()));
                    all.and(either);
                }
                default -> {
                    // A range changes nothing.
                }
            }
        }
        return all;
    }
}
