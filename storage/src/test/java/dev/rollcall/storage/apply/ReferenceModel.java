package dev.rollcall.storage.apply;

import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.DeleteRangeResponse;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.ResponseHeader;
import dev.rollcall.storage.proto.ResponseOp;
import dev.rollcall.storage.proto.TxnRequest;
import dev.rollcall.storage.proto.TxnResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The store as one would write it down: a full copy of all keys for every revision, ASCII keys, no files, no memory limits.
 * Slow and obvious. A command is tried on a copy and refused (null) as a whole if any part of it fails.
 */
final class ReferenceModel {
    /** Key to its state. */
    private static final class Snapshot extends TreeMap<String, KeyValue> {
        private static final long serialVersionUID = 1;

        Snapshot copy() {
            Snapshot copy = new Snapshot();
            copy.putAll(this);
            return copy;
        }
    }

    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Snapshot i is revision i + 1. */
    private final List<Snapshot> history = new ArrayList<>(List.of(new Snapshot()));
    /** Key and whether it is put, per revision, in order. */
    private final List<List<String>> events = new ArrayList<>(List.of(List.of()));

    final TreeMap<Long, Long> leaseGrants = new TreeMap<>();
    long compacted;

    private Snapshot now = new Snapshot();
    private List<String> changes = new ArrayList<>();

    long revision() {
        return history.size();
    }

    /** What the watchers see of a revision: {@code +key} or {@code -key}. */
    List<String> events(long revision) {
        return events.get((int) revision - 1);
    }

    /** In order. */
    List<String> keysOf(long lease) {
        List<String> keys = new ArrayList<>();
        newest().forEach((key, kv) -> {
            if (kv.getLease() == lease) {
                keys.add(key);
            }
        });
        return keys;
    }

    @Nullable
    PutResponse put(PutRequest request) {
        return attempt(() -> putOp(request));
    }

    @Nullable
    DeleteRangeResponse delete(DeleteRangeRequest request) {
        return attempt(() -> deleteOp(request));
    }

    @Nullable
    TxnResponse txn(TxnRequest request) {
        Snapshot before = newest();
        return attempt(() -> txnOp(request, before).clearHeader().build());
    }

    boolean revoke(long lease) {
        if (leaseGrants.remove(lease) == null) {
            return false;
        }
        for (String key : keysOf(lease)) {
            now.remove(key);
            changes.add("-" + key);
        }
        finish();
        return true;
    }

    /** The answer at a revision that is there, 0 for the newest. */
    RangeResponse range(RangeRequest request, long revision) {
        return rangeOf(request, revision == 0 ? newest() : history.get((int) revision - 1));
    }

    private Snapshot newest() {
        return history.get(history.size() - 1);
    }

    private interface Op<T> {
        T run();
    }

    private <T> @Nullable T attempt(Op<T> op) {
        now = newest().copy();
        changes = new ArrayList<>();
        try {
            T answer = op.run();
            finish();
            return answer;
        } catch (Refused e) {
            now = newest().copy();
            changes = new ArrayList<>();
            return null;
        }
    }

    private void finish() {
        if (!changes.isEmpty()) {
            history.add(now.copy());
            events.add(List.copyOf(changes));
            changes = new ArrayList<>();
        }
    }

    private PutResponse putOp(PutRequest request) {
        String key = request.getKey().toStringUtf8();
        KeyValue previous = now.get(key);
        if (previous == null && (request.getIgnoreValue() || request.getIgnoreLease())) {
            throw new Refused();
        }
        if (request.getLease() != 0 && !leaseGrants.containsKey(request.getLease())) {
            throw new Refused();
        }
        KeyValue old = previous == null ? KeyValue.getDefaultInstance() : previous;
        KeyValue.Builder made = KeyValue.newBuilder()
                .setKey(request.getKey())
                .setCreateRevision(previous == null ? revision() + 1 : old.getCreateRevision())
                .setModRevision(revision() + 1)
                .setVersion(old.getVersion() + 1)
                .setValue(request.getIgnoreValue() ? old.getValue() : request.getValue())
                .setLease(request.getIgnoreLease() ? old.getLease() : request.getLease());
        now.put(key, made.build());
        changes.add("+" + key);
        PutResponse.Builder answer = PutResponse.newBuilder();
        return previous != null && request.getPrevKv()
                ? answer.setPrevKv(previous).build()
                : answer.build();
    }

    private DeleteRangeResponse deleteOp(DeleteRangeRequest request) {
        DeleteRangeResponse.Builder answer = DeleteRangeResponse.newBuilder();
        List<KeyValue> gone = new ArrayList<>(
                in(now, request.getKey().toStringUtf8(), request.getRangeEnd().toStringUtf8())
                        .values());
        for (KeyValue kv : gone) {
            now.remove(kv.getKey().toStringUtf8());
            changes.add("-" + kv.getKey().toStringUtf8());
            if (request.getPrevKv()) {
                answer.addPrevKvs(kv);
            }
        }
        return answer.setDeleted(gone.size()).build();
    }

    private TxnResponse.Builder txnOp(TxnRequest request, Snapshot before) {
        boolean succeeded = request.getCompareList().stream().allMatch(compare -> holds(compare, before));
        TxnResponse.Builder answer = TxnResponse.newBuilder().setSucceeded(succeeded);
        for (RequestOp op : succeeded ? request.getSuccessList() : request.getFailureList()) {
            ResponseOp.Builder response = ResponseOp.newBuilder();
            switch (op.getRequestCase()) {
                case REQUEST_PUT -> {
                    if (op.getRequestPut().getIgnoreValue()
                            && !before.containsKey(op.getRequestPut().getKey().toStringUtf8())) {
                        throw new Refused();
                    }
                    PutResponse.Builder put = putOp(op.getRequestPut()).toBuilder();
                    response.setResponsePut(put.setHeader(header()));
                }
                case REQUEST_DELETE_RANGE -> {
                    DeleteRangeResponse.Builder delete = deleteOp(op.getRequestDeleteRange()).toBuilder();
                    response.setResponseDeleteRange(delete.setHeader(header()));
                }
                case REQUEST_RANGE -> {
                    long at = op.getRequestRange().getRevision();
                    if (at > revision() || (at > 0 && at < compacted)) {
                        throw new Refused();
                    }
                    RangeResponse range = rangeOf(op.getRequestRange(), at == 0 ? now : history.get((int) at - 1));
                    response.setResponseRange(range.toBuilder().setHeader(header()));
                }
                default -> {
                    TxnResponse.Builder nested = txnOp(op.getRequestTxn(), before);
                    response.setResponseTxn(nested.setHeader(ResponseHeader.getDefaultInstance()));
                }
            }
            answer.addResponses(response);
        }
        return answer;
    }

    private ResponseHeader header() {
        return ResponseHeader.newBuilder()
                .setRevision(revision() + (changes.isEmpty() ? 0 : 1))
                .build();
    }

    private static boolean holds(Compare compare, Snapshot snapshot) {
        SortedMap<String, KeyValue> kvs = in(
                snapshot, compare.getKey().toStringUtf8(), compare.getRangeEnd().toStringUtf8());
        boolean byValue = compare.getTarget() == Compare.CompareTarget.VALUE;
        if (kvs.isEmpty()) {
            return !byValue && holds(compare, KeyValue.getDefaultInstance());
        }
        return kvs.values().stream().allMatch(kv -> holds(compare, kv));
    }

    private static boolean holds(Compare compare, KeyValue kv) {
        int order = switch (compare.getTarget()) {
            case VERSION -> Long.compare(kv.getVersion(), compare.getVersion());
            case CREATE -> Long.compare(kv.getCreateRevision(), compare.getCreateRevision());
            case MOD -> Long.compare(kv.getModRevision(), compare.getModRevision());
            case LEASE -> Long.compare(kv.getLease(), compare.getLease());
            default -> kv.getValue().toStringUtf8().compareTo(compare.getValue().toStringUtf8());
        };
        return switch (compare.getResult()) {
            case EQUAL -> order == 0;
            case NOT_EQUAL -> order != 0;
            case GREATER -> order > 0;
            default -> order < 0;
        };
    }

    private static RangeResponse rangeOf(RangeRequest request, Snapshot snapshot) {
        List<KeyValue> kvs = new ArrayList<>(in(
                        snapshot,
                        request.getKey().toStringUtf8(),
                        request.getRangeEnd().toStringUtf8())
                .values());
        RangeResponse.Builder answer = RangeResponse.newBuilder().setCount(kvs.size());
        if (request.getCountOnly()) {
            return answer.build();
        }
        kvs.removeIf(kv -> kv.getModRevision() < request.getMinModRevision());
        // Equals stay in the order of their keys, whichever way it goes.
        boolean byMod = request.getSortTarget() == RangeRequest.SortTarget.MOD;
        Comparator<KeyValue> order = byMod
                ? Comparator.comparingLong(KeyValue::getModRevision)
                : Comparator.comparing(kv -> kv.getKey().toStringUtf8());
        boolean descending = request.getSortOrder() == RangeRequest.SortOrder.DESCEND;
        boolean unordered = request.getSortOrder() == RangeRequest.SortOrder.NONE && request.getMinModRevision() == 0;
        if (byMod && unordered && request.getLimit() > 0 && request.getLimit() < kvs.size()) {
            kvs.subList((int) request.getLimit() + 1, kvs.size()).clear();
        }
        kvs.sort(descending ? order.reversed() : order);
        int limit = request.getLimit() == 0 ? kvs.size() : (int) Math.min(kvs.size(), request.getLimit());
        answer.setMore(limit < kvs.size());
        for (KeyValue kv : kvs.subList(0, limit)) {
            answer.addKvs(request.getKeysOnly() ? kv.toBuilder().clearValue().build() : kv);
        }
        return answer.build();
    }

    private static SortedMap<String, KeyValue> in(Snapshot snapshot, String key, String end) {
        if (end.isEmpty()) {
            return snapshot.subMap(key, key + "\0");
        }
        return end.equals("\0")
                ? snapshot.tailMap(key)
                : key.compareTo(end) >= 0 ? new TreeMap<>() : snapshot.subMap(key, end);
    }
}
