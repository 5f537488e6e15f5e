package dev.rollcall.storage.apply;

import static dev.rollcall.storage.apply.TestMember.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.mvcc.KvStore;
import dev.rollcall.storage.mvcc.RangeResult;
import dev.rollcall.storage.mvcc.RevisionEvents;
import dev.rollcall.storage.mvcc.RevisionFeed;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * One writer, many readers. Every transaction writes the same number to all keys, at times after it has deleted them, so
 * a reader that sees two numbers, or some keys without the others, has seen half a revision.
 */
class ConcurrentReadersTest {
    private static final int KEYS = 20;
    private static final int ROUNDS = 1000;
    private static final RangeRequest ALL =
            RangeRequest.newBuilder().setKey(bytes("k")).setRangeEnd(bytes("l")).build();

    private final TestMember member = new TestMember(new StateLimits(2048, 8192), 1 << KvRow.SUB_BITS);
    private final AtomicBoolean done = new AtomicBoolean();

    @Test
    void everyReaderSeesWholeRevisions() throws Exception {
        ExecutorService readers = Executors.newFixedThreadPool(3);
        try {
            List<Future<Long>> results =
                    List.of(readers.submit(reader(0)), readers.submit(reader(5)), readers.submit(this::watch));
            write();
            done.set(true);
            for (Future<Long> result : results) {
                result.get();
            }
            assertEquals(member.state().kv().revision(), results.get(2).get());
        } finally {
            done.set(true);
            readers.shutdownNow();
        }
    }

    private void write() {
        for (int round = 0; round < ROUNDS; round++) {
            if (round % 5 == 4) {
                member.deleteRange("k", "l");
            } else {
                TxnRequest.Builder txn = TxnRequest.newBuilder();
                for (int key = 0; key < KEYS; key++) {
                    txn.addSuccess(RequestOp.newBuilder()
                            .setRequestPut(PutRequest.newBuilder()
                                    .setKey(bytes("k" + key))
                                    .setValue(bytes("round " + round))));
                }
                member.txn(txn);
            }
            if (round % 50 == 49) {
                member.compact(member.state().kv().revision() - 20);
            }
            member.state().compactStep(100);
            if (round % 3 == 0) {
                member.flush();
            }
        }
    }

    /** Reads at the newest revision less {@code back}. */
    private Callable<Long> reader(long back) {
        return () -> {
            KvStore kv = member.state().kv();
            long reads = 0;
            while (!done.get()) {
                long revision = back == 0 ? 0 : Math.max(1, kv.revision() - back);
                try {
                    check(kv.range(ALL.toBuilder().setRevision(revision).build()), revision);
                } catch (EtcdException e) {
                    assertEquals(EtcdError.COMPACTED.text(), e.text());
                }
                reads++;
            }
            return reads;
        };
    }

    private static void check(RangeResult result, long revision) {
        List<KeyValue> kvs = result.body().getKvsList();
        if (!kvs.isEmpty()) {
            assertEquals(KEYS, kvs.size());
            KeyValue first = kvs.get(0);
            for (KeyValue kv : kvs) {
                assertEquals(first.getValue(), kv.getValue());
                assertEquals(first.getModRevision(), kv.getModRevision());
            }
            assertEquals(revision == 0 ? result.revision() : revision, first.getModRevision());
        }
    }

    /** Follows the feed to its end; never misses a revision unless compaction passes it. */
    private Long watch() {
        RevisionFeed feed = member.state().kv().feed();
        KvStore kv = member.state().kv();
        long next = 2;
        while (!done.get() || next <= feed.published()) {
            if (next > feed.published()) {
                Thread.onSpinWait();
                continue;
            }
            List<RevisionEvents> events;
            try {
                events = next < feed.ringStart() ? feed.history(next, feed.ringStart() - 1, 10) : feed.pull(next, 10);
            } catch (EtcdException e) {
                next = kv.compactRevision();
                continue;
            }
            for (RevisionEvents revision : events) {
                assertEquals(next, revision.revision());
                assertEquals(KEYS, revision.events().size());
                next++;
            }
        }
        return next - 1;
    }
}
