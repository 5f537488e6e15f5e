package dev.rollcall.storage.mvcc;

import com.google.protobuf.ByteString;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeRequest.SortOrder;
import dev.rollcall.storage.proto.RangeRequest.SortTarget;
import dev.rollcall.storage.proto.RangeResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One range at one pinned revision. Order of work: what is there, filter, sort, limit; the count knows neither filter nor
 * limit. Source: etcd v3.6, {@code server/etcdserver/txn/range.go}.
 */
final class RangeQuery {
    /** A light answer looks at no more keys than this. */
    static final int LIGHT_KEYS = 1000;
    /** A light answer has no more bytes of keys and values than this. */
    static final long LIGHT_BYTES = 1 << 20;

    private static final Comparator<KeyValue> BY_VALUE =
            Comparator.comparing(KeyValue::getValue, ByteString.unsignedLexicographicalComparator());

    private final Generation store;
    private final RangeRequest request;
    private final boolean light;
    private final AnswerGrowth growth;
    private final boolean sorted;
    private final boolean byValue;
    private long bytes;
    private boolean heavy;

    RangeQuery(Generation store, RangeRequest request, boolean light, AnswerGrowth growth) {
        this.store = store;
        this.request = request;
        this.light = light;
        this.growth = growth;
        // Keys come in ascending order as they are; any other target without an order means ascending.
        boolean byKey = request.getSortTarget() == SortTarget.KEY;
        sorted = !byKey || request.getSortOrder() == SortOrder.DESCEND;
        byValue = request.getSortTarget() == SortTarget.VALUE;
    }

    /** Whether {@link #build} gave up because the answer is no light one. */
    boolean heavy() {
        return heavy;
    }

    /**
     * The answer, or null if it is {@link #heavy()} or if compaction has meanwhile dropped what belongs in it. Blocks on the
     * disk unless it is to be light.
     */
    RangeResponse.@Nullable Builder build(long pinned) {
        List<Revision> found = new ArrayList<>();
        RangeResponse.Builder answer = RangeResponse.newBuilder();
        long passed = collect(pinned, found, answer);
        if (heavy) {
            return null;
        }
        if (request.getCountOnly()) {
            return answer;
        }
        List<KeyValue> kvs = byValue ? sortedByValue(found) : shaped(found);
        if (kvs == null) {
            return null;
        }
        long limit = request.getLimit();
        answer.setMore(limit > 0 && passed > limit);
        return answer.addAllKvs(kvs);
    }

    private long collect(long pinned, List<Revision> found, RangeResponse.Builder answer) {
        long limit = collected();
        long count = 0;
        long passed = 0;
        int looked = 0;
        for (KeyHistory history : store.index.in(KeyRange.of(request.getKey(), request.getRangeEnd()))) {
            if (light && ++looked > LIGHT_KEYS) {
                heavy = true;
                return 0;
            }
            Revision revision = history.at(pinned);
            if (revision == null || revision.tombstone()) {
                continue;
            }
            count++;
            if (!request.getCountOnly() && passes(revision)) {
                passed++;
                if (passed <= limit) {
                    found.add(revision);
                }
            }
        }
        answer.setCount(count);
        return passed;
    }

    /** How many that pass are of interest, in the order of keys. */
    private long collected() {
        long limit = request.getLimit();
        if (limit <= 0) {
            return Long.MAX_VALUE;
        }
        if (!sorted) {
            return limit;
        }
        // As in etcd: a target without an order sorts only what the limit, and one more, leaves of the keys.
        return request.getSortOrder() == SortOrder.NONE && !filtered() ? limit + 1 : Long.MAX_VALUE;
    }

    private boolean filtered() {
        return request.getMaxModRevision() != 0
                || request.getMinModRevision() != 0
                || request.getMaxCreateRevision() != 0
                || request.getMinCreateRevision() != 0;
    }

    private boolean passes(Revision revision) {
        return (request.getMaxModRevision() == 0 || revision.main() <= request.getMaxModRevision())
                && (request.getMinModRevision() == 0 || revision.main() >= request.getMinModRevision())
                && (request.getMaxCreateRevision() == 0 || revision.createRevision <= request.getMaxCreateRevision())
                && (request.getMinCreateRevision() == 0 || revision.createRevision >= request.getMinCreateRevision());
    }

    /** Sorts before it reads any value: only what the limit leaves is read. */
    private @Nullable List<KeyValue> shaped(List<Revision> found) {
        if (sorted) {
            Comparator<Revision> order = switch (request.getSortTarget()) {
                case VERSION -> Comparator.comparingLong(revision -> revision.version);
                case CREATE -> Comparator.comparingLong(revision -> revision.createRevision);
                case MOD -> Comparator.comparingLong(Revision::main);
                default -> (a, b) -> java.util.Arrays.compareUnsigned(a.owner.key, b.owner.key);
            };
            found.sort(descending() ? order.reversed() : order);
        }
        return read(limited(found), request.getKeysOnly());
    }

    private @Nullable List<KeyValue> sortedByValue(List<Revision> found) {
        List<KeyValue> kvs = read(found, false);
        if (kvs == null) {
            return null;
        }
        kvs.sort(descending() ? BY_VALUE.reversed() : BY_VALUE);
        List<KeyValue> left = limited(kvs);
        if (request.getKeysOnly()) {
            left.replaceAll(kv -> kv.toBuilder().clearValue().build());
        }
        return left;
    }

    private @Nullable List<KeyValue> read(List<Revision> revisions, boolean keysOnly) {
        List<KeyValue> kvs = new ArrayList<>(revisions.size());
        for (Revision revision : revisions) {
            byte[] value = keysOnly ? null : light ? store.values.inMemory(revision) : store.values.get(revision);
            if (value == null && !keysOnly) {
                heavy = light;
                return null;
            }
            long size = revision.owner.key.length + (value == null ? 0L : value.length);
            bytes += size;
            if (light && bytes > LIGHT_BYTES) {
                heavy = true;
                return null;
            }
            growth.by(size);
            kvs.add(KeyValues.of(revision, value));
        }
        return kvs;
    }

    private boolean descending() {
        return request.getSortOrder() == SortOrder.DESCEND;
    }

    private <T> List<T> limited(List<T> all) {
        long limit = request.getLimit();
        return limit > 0 && all.size() > limit ? all.subList(0, (int) limit) : all;
    }
}
