package dev.rollcall.agent.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.rollcall.registry.port.KeyValue;
import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.ResponseOp;
import dev.rollcall.storage.proto.TxnRequest;
import dev.rollcall.storage.proto.TxnResponse;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/** The key-value port's values as messages of the API, and back. */
final class KeyValueMessages {
    private static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});

    private KeyValueMessages() {}

    static Buffer bytes(MessageLite message) {
        return Buffer.buffer(message.toByteArray());
    }

    static <T> T parse(Parser<T> parser, Buffer bytes) throws InvalidProtocolBufferException {
        return parser.parseFrom(bytes.getBytes());
    }

    /** The first key that a prefix can match; the empty prefix matches all. */
    static ByteString firstKey(String prefix) {
        return prefix.isEmpty() ? ZERO : ByteString.copyFromUtf8(prefix);
    }

    /** The key behind all that a prefix matches: the prefix with its last byte that can be raised, raised. */
    static ByteString rangeEnd(String prefix) {
        byte[] end = ByteString.copyFromUtf8(prefix).toByteArray();
        for (int i = end.length - 1; i >= 0; i--) {
            if (end[i] != (byte) 0xff) {
                end[i]++;
                return ByteString.copyFrom(end, 0, i + 1);
            }
        }
        return ZERO;
    }

    /** The key right behind one. */
    static ByteString after(ByteString key) {
        return key.concat(ZERO);
    }

    static KeyValue.Pair pair(dev.rollcall.storage.proto.KeyValue kv) {
        return new KeyValue.Pair(
                kv.getKey().toStringUtf8(),
                kv.getValue().toStringUtf8(),
                kv.getCreateRevision(),
                kv.getModRevision(),
                kv.getLease());
    }

    static KeyValue.Change change(Event event) {
        return new KeyValue.Change(pair(event.getKv()), event.getType() == Event.EventType.DELETE);
    }

    static TxnRequest txn(
            List<KeyValue.Compare> compares, List<? extends KeyValue.Op> success, List<? extends KeyValue.Op> failure) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (KeyValue.Compare compare : compares) {
            txn.addCompare(Compare.newBuilder()
                    .setKey(ByteString.copyFromUtf8(compare.key()))
                    .setTarget(Compare.CompareTarget.MOD)
                    .setResult(Compare.CompareResult.EQUAL)
                    .setModRevision(compare.modRevision()));
        }
        success.forEach(op -> txn.addSuccess(op(op)));
        failure.forEach(op -> txn.addFailure(op(op)));
        return txn.build();
    }

    static KeyValue.TxnResult result(TxnResponse response) {
        List<KeyValue.Pair> found = new ArrayList<>();
        for (ResponseOp op : response.getResponsesList()) {
            for (dev.rollcall.storage.proto.KeyValue kv : op.getResponseRange().getKvsList()) {
                found.add(pair(kv));
            }
        }
        return new KeyValue.TxnResult(
                response.getSucceeded(), response.getHeader().getRevision(), List.copyOf(found));
    }

    /** A watch on a prefix. Split answers are asked for, as a whole revision may be longer than a message may. */
    static WatchRequest watch(String prefix, long fromRevision) {
        return WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder()
                        .setKey(firstKey(prefix))
                        .setRangeEnd(rangeEnd(prefix))
                        .setStartRevision(fromRevision)
                        .setProgressNotify(true)
                        .setFragment(true))
                .build();
    }

    /** The pairs of a page, appended to those before it. */
    static void append(RangeResponse page, List<KeyValue.Pair> pairs) {
        page.getKvsList().forEach(kv -> pairs.add(pair(kv)));
    }

    private static RequestOp op(KeyValue.Op op) {
        RequestOp.Builder request = RequestOp.newBuilder();
        if (op instanceof KeyValue.Put put) {
            request.setRequestPut(PutRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8(put.key()))
                    .setValue(ByteString.copyFromUtf8(put.value()))
                    .setLease(put.lease()));
        } else if (op instanceof KeyValue.Delete delete) {
            request.setRequestDeleteRange(
                    DeleteRangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(delete.key())));
        } else if (op instanceof KeyValue.Get get) {
            request.setRequestRange(RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(get.key())));
        }
        return request.build();
    }
}
