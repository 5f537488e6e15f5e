package dev.rollcall.agent.local;

import static dev.rollcall.agent.local.LocalFixture.assertError;
import static dev.rollcall.agent.local.LocalFixture.bytes;
import static dev.rollcall.agent.local.LocalFixture.putOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.CompactionResponse;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import dev.rollcall.storage.proto.TxnResponse;
import dev.rollcall.storage.proto.WatchCancelRequest;
import dev.rollcall.storage.proto.WatchCreateRequest;
import dev.rollcall.storage.proto.WatchProgressRequest;
import dev.rollcall.storage.proto.WatchRequest;
import dev.rollcall.storage.proto.WatchResponse;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is said on a Watch stream. */
class WatchStreamTest {
    private static final int PAGE_BYTES = 1_000;
    private static final LocalLimits LIMITS = new LocalLimits(
            128, 1 << 20, 7_000, 5_000, 100, 1 << 20, 3, 6_000, 50, new LocalLimits.Watch(20, PAGE_BYTES, 100, 4));

    private final LocalFixture local = new LocalFixture(LIMITS);
    private final TestSink sink = new TestSink();
    private final StreamCall stream = local.open(EtcdMethod.WATCH, CallContext.INTERNAL, sink);

    @AfterEach
    void close() {
        local.close();
    }

    private static WatchCreateRequest.Builder watch(String key) {
        return WatchCreateRequest.newBuilder().setKey(bytes(key));
    }

    private void ask(WatchCreateRequest.Builder request) {
        local.say(stream, WatchRequest.newBuilder().setCreateRequest(request).build());
    }

    private WatchResponse create(WatchCreateRequest.Builder request) {
        ask(request);
        return next();
    }

    private WatchResponse next() {
        return LocalFixture.parse(sink.next(), WatchResponse.getDefaultInstance());
    }

    private void askProgress() {
        local.say(
                stream,
                WatchRequest.newBuilder()
                        .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                        .build());
    }

    private void cancel(long id) {
        local.say(
                stream,
                WatchRequest.newBuilder()
                        .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                        .build());
    }

    private void compact(long revision) {
        local.call(
                EtcdMethod.COMPACT,
                CompactionRequest.newBuilder().setRevision(revision).build(),
                CompactionResponse.getDefaultInstance());
    }

    private static List<Long> revisions(WatchResponse response) {
        return response.getEventsList().stream()
                .map(event -> event.getKv().getModRevision())
                .toList();
    }

    @Test
    void creationIsAnsweredWithTheCurrentRevision() {
        local.put("a", "1");
        WatchResponse created = create(watch("a"));
        assertTrue(created.getCreated());
        assertFalse(created.getCanceled());
        assertEquals(0, created.getWatchId());
        assertEquals(2, created.getHeader().getRevision());
        assertEquals(FakeMember.MEMBER, created.getHeader().getMemberId());
    }

    @Test
    void eventsFollow() {
        create(watch("a"));
        local.put("a", "1");
        local.put("b", "other");
        local.delete("a");
        WatchResponse put = next();
        assertEquals(Event.EventType.PUT, put.getEvents(0).getType());
        assertEquals(bytes("1"), put.getEvents(0).getKv().getValue());
        assertEquals(1, put.getEvents(0).getKv().getVersion());
        assertEquals(2, put.getHeader().getRevision());
        WatchResponse deletion = next();
        assertEquals(Event.EventType.DELETE, deletion.getEvents(0).getType());
        assertEquals(
                Event.newBuilder()
                        .setType(Event.EventType.DELETE)
                        .setKv(deletion.getEvents(0).getKv().toBuilder()
                                .clear()
                                .setKey(bytes("a"))
                                .setModRevision(4))
                        .build(),
                deletion.getEvents(0));
    }

    @Test
    void idsArePickedOrGiven() {
        assertEquals(0, create(watch("a")).getWatchId());
        assertEquals(7, create(watch("a").setWatchId(7)).getWatchId());
        assertEquals(1, create(watch("a").setWatchId(1)).getWatchId());
        assertEquals(2, create(watch("a")).getWatchId());
    }

    @Test
    void creationFailsInEtcdsWords() {
        assertRefused("mvcc: watcher range is empty", create(watch("b").setRangeEnd(bytes("a"))));
        assertRefused("mvcc: watcher range is empty", create(watch("b").setRangeEnd(bytes("b"))));
        assertRefused(
                "mvcc: required revision has been compacted", create(watch("b").setStartRevision(-1)));
        create(watch("a").setWatchId(5));
        assertRefused(
                "mvcc: duplicate watch ID provided on the WatchStream",
                create(watch("a").setWatchId(5)));
        local.put("a", "1");
        assertEquals(5, next().getWatchId());
    }

    private static void assertRefused(String reason, WatchResponse response) {
        assertTrue(response.getCreated());
        assertTrue(response.getCanceled());
        assertEquals(-1, response.getWatchId());
        assertEquals(reason, response.getCancelReason());
        assertEquals(1, response.getHeader().getRevision());
    }

    @Test
    void rangesArePrefixesOpenEndedOrEverything() {
        create(watch("b").setWatchId(1).setRangeEnd(bytes("c")));
        create(watch("b").setWatchId(2).setRangeEnd(ByteString.copyFrom(new byte[1])));
        create(watch("").setWatchId(3).setRangeEnd(ByteString.copyFrom(new byte[1])));
        local.put("a", "1");
        local.put("bb", "1");
        local.put("c", "1");
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            WatchResponse response = next();
            response.getEventsList()
                    .forEach(event -> seen.add(
                            response.getWatchId() + event.getKv().getKey().toStringUtf8()));
        }
        seen.sort(null);
        assertEquals(List.of("1bb", "2bb", "2c", "3a", "3bb", "3c"), seen);
    }

    @Test
    void historyComesFirst() {
        local.put("a", "1");
        local.put("b", "1");
        local.put("a", "2");
        assertTrue(create(watch("a").setStartRevision(2)).getCreated());
        List<Long> seen = new ArrayList<>(revisions(next()));
        local.put("a", "3");
        while (seen.size() < 3) {
            seen.addAll(revisions(next()));
        }
        assertEquals(List.of(2L, 4L, 5L), seen);
    }

    @Test
    void revisionOneIsTheBeginning() {
        create(watch("a").setStartRevision(1));
        local.put("a", "1");
        assertEquals(List.of(2L), revisions(next()));
        create(watch("a").setStartRevision(1));
        assertEquals(List.of(2L), revisions(next()));
    }

    @Test
    void startInTheFutureIsSilentUntilThen() {
        create(watch("a").setStartRevision(4));
        local.put("a", "1");
        local.put("a", "2");
        askProgress();
        local.put("a", "3");
        WatchResponse first = next();
        assertEquals(List.of(4L), revisions(first));
        askProgress();
        assertEquals(4, next().getHeader().getRevision());
    }

    @Test
    void filtersLeaveOutPutsOrDeletes() {
        create(watch("a").setWatchId(1).addFilters(WatchCreateRequest.FilterType.NOPUT));
        create(watch("a").setWatchId(2).addFilters(WatchCreateRequest.FilterType.NODELETE));
        local.put("a", "1");
        assertEquals(2, next().getWatchId());
        local.delete("a");
        assertEquals(1, next().getWatchId());
        local.put("a", "2");
        assertEquals(2, next().getWatchId());
    }

    @Test
    void previousValueComesWhenAskedFor() {
        create(watch("a").setPrevKv(true));
        local.put("a", "1");
        assertFalse(next().getEvents(0).hasPrevKv());
        local.put("a", "2");
        Event put = next().getEvents(0);
        assertEquals(bytes("1"), put.getPrevKv().getValue());
        assertEquals(2, put.getPrevKv().getModRevision());
        local.delete("a");
        assertEquals(bytes("2"), next().getEvents(0).getPrevKv().getValue());
        local.put("a", "3");
        assertFalse(next().getEvents(0).hasPrevKv());
    }

    @Test
    void previousValueIsAbsentOnceCompacted() {
        local.put("a", "1");
        local.put("a", "2");
        local.put("a", "3");
        compact(3);
        create(watch("a").setPrevKv(true).setStartRevision(3));
        WatchResponse response = next();
        assertFalse(response.getEvents(0).hasPrevKv());
        assertEquals(bytes("2"), response.getEvents(1).getPrevKv().getValue());
    }

    @Test
    void cancelledWatcherIsSilent() {
        create(watch("a").setWatchId(1));
        create(watch("a").setWatchId(2));
        cancel(9);
        cancel(1);
        WatchResponse canceled = next();
        assertEquals(1, canceled.getWatchId());
        assertTrue(canceled.getCanceled());
        assertFalse(canceled.getCreated());
        assertEquals("", canceled.getCancelReason());
        assertEquals(1, canceled.getHeader().getRevision());
        local.put("a", "1");
        assertEquals(2, next().getWatchId());
        assertEquals(0, sink.received());
    }

    @Test
    void startBelowTheCompactRevisionIsCancelledWithIt() {
        local.put("a", "1");
        local.put("a", "2");
        local.put("a", "3");
        compact(3);
        WatchResponse created = create(watch("a").setStartRevision(2));
        assertTrue(created.getCreated());
        assertFalse(created.getCanceled());
        WatchResponse canceled = next();
        assertTrue(canceled.getCanceled());
        assertEquals(3, canceled.getCompactRevision());
        assertEquals(0, canceled.getHeader().getRevision());
        assertEquals("", canceled.getCancelReason());
    }

    @Test
    void compactedRevisionItselfIsSeenWithItsTombstone() {
        local.put("a", "1");
        local.delete("a");
        local.put("b", "1");
        compact(3);
        create(watch("a").setStartRevision(3));
        WatchResponse response = next();
        assertEquals(Event.EventType.DELETE, response.getEvents(0).getType());
        assertEquals(List.of(3L), revisions(response));
    }

    @Test
    void progressIsOfAllWatchersOrNotGiven() {
        askProgress();
        create(watch("a"));
        create(watch("b"));
        local.put("x", "1");
        askProgress();
        WatchResponse progress = next();
        assertEquals(-1, progress.getWatchId());
        assertEquals(2, progress.getHeader().getRevision());
        assertEquals(0, progress.getEventsCount());
        assertFalse(progress.getCreated() || progress.getCanceled());
        assertEquals(0, sink.received());
    }

    @Test
    void progressComesAfterTheEventsItCovers() {
        create(watch("a"));
        local.onLoop(() -> {
            // Applied, while this loop has not been woken yet.
            local.member.apply(CommandKind.PUT, putOf("a", "1").build().toByteArray());
            stream.message(Buffer.buffer(WatchRequest.newBuilder()
                    .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                    .build()
                    .toByteArray()));
            return true;
        });
        assertEquals(List.of(2L), revisions(next()));
        assertEquals(2, next().getHeader().getRevision());
    }

    @Test
    void idleWatcherIsToldTheRevision() {
        create(watch("a").setWatchId(3).setProgressNotify(true));
        local.put("b", "1");
        WatchResponse notified = next();
        while (notified.getHeader().getRevision() < 2) {
            notified = next();
        }
        assertEquals(3, notified.getWatchId());
        assertEquals(0, notified.getEventsCount());
        assertEquals(2, notified.getHeader().getRevision());
    }

    @Test
    void eventsOfOneRevisionStayTogether() {
        create(watch("k").setRangeEnd(bytes("l")));
        writeBigRevision();
        WatchResponse response = next();
        assertEquals(5, response.getEventsCount());
        assertFalse(response.getFragment());
    }

    @Test
    void fragmentsOfOneRevisionAreMarked() {
        create(watch("k").setRangeEnd(bytes("l")).setFragment(true));
        writeBigRevision();
        local.put("k9", "1");
        List<String> keys = new ArrayList<>();
        List<Boolean> marks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            WatchResponse part = next();
            marks.add(part.getFragment());
            part.getEventsList()
                    .forEach(event -> keys.add(event.getKv().getKey().toStringUtf8()));
        }
        assertEquals(List.of("k0", "k1", "k2", "k3", "k4", "k9"), keys);
        assertEquals(List.of(true, true, false, false), marks);
    }

    /** Five events that take two fifths of a page each. */
    private void writeBigRevision() {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (int i = 0; i < 5; i++) {
            txn.addSuccess(RequestOp.newBuilder().setRequestPut(putOf("k" + i, "v".repeat(PAGE_BYTES * 2 / 5))));
        }
        local.call(EtcdMethod.TXN, txn.build(), TxnResponse.getDefaultInstance());
    }

    @Test
    void responsesAreCutBetweenRevisions() {
        for (int i = 0; i < 5; i++) {
            local.put("k" + i, "v".repeat(PAGE_BYTES * 2 / 5));
        }
        create(watch("k").setRangeEnd(bytes("l")).setStartRevision(2));
        assertEquals(List.of(2L, 3L), revisions(next()));
        assertEquals(List.of(4L, 5L), revisions(next()));
        assertEquals(List.of(6L), revisions(next()));
    }

    @Test
    void watchersOnOneStreamAreLimited() {
        for (int i = 0; i < 4; i++) {
            create(watch("a"));
        }
        assertRefused("etcdserver: too many watchers on the WatchStream", create(watch("a")));
    }

    @Test
    void watchesOfAllStreamsTogetherAreLimited() {
        List<StreamCall> others = new ArrayList<>();
        List<WatchResponse> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            TestSink other = new TestSink();
            StreamCall call = local.open(EtcdMethod.WATCH, CallContext.INTERNAL, other);
            others.add(call);
            local.say(
                    call, WatchRequest.newBuilder().setCreateRequest(watch("a")).build());
            answers.add(LocalFixture.parse(other.next(), WatchResponse.getDefaultInstance()));
        }
        int made =
                (int) answers.stream().filter(answer -> !answer.getCanceled()).count();
        assertTrue(made > 4 && made < 20, () -> made + " watches");
        answers.subList(made, 20).forEach(answer -> assertRefused("etcdserver: too many requests", answer));
        // What one gives back another may have.
        local.onLoop(() -> {
            others.forEach(StreamCall::cancel);
            return true;
        });
        assertEquals(0, local.backend.openStreams().keptBytes());
        assertEquals("", create(watch("a")).getCancelReason());
    }

    @Test
    void clientThatAsksWithoutReadingIsCutOff() {
        local.onLoop(() -> {
            sink.read(0);
            return true;
        });
        for (int i = 0; i < 4; i++) {
            ask(watch("a"));
        }
        assertError(EtcdError.TOO_MANY_REQUESTS, sink.error());
    }

    @Test
    void halfClosedStreamStillCarriesEvents() {
        create(watch("a"));
        local.onLoop(() -> {
            stream.halfClose();
            return true;
        });
        local.put("a", "1");
        assertEquals(List.of(2L), revisions(next()));
    }

    @Test
    void nothingIsSentAfterTheClientHasGone() {
        create(watch("a").setProgressNotify(true));
        local.onLoop(() -> {
            stream.cancel();
            return true;
        });
        int before = sink.received();
        local.put("a", "1");
        ask(watch("a"));
        assertEquals(before, sink.received());
    }

    @Test
    void malformedMessageEndsTheStream() {
        local.onLoop(() -> {
            stream.message(Buffer.buffer(new byte[] {(byte) 0xff}));
            return true;
        });
        assertEquals(13, sink.error().code());
    }

    @Test
    void streamThatRequiresALeaderEndsAWhileAfterItsLoss() {
        TestSink requiring = new TestSink();
        local.open(EtcdMethod.WATCH, new CallContext(true, null, 0, "test"), requiring);
        local.member.soft = new SoftState(FakeMember.TERM, 0, Role.FOLLOWER);
        assertError(EtcdError.NO_LEADER, requiring.error());
        assertFalse(sink.ended.isDone());
    }
}
