package dev.rollcall.agent.grpc;

import com.google.protobuf.ByteString;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.DeleteRangeResponse;
import dev.rollcall.storage.proto.Event;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A key-value history in memory, as much of etcd's as tests of the wire need. May be shared by several backends. */
public final class MemoryStore {
    private static final Comparator<ByteString> UNSIGNED = ByteString.unsignedLexicographicalComparator();

    private final List<Event> history = new ArrayList<>();
    private final TreeMap<ByteString, KeyValue> now = new TreeMap<>(UNSIGNED);
    private final Map<Long, Long> leases = new HashMap<>();
    private final List<Runnable> listeners = new ArrayList<>();
    private long revision = 1;
    private long compacted;
    private long nextLease = 1000;

    synchronized ResponseHeader header() {
        return ResponseHeader.newBuilder()
                .setClusterId(7)
                .setMemberId(8)
                .setRevision(revision)
                .setRaftTerm(2)
                .build();
    }

    synchronized void listen(Runnable listener) {
        listeners.add(listener);
    }

    synchronized void unlisten(Runnable listener) {
        listeners.remove(listener);
    }

    synchronized int listeners() {
        return listeners.size();
    }

    synchronized long compactRevision() {
        return compacted;
    }

    synchronized List<Event> events(long fromRevision, ByteString key, ByteString end) {
        return history.stream()
                .filter(event -> event.getKv().getModRevision() >= fromRevision
                        && matches(event.getKv().getKey(), key, end))
                .toList();
    }

    synchronized RangeResponse range(RangeRequest request) {
        if (request.getKey().isEmpty()) {
            throw EtcdError.EMPTY_KEY.exception();
        }
        if (request.getRevision() > revision) {
            throw EtcdError.FUTURE_REVISION.exception();
        }
        if (request.getRevision() > 0 && request.getRevision() < compacted) {
            throw EtcdError.COMPACTED.exception();
        }
        Map<ByteString, KeyValue> state = request.getRevision() > 0 ? state(request.getRevision()) : now;
        RangeResponse.Builder response = RangeResponse.newBuilder().setHeader(header());
        for (KeyValue kv : state.values()) {
            if (matches(kv.getKey(), request.getKey(), request.getRangeEnd())) {
                response.setCount(response.getCount() + 1);
                if (request.getLimit() == 0 || response.getKvsCount() < request.getLimit()) {
                    response.addKvs(kv);
                } else {
                    response.setMore(true);
                }
            }
        }
        return response.build();
    }

    synchronized PutResponse put(PutRequest request) {
        revision++;
        putAt(request);
        changed();
        return PutResponse.newBuilder().setHeader(header()).build();
    }

    synchronized DeleteRangeResponse delete(DeleteRangeRequest request) {
        int deleted = deleteAt(revision + 1, request.getKey(), request.getRangeEnd());
        if (deleted > 0) {
            revision++;
            changed();
        }
        return DeleteRangeResponse.newBuilder()
                .setHeader(header())
                .setDeleted(deleted)
                .build();
    }

    synchronized TxnResponse txn(TxnRequest request) {
        boolean succeeded = true;
        for (Compare compare : request.getCompareList()) {
            KeyValue kv = now.get(compare.getKey());
            succeeded &= (kv == null ? 0 : kv.getModRevision()) == compare.getModRevision();
        }
        TxnResponse.Builder response = TxnResponse.newBuilder().setSucceeded(succeeded);
        long before = revision++;
        int changes = history.size();
        for (RequestOp op : succeeded ? request.getSuccessList() : request.getFailureList()) {
            ResponseOp.Builder done = ResponseOp.newBuilder();
            switch (op.getRequestCase()) {
                case REQUEST_PUT -> {
                    putAt(op.getRequestPut());
                    done.setResponsePut(PutResponse.getDefaultInstance());
                }
                case REQUEST_DELETE_RANGE -> {
                    DeleteRangeRequest delete = op.getRequestDeleteRange();
                    deleteAt(revision, delete.getKey(), delete.getRangeEnd());
                    done.setResponseDeleteRange(DeleteRangeResponse.getDefaultInstance());
                }
                case REQUEST_RANGE -> done.setResponseRange(range(op.getRequestRange()));
                default -> throw EtcdError.KEY_NOT_FOUND.exception();
            }
            response.addResponses(done);
        }
        if (history.size() == changes) {
            revision = before;
        } else {
            changed();
        }
        return response.setHeader(header()).build();
    }

    public synchronized void compact(CompactionRequest request) {
        if (request.getRevision() <= compacted) {
            throw EtcdError.COMPACTED.exception();
        }
        compacted = request.getRevision();
        changed();
    }

    synchronized long grant(long id, long ttl) {
        long lease = id == 0 ? nextLease++ : id;
        if (leases.putIfAbsent(lease, ttl) != null) {
            throw EtcdError.LEASE_EXISTS.exception();
        }
        return lease;
    }

    /** TTL of a lease, 0 if there is none. */
    synchronized long ttl(long lease) {
        return leases.getOrDefault(lease, 0L);
    }

    synchronized void revoke(long lease) {
        if (leases.remove(lease) == null) {
            throw EtcdError.LEASE_NOT_FOUND.exception();
        }
        revision++;
        for (KeyValue kv : List.copyOf(now.values())) {
            if (kv.getLease() == lease) {
                deleteAt(revision, kv.getKey(), ByteString.EMPTY);
            }
        }
        changed();
    }

    private void putAt(PutRequest request) {
        if (request.getLease() != 0 && !leases.containsKey(request.getLease())) {
            throw EtcdError.LEASE_NOT_FOUND.exception();
        }
        KeyValue old = now.get(request.getKey());
        KeyValue kv = KeyValue.newBuilder()
                .setKey(request.getKey())
                .setValue(request.getValue())
                .setLease(request.getLease())
                .setCreateRevision(old == null ? revision : old.getCreateRevision())
                .setModRevision(revision)
                .setVersion(old == null ? 1 : old.getVersion() + 1)
                .build();
        now.put(kv.getKey(), kv);
        history.add(Event.newBuilder().setType(Event.EventType.PUT).setKv(kv).build());
    }

    private int deleteAt(long at, ByteString key, ByteString end) {
        int deleted = 0;
        for (ByteString present : List.copyOf(now.keySet())) {
            if (matches(present, key, end)) {
                now.remove(present);
                history.add(Event.newBuilder()
                        .setType(Event.EventType.DELETE)
                        .setKv(KeyValue.newBuilder().setKey(present).setModRevision(at))
                        .build());
                deleted++;
            }
        }
        return deleted;
    }

    private void changed() {
        List.copyOf(listeners).forEach(Runnable::run);
    }

    private Map<ByteString, KeyValue> state(long at) {
        TreeMap<ByteString, KeyValue> state = new TreeMap<>(UNSIGNED);
        for (Event event : history) {
            if (event.getKv().getModRevision() > at) {
                break;
            }
            if (event.getType() == Event.EventType.PUT) {
                state.put(event.getKv().getKey(), event.getKv());
            } else {
                state.remove(event.getKv().getKey());
            }
        }
        return state;
    }

    private static boolean matches(ByteString key, ByteString from, ByteString end) {
        if (end.isEmpty()) {
            return key.equals(from);
        }
        boolean open = end.size() == 1 && end.byteAt(0) == 0;
        return UNSIGNED.compare(key, from) >= 0 && (open || UNSIGNED.compare(key, end) < 0);
    }
}
