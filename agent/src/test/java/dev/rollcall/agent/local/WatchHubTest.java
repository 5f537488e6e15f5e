package dev.rollcall.agent.local;

import static dev.rollcall.agent.local.LocalFixture.bytes;
import static dev.rollcall.agent.local.LocalFixture.putOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.StateLimits;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.DeleteRangeResponse;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchRequest;
import dev.rollcall.storage.proto.WatchResponse;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How watchers are served: at the front, behind it, and on the way between. */
class WatchHubTest {
    /** Small steps and a small ring, so that few revisions go every way there is. */
    private static final LocalLimits LIMITS =
            LocalLimits.DEFAULT.with(new LocalLimits.Watch(600_000, 1 << 20, 5, 10_000));

    /** Answers of 8 MiB, and large steps: only their size in bytes ends them. */
    private static final LocalLimits LARGE_VALUES = new LocalLimits(
            128, 1 << 21, 7_000, 5_000, 100, 16 << 20, 10_000, 16 << 20, 3_000, LocalLimits.Watch.DEFAULT);

    private static final String LARGE = "x".repeat(1 << 20);

    private static final StateLimits SMALL = new StateLimits(0, 2_000);

    private final LocalFixture local = new LocalFixture(LIMITS, SMALL, true, MemberRole.VOTER);

    @AfterEach
    void close() {
        local.close();
    }

    private StreamCall open(TestSink sink) {
        return local.open(EtcdMethod.WATCH, CallContext.INTERNAL, sink);
    }

    private void watch(StreamCall stream, WatchCreateRequest.Builder request) {
        local.say(stream, WatchRequest.newBuilder().setCreateRequest(request).build());
    }

    private static WatchCreateRequest.Builder on(String key) {
        return WatchCreateRequest.newBuilder().setKey(bytes(key));
    }

    private static WatchResponse next(TestSink sink) {
        return LocalFixture.parse(sink.next(), WatchResponse.getDefaultInstance());
    }

    private void put(String key, String value) {
        local.member.apply(CommandKind.PUT, putOf(key, value).build().toByteArray());
    }

    private void compact(long revision) {
        local.member.apply(
                CommandKind.COMPACT,
                CompactionRequest.newBuilder().setRevision(revision).build().toByteArray());
    }

    private void read(TestSink sink, int messages) {
        local.onLoop(() -> {
            sink.read(messages);
            return true;
        });
    }

    private static List<Long> revisions(TestSink sink, int count) {
        List<Long> seen = new ArrayList<>();
        while (seen.size() < count) {
            for (Event event : next(sink).getEventsList()) {
                seen.add(event.getKv().getModRevision());
            }
        }
        return seen;
    }

    private static List<Long> between(long first, long last) {
        List<Long> all = new ArrayList<>();
        for (long revision = first; revision <= last; revision++) {
            all.add(revision);
        }
        return all;
    }

    @Test
    void slowReaderGetsEverythingLaterAndSlowsNobody() {
        TestSink slow = new TestSink();
        TestSink fast = new TestSink();
        watch(open(slow), on("a"));
        watch(open(fast), on("a"));
        next(slow);
        next(fast);
        read(slow, 0);
        for (int i = 0; i < 200; i++) {
            put("a", "value " + i);
        }
        assertEquals(between(2, 201), revisions(fast, 200));
        assertEquals(0, slow.received());
        // One message at a time, while more is written.
        for (int i = 0; i < 20; i++) {
            read(slow, 1);
            put("a", "more " + i);
        }
        read(slow, Integer.MAX_VALUE);
        assertEquals(between(2, 221), revisions(slow, 220));
    }

    @Test
    void compactionCancelsOnlyWhomItHasOvertaken() {
        TestSink slow = new TestSink();
        TestSink fast = new TestSink();
        watch(open(slow), on("a"));
        watch(open(fast), on("a"));
        next(slow);
        next(fast);
        read(slow, 0);
        for (int i = 0; i < 50; i++) {
            put("a", "value " + i);
        }
        assertEquals(between(2, 51), revisions(fast, 50));
        compact(40);
        read(slow, Integer.MAX_VALUE);
        WatchResponse canceled = next(slow);
        assertTrue(canceled.getCanceled());
        assertEquals(40, canceled.getCompactRevision());
        assertEquals(0, canceled.getEventsCount());
        put("a", "last");
        assertEquals(List.of(52L), revisions(fast, 1));
        assertEquals(0, slow.received());
    }

    @Test
    void loopThatWasHeldUpWhileTheRingWentRoundLosesNothing() throws InterruptedException {
        TestSink plain = new TestSink();
        TestSink previous = new TestSink();
        watch(open(plain), on("a"));
        watch(open(previous), on("a").setPrevKv(true));
        next(plain);
        next(previous);
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Thread holder = new Thread(() -> local.onLoop(() -> {
            held.countDown();
            awaitQuietly(release);
            return true;
        }));
        holder.start();
        held.await();
        for (int i = 0; i < 300; i++) {
            put("a", "value " + i);
        }
        assertTrue(local.member.kv().feed().ringStart() > 100);
        release.countDown();
        holder.join();
        assertEquals(between(2, 301), revisions(plain, 300));
        assertPreviousValues(previous);
    }

    private static void assertPreviousValues(TestSink sink) {
        int seen = 0;
        while (seen < 300) {
            for (Event event : next(sink).getEventsList()) {
                assertEquals(seen + 2, event.getKv().getModRevision());
                assertEquals(seen > 0, event.hasPrevKv());
                if (seen > 0) {
                    assertEquals(bytes("value " + (seen - 1)), event.getPrevKv().getValue());
                }
                seen++;
            }
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void watchersFarBehindMeetThoseThatAreNearer() {
        for (int i = 0; i < 400; i++) {
            put("a", "value " + i);
        }
        List<TestSink> sinks = new ArrayList<>();
        for (int start = 2; start < 400; start += 7) {
            TestSink sink = new TestSink();
            sinks.add(sink);
            watch(open(sink), on("a").setStartRevision(start).setPrevKv(start % 2 == 0));
        }
        put("a", "last");
        for (int i = 0; i < sinks.size(); i++) {
            long start = 2 + 7L * i;
            assertEquals(between(start, 402), revisions(sinks.get(i), (int) (402 - start + 1)));
        }
    }

    @Test
    void manyWatchersOfOneKeyAndOfMany() {
        TestSink sink = new TestSink();
        StreamCall stream = open(sink);
        for (int i = 0; i < 2_000; i++) {
            watch(stream, on("key" + i));
        }
        for (int i = 0; i < 500; i++) {
            watch(stream, on("same"));
        }
        for (int i = 0; i < 2_500; i++) {
            assertTrue(next(sink).getCreated());
        }
        put("key1234", "v");
        assertEquals(1_234, next(sink).getWatchId());
        put("same", "v");
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            ids.add(next(sink).getWatchId());
        }
        ids.sort(null);
        assertEquals(between(2_000, 2_499), ids);
        assertEquals(0, sink.received());
    }

    @Test
    void streamThatCameAfterTheOthersHaveGoneMissesNothing() {
        TestSink first = new TestSink();
        StreamCall gone = open(first);
        watch(gone, on("a"));
        next(first);
        local.onLoop(() -> {
            gone.cancel();
            return true;
        });
        put("a", "1");
        put("a", "2");
        TestSink second = new TestSink();
        watch(open(second), on("a"));
        assertEquals(3, next(second).getHeader().getRevision());
        put("a", "3");
        assertEquals(List.of(4L), revisions(second, 1));
        assertEquals(0, first.received());
    }

    @Test
    void previousValuesAreLookedUpInSteps() {
        // Each revision is small, what it replaced is not: all together would be larger than an answer may be.
        try (LocalFixture small = new LocalFixture(LARGE_VALUES, SMALL, true, MemberRole.VOTER)) {
            for (int i = 0; i < 24; i++) {
                small.put("a" + i, LARGE);
            }
            for (int i = 0; i < 24; i++) {
                small.delete("a" + i);
            }
            TestSink sink = new TestSink();
            TestSink nearer = new TestSink();
            StreamCall stream = small.open(EtcdMethod.WATCH, CallContext.INTERNAL, sink);
            StreamCall other = small.open(EtcdMethod.WATCH, CallContext.INTERNAL, nearer);
            small.onLoop(() -> {
                stream.message(Buffer.buffer(all(26).toByteArray()));
                other.message(Buffer.buffer(all(40).toByteArray()));
                return true;
            });
            assertDeletions(sink, 26, 49);
            assertDeletions(nearer, 40, 49);
            assertEquals(0, nearer.received());
            assertEquals(0, small.backend.heavyReadBytes());
        }
    }

    private static void assertDeletions(TestSink sink, int first, int last) {
        assertTrue(next(sink).getCreated());
        for (int revision = first; revision <= last; ) {
            WatchResponse response = next(sink);
            assertFalse(response.getCanceled(), response.getCancelReason());
            for (Event event : response.getEventsList()) {
                assertEquals(revision, event.getKv().getModRevision());
                assertEquals(LARGE.length(), event.getPrevKv().getValue().size());
                revision++;
            }
        }
    }

    @Test
    void aRevisionThatReplacedMoreThanAnAnswerMayHoldCancelsItsWatcherAlone() {
        try (LocalFixture small = new LocalFixture(LARGE_VALUES, SMALL, true, MemberRole.VOTER)) {
            for (int i = 0; i < 12; i++) {
                small.put("a" + i, LARGE);
            }
            TestSink sink = new TestSink();
            StreamCall stream = small.open(EtcdMethod.WATCH, CallContext.INTERNAL, sink);
            small.say(stream, all(14));
            small.say(
                    stream,
                    WatchRequest.newBuilder()
                            .setCreateRequest(on("a7").setStartRevision(14).setPrevKv(true))
                            .build());
            next(sink);
            next(sink);
            small.call(
                    EtcdMethod.DELETE_RANGE,
                    DeleteRangeRequest.newBuilder()
                            .setKey(bytes("a"))
                            .setRangeEnd(bytes("b"))
                            .build(),
                    DeleteRangeResponse.getDefaultInstance());
            WatchResponse canceled = next(sink);
            WatchResponse event = next(sink);
            if (event.getCanceled()) {
                WatchResponse other = event;
                event = canceled;
                canceled = other;
            }
            assertEquals(0, canceled.getWatchId());
            assertTrue(canceled.getCanceled());
            assertTrue(canceled.getCancelReason().contains("previous values"), canceled.getCancelReason());
            assertEquals(1, event.getWatchId());
            assertEquals(
                    LARGE.length(), event.getEvents(0).getPrevKv().getValue().size());
            small.put("a7", "again");
            assertEquals(15, next(sink).getEvents(0).getKv().getModRevision());
        }
    }

    private static WatchRequest all(long from) {
        return WatchRequest.newBuilder()
                .setCreateRequest(
                        on("a").setRangeEnd(bytes("b")).setStartRevision(from).setPrevKv(true))
                .build();
    }

    @Test
    void oneTaskAtMostWaitsOnTheLoopHoweverOftenItIsWoken() {
        Vertx vertx = Vertx.vertx();
        AtomicInteger tasks = new AtomicInteger();
        Context counting = (Context) Proxy.newProxyInstance(
                Context.class.getClassLoader(), new Class<?>[] {Context.class}, (proxy, method, arguments) -> {
                    tasks.incrementAndGet();
                    return null;
                });
        WatchHub hub = new WatchHub(vertx, counting, local.member::kv, new Workers(vertx, 1, 1), 10);
        hub.wake();
        assertEquals(0, tasks.get(), "nobody watches");
        hub.enter();
        for (int i = 0; i < 100; i++) {
            hub.wake();
        }
        assertEquals(1, tasks.get());
        assertFalse(vertx.close().failed());
    }
}
