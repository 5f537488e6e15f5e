package dev.rollcall.agent.bench.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.ResponseHeader;
import dev.rollcall.storage.proto.TxnRequest;
import dev.rollcall.storage.proto.WatchResponse;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LoadPartsTest {
    private static final LoadOptions OPTIONS = new LoadOptions(1, 100, 8, 256, 1_000, 0, 7);

    @Test
    void putsOfKeysAndValuesOfTheirSize() throws InvalidProtocolBufferException {
        Requests puts = KeyedRequests.puts(OPTIONS, 0);
        Set<ByteString> keys = new HashSet<>();
        for (int i = 0; i < 500; i++) {
            PutRequest put = PutRequest.parseFrom(puts.next(i, 0));
            assertTrue(
                    put.getKey().toStringUtf8().matches("b0000\\d{3}"),
                    put.getKey().toStringUtf8());
            assertEquals(256, put.getValue().size());
            keys.add(put.getKey());
        }
        assertTrue(keys.size() > 300, keys.size() + " different keys");
    }

    @Test
    void theSameSeedAsksForTheSameKeys() {
        Requests one = KeyedRequests.ranges(OPTIONS, 3, true);
        Requests two = KeyedRequests.ranges(OPTIONS, 3, true);
        Requests otherClient = KeyedRequests.ranges(OPTIONS, 4, true);
        List<String> first = drawn(one);
        assertEquals(first, drawn(two));
        assertNotEquals(first, drawn(otherClient));
        assertNotEquals(first, drawn(KeyedRequests.ranges(OPTIONS.withSeed(8), 3, true)));
    }

    private static List<String> drawn(Requests requests) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            try {
                RangeRequest range = RangeRequest.parseFrom(requests.next(i, 0));
                assertTrue(range.getSerializable());
                keys.add(range.getKey().toStringUtf8());
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException(e);
            }
        }
        return keys;
    }

    @Test
    void allKeysAreEachKeyOnce() throws InvalidProtocolBufferException {
        Requests puts = KeyedRequests.allKeys(OPTIONS);
        Set<ByteString> keys = new HashSet<>();
        for (int i = 0; i < OPTIONS.keySpace(); i++) {
            keys.add(PutRequest.parseFrom(puts.next(i, 0)).getKey());
        }
        assertEquals(OPTIONS.keySpace(), keys.size());
    }

    @Test
    void noTransactionPutsAKeyTwice() throws InvalidProtocolBufferException {
        LoadOptions tight = new LoadOptions(1, 1, 2, 0, 3, 0, 1);
        Requests txns = KeyedRequests.txns(tight, 0, 3);
        for (int i = 0; i < 50; i++) {
            TxnRequest txn = TxnRequest.parseFrom(txns.next(i, 0));
            assertEquals(1, txn.getCompareCount());
            assertEquals(
                    3,
                    txn.getSuccessList().stream()
                            .map(op -> op.getRequestPut().getKey())
                            .distinct()
                            .count());
        }
    }

    @Test
    void aRangeThatFindsNothingIsAnError() {
        Requests ranges = KeyedRequests.ranges(OPTIONS, 0, false);
        assertEquals("the key is not there", ranges.check(28));
        assertNull(ranges.check(300));
    }

    @Test
    void asManyKeysAsDigits() {
        assertEquals(10, Keys.most(2));
        assertEquals(10_000_000, Keys.most(8));
        assertEquals("b0000042", new String(new Keys(8).key(42), java.nio.charset.StandardCharsets.US_ASCII));
    }

    @Test
    void sizesThatMakeNoSense() {
        assertNull(LoadLimits.wrong(OPTIONS, 1, 1));
        assertEquals("clients: 1 to 100000 expected, not 0", LoadLimits.wrong(OPTIONS.withClients(0), 1, 1));
        assertEquals("conns: 1 to 1 expected, not 2", LoadLimits.wrong(OPTIONS, 2, 1));
        assertEquals(
                "key-space: 1 to 10 expected, not 11", LoadLimits.wrong(new LoadOptions(1, 1, 2, 0, 11, 0, 1), 1, 1));
        assertEquals("rate: 0 to 10000000 expected, not -1.0", LoadLimits.wrong(OPTIONS.withRate(-1), 1, 1));
    }

    @Test
    void eventsAndTheFirstBytesOfTheirValues() {
        ByteString stamped = ByteString.copyFrom(ByteBuffer.allocate(20).putLong(0, 4_711L));
        WatchResponse response = WatchResponse.newBuilder()
                .setHeader(ResponseHeader.newBuilder().setClusterId(-1).setRevision(1L << 40))
                .setWatchId(3)
                .setCreated(true)
                .addEvents(Event.newBuilder()
                        .setKv(KeyValue.newBuilder()
                                .setKey(ByteString.copyFromUtf8("k"))
                                .setModRevision(9)
                                .setValue(stamped)
                                .setLease(5)))
                .addEvents(Event.newBuilder()
                        .setType(Event.EventType.DELETE)
                        .setKv(KeyValue.newBuilder().setKey(ByteString.copyFromUtf8("k"))))
                .addEvents(Event.newBuilder().setKv(KeyValue.newBuilder().setValue(ByteString.copyFromUtf8("x"))))
                .build();
        List<String> found = new ArrayList<>();
        byte[] bytes = response.toByteArray();
        WatchAnswer.read(Unpooled.wrappedBuffer(bytes), bytes.length, new WatchAnswer.Found() {
            @Override
            public void created() {
                found.add("created");
            }

            @Override
            public void canceled() {
                found.add("canceled");
            }

            @Override
            public void put(long stamp) {
                found.add("put " + stamp);
            }

            @Override
            public void deleted() {
                found.add("deleted");
            }
        });
        assertEquals(List.of("created", "put 4711", "deleted", "put 0"), found);
    }

    @Test
    void whatWasNotAnsweredIsAnError() throws InterruptedException {
        EventLoop loop = new DefaultEventLoop();
        try {
            Run run = new Run(1, 3, 3, 0);
            assertEquals(0, run.take());
            run.recorder(loop).success(0, 2_000_000);
            run.recorder(loop).success(0, 4_000_000);
            run.leave();
            run.await(Progress.NONE);
            LoadResult result = run.result();
            assertEquals(2, result.operations());
            assertEquals(Map.of("not asked: connection lost", 1L), result.errors());
            assertEquals(1, result.failed());
            assertEquals(3, result.meanMs(), 0.01);
            assertEquals(4, result.percentileMs(99), 0.01);
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    @Test
    void atAFixedRateOperationsAreDueAtFixedTimes() {
        Run run = new Run(1, 10, 10, 100);
        long first = run.dueNanos(0);
        assertEquals(10_000_000, run.dueNanos(1) - first);
        assertEquals(90_000_000, run.dueNanos(9) - first);
        run.stop();
        assertEquals(Run.NONE, run.take());
    }

    @Test
    void errorsWithoutEndAreCountedTogether() {
        Recorder recorder = new Recorder();
        for (int i = 0; i < 1_000; i++) {
            recorder.failure("error " + i, 0);
        }
        recorder.failure("error 0", 0);
        assertEquals(21, recorder.errors().size());
        assertEquals(2, recorder.errors().get("error 0"));
        assertEquals(980, recorder.errors().get("other errors"));
    }
}
