package dev.rollcall.agent.process;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.process.LiveCluster.Node;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.AlarmMember;
import dev.rollcall.storage.proto.AlarmRequest;
import dev.rollcall.storage.proto.AlarmResponse;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.CompactionResponse;
import dev.rollcall.storage.proto.DefragmentRequest;
import dev.rollcall.storage.proto.DefragmentResponse;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.DeleteRangeResponse;
import dev.rollcall.storage.proto.HashKVRequest;
import dev.rollcall.storage.proto.HashKVResponse;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The store of a live cluster through one of its members, in strings. Refusals are {@link EtcdException}s. */
final class Store {
    private final LiveCluster cluster;
    private final Node at;

    Store(LiveCluster cluster, Node at) {
        this.cluster = cluster;
        this.at = at;
    }

    static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    /** The revision it got. */
    long put(String key, String value) {
        return put(key, value, 0);
    }

    long put(String key, String value, long lease) {
        PutRequest request = PutRequest.newBuilder()
                .setKey(bytes(key))
                .setValue(bytes(value))
                .setLease(lease)
                .build();
        return cluster.call(at, EtcdMethod.PUT, request, PutResponse.parser())
                .getHeader()
                .getRevision();
    }

    /** Puts so many keys with values of this size. */
    void putMany(String prefix, int count, int valueBytes) {
        for (int i = 0; i < count; i++) {
            put(prefix + i, "v".repeat(valueBytes));
        }
    }

    /** Puts until these members' logs no longer hold what follows this entry. */
    void putUntilLogsBeginBehind(long index, List<Node> members) {
        for (Node member : members) {
            Eventually.holds("the log of " + member + " begins behind entry " + (index + 1), () -> {
                put("more", "1");
                return member.firstIndex() > index + 1;
            });
        }
    }

    /** How many it deleted. */
    long delete(String key) {
        DeleteRangeRequest request =
                DeleteRangeRequest.newBuilder().setKey(bytes(key)).build();
        return cluster.call(at, EtcdMethod.DELETE_RANGE, request, DeleteRangeResponse.parser())
                .getDeleted();
    }

    /** The value as a linearizable read has it, null if there is none. */
    @Nullable
    String get(String key) {
        return get(key, false);
    }

    @Nullable
    String get(String key, boolean serializable) {
        RangeRequest request = RangeRequest.newBuilder()
                .setKey(bytes(key))
                .setSerializable(serializable)
                .build();
        List<KeyValue> found = cluster.call(at, EtcdMethod.RANGE, request, RangeResponse.parser())
                .getKvsList();
        return found.isEmpty() ? null : found.get(0).getValue().toStringUtf8();
    }

    /** All keys with their values, as of one linearizable read. */
    Map<String, String> all() {
        RangeRequest request = RangeRequest.newBuilder()
                .setKey(bytes("\0"))
                .setRangeEnd(bytes("\0"))
                .build();
        Map<String, String> found = new TreeMap<>();
        cluster.call(at, EtcdMethod.RANGE, request, RangeResponse.parser())
                .getKvsList()
                .forEach(kv ->
                        found.put(kv.getKey().toStringUtf8(), kv.getValue().toStringUtf8()));
        return found;
    }

    /** Alarms that are raised. */
    List<AlarmMember> alarms() {
        AlarmRequest request = AlarmRequest.newBuilder()
                .setAction(AlarmRequest.AlarmAction.GET)
                .build();
        return cluster.call(at, EtcdMethod.ALARM, request, AlarmResponse.parser())
                .getAlarmsList();
    }

    void compact(long revision) {
        CompactionRequest request =
                CompactionRequest.newBuilder().setRevision(revision).build();
        cluster.call(at, EtcdMethod.COMPACT, request, CompactionResponse.parser());
    }

    void defragment() {
        cluster.call(at, EtcdMethod.DEFRAGMENT, DefragmentRequest.getDefaultInstance(), DefragmentResponse.parser());
    }

    /** Waits until these members hold the same keys, revisions and leases' keys. */
    static void awaitSame(LiveCluster cluster, List<Node> members) {
        Eventually.holds("all members hold the same", () -> {
            Set<List<Long>> seen = new HashSet<>();
            for (Node member : members) {
                HashKVResponse hash = cluster.call(
                        member, EtcdMethod.HASH_KV, HashKVRequest.getDefaultInstance(), HashKVResponse.parser());
                seen.add(List.of(hash.getHashRevision(), (long) hash.getHash()));
            }
            return seen.size() == 1;
        });
    }
}
