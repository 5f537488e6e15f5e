package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.process.LiveCluster.Node;
import dev.rollcall.storage.proto.HashKVRequest;
import dev.rollcall.storage.proto.HashKVResponse;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * One writer at each member, one write after the other, each key once. What was acknowledged must be there at the end; and a
 * member that is up must acknowledge what it is given, whatever happens to the others.
 */
final class LiveWriters implements AutoCloseable {
    private static final ByteString PREFIX = ByteString.copyFromUtf8("w/");
    private static final ByteString END = ByteString.copyFromUtf8("w0");

    private final class Writer {
        final Node at;
        final Thread thread;
        final int begun = ++writers;
        volatile boolean stop;

        Writer(Node at) {
            this.at = at;
            this.thread = new Thread(this::run, "writer-" + at);
        }

        private void run() {
            for (int n = 0; !stop; n++) {
                String key = "w/" + at + "/" + begun + "/" + n;
                PutRequest put = PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setValue(ByteString.copyFromUtf8("v" + key))
                        .build();
                try {
                    cluster.call(at, EtcdMethod.PUT, put, PutResponse.parser());
                    acknowledged.put(key, "v" + key);
                } catch (RuntimeException e) {
                    if (!stop) {
                        failures.add(at + ": " + e.getMessage());
                    }
                }
            }
        }
    }

    private final LiveCluster cluster;
    private final Map<String, String> acknowledged = new ConcurrentSkipListMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final Map<String, Writer> running = new TreeMap<>();
    private int writers;

    LiveWriters(LiveCluster cluster) {
        this.cluster = cluster;
    }

    /** Writes at this member from now on. */
    LiveWriters at(Node node) {
        Writer writer = new Writer(node);
        running.put(node.name, writer);
        writer.thread.start();
        return this;
    }

    /** Not any more at this one, which is about to go: waits for the last answer. */
    void leave(Node node) {
        Writer writer = running.remove(node.name);
        if (writer != null) {
            writer.stop = true;
            join(writer);
        }
    }

    boolean isAt(Node node) {
        return running.containsKey(node.name);
    }

    /** Some more writes at each member. */
    void awaitProgress() {
        for (Writer writer : List.copyOf(running.values())) {
            long before = count(writer);
            Eventually.holds(writer.at + " acknowledges writes", () -> count(writer) >= before + 10);
        }
    }

    private long count(Writer writer) {
        String prefix = "w/" + writer.at + "/" + writer.begun + "/";
        return acknowledged.keySet().stream()
                .filter(key -> key.startsWith(prefix))
                .count();
    }

    /** Stops all; nothing failed, and what was acknowledged is at every one of these, and the same. */
    void assertNothingFailedOrIsLost(Collection<Node> members) {
        close();
        assertEquals(List.of(), List.copyOf(failures), "at members that were up");
        assertTrue(acknowledged.size() > 200, "too few writes to show anything: " + acknowledged.size());
        Set<List<Long>> states = new HashSet<>();
        for (Node node : members) {
            RangeRequest all =
                    RangeRequest.newBuilder().setKey(PREFIX).setRangeEnd(END).build();
            RangeResponse found = cluster.call(node, EtcdMethod.RANGE, all, RangeResponse.parser());
            Map<String, String> there = new TreeMap<>();
            for (KeyValue kv : found.getKvsList()) {
                there.put(kv.getKey().toStringUtf8(), kv.getValue().toStringUtf8());
            }
            acknowledged.forEach((key, value) -> assertEquals(value, there.get(key), key + " is lost at " + node));
            long revision = found.getHeader().getRevision();
            HashKVRequest hash =
                    HashKVRequest.newBuilder().setRevision(revision).build();
            states.add(List.of(revision, (long) cluster.call(node, EtcdMethod.HASH_KV, hash, HashKVResponse.parser())
                    .getHash()));
        }
        assertEquals(1, states.size(), () -> "members differ: " + states);
    }

    @Override
    public void close() {
        List<Writer> all = new ArrayList<>(running.values());
        running.clear();
        all.forEach(writer -> writer.stop = true);
        all.forEach(LiveWriters::join);
    }

    private static void join(Writer writer) {
        try {
            writer.thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
