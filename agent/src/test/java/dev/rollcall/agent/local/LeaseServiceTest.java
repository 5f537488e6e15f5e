package dev.rollcall.agent.local;

import static dev.rollcall.agent.local.LocalFixture.assertError;
import static dev.rollcall.agent.local.LocalFixture.bytes;
import static dev.rollcall.agent.local.LocalFixture.putOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.call.CallContext;
import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.agent.call.StreamCall;
import dev.rollcall.raft.core.Role;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseGrantResponse;
import dev.rollcall.storage.proto.LeaseKeepAliveRequest;
import dev.rollcall.storage.proto.LeaseKeepAliveResponse;
import dev.rollcall.storage.proto.LeaseLeasesRequest;
import dev.rollcall.storage.proto.LeaseLeasesResponse;
import dev.rollcall.storage.proto.LeaseRevokeRequest;
import dev.rollcall.storage.proto.LeaseRevokeResponse;
import dev.rollcall.storage.proto.LeaseTimeToLiveRequest;
import dev.rollcall.storage.proto.LeaseTimeToLiveResponse;
import dev.rollcall.storage.proto.PutResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeaseServiceTest {
    private static final LocalLimits LIMITS =
            new LocalLimits(128, 1 << 20, 7_000, 5_000, 100, 1 << 20, 3, 2_000, 50, LocalLimits.Watch.DEFAULT);

    private final LocalFixture local = new LocalFixture(LIMITS);

    @AfterEach
    void close() {
        local.close();
    }

    private LeaseGrantResponse grant(long id, long ttl) {
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setID(id).setTTL(ttl).build();
        return local.call(EtcdMethod.LEASE_GRANT, request, LeaseGrantResponse.getDefaultInstance());
    }

    private void attach(String key, long lease) {
        local.call(EtcdMethod.PUT, putOf(key, "v").setLease(lease).build(), PutResponse.getDefaultInstance());
    }

    private LeaseTimeToLiveResponse timeToLive(long id) {
        LeaseTimeToLiveRequest request =
                LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(true).build();
        return local.call(EtcdMethod.LEASE_TIME_TO_LIVE, request, LeaseTimeToLiveResponse.getDefaultInstance());
    }

    private LeaseLeasesResponse leases() {
        return local.call(
                EtcdMethod.LEASE_LEASES,
                LeaseLeasesRequest.getDefaultInstance(),
                LeaseLeasesResponse.getDefaultInstance());
    }

    private static LeaseKeepAliveRequest keepAlive(long id) {
        return LeaseKeepAliveRequest.newBuilder().setID(id).build();
    }

    private static LeaseKeepAliveResponse next(TestSink sink) {
        return LocalFixture.parse(sink.next(), LeaseKeepAliveResponse.getDefaultInstance());
    }

    @Test
    void idIsChosenWhenNoneIsGiven() {
        LeaseGrantResponse first = grant(0, 60);
        assertTrue(first.getID() > 0);
        assertEquals(60, first.getTTL());
        assertEquals(1, first.getHeader().getRevision());
        assertEquals(FakeMember.MEMBER, first.getHeader().getMemberId());
        assertNotEquals(first.getID(), grant(0, 60).getID());
    }

    @Test
    void longListsAreBuiltAsLargeReadsAre() {
        for (int i = 1; i <= LeaseService.LISTED_AT_ONCE + 1; i++) {
            grant(i, 60);
            attach("key" + i, 1);
        }
        assertEquals(LeaseService.LISTED_AT_ONCE + 1, leases().getLeasesCount());
        assertEquals(LeaseService.LISTED_AT_ONCE + 1, timeToLive(1).getKeysCount());
        for (int i = LeaseService.LISTED_AT_ONCE + 2; i <= 8_000; i++) {
            grant(i, 60);
        }
        EtcdException tooLong = local.fail(EtcdMethod.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance());
        assertTrue(tooLong.text().contains("the answer is larger than"), tooLong.text());
    }

    @Test
    void givenIdIsKept() {
        assertEquals(-5, grant(-5, 60).getID());
        LeaseGrantRequest again =
                LeaseGrantRequest.newBuilder().setID(-5).setTTL(60).build();
        assertError(EtcdError.LEASE_EXISTS, local.fail(EtcdMethod.LEASE_GRANT, again));
    }

    @Test
    void shortTtlIsRaisedAndAHugeOneRefused() {
        assertEquals(2, grant(1, 1).getTTL());
        assertEquals(2, grant(2, 0).getTTL());
        assertEquals(2, grant(3, -7).getTTL());
        assertEquals(9_000_000_000L, grant(4, 9_000_000_000L).getTTL());
        LeaseGrantRequest huge =
                LeaseGrantRequest.newBuilder().setTTL(9_000_000_001L).build();
        assertError(EtcdError.LEASE_TTL_TOO_LARGE, local.fail(EtcdMethod.LEASE_GRANT, huge));
    }

    @Test
    void revocationDeletesTheKeysInOneRevision() {
        grant(9, 60);
        attach("b", 9);
        attach("a", 9);
        LeaseRevokeRequest request = LeaseRevokeRequest.newBuilder().setID(9).build();
        LeaseRevokeResponse answer =
                local.call(EtcdMethod.LEASE_REVOKE, request, LeaseRevokeResponse.getDefaultInstance());
        assertEquals(4, answer.getHeader().getRevision());
        assertEquals(0, count());
        assertError(EtcdError.LEASE_NOT_FOUND, local.fail(EtcdMethod.LEASE_REVOKE, request));
    }

    private long count() {
        RangeRequest all = RangeRequest.newBuilder()
                .setKey(bytes("a"))
                .setRangeEnd(bytes("z"))
                .build();
        return local.call(EtcdMethod.RANGE, all, RangeResponse.getDefaultInstance())
                .getCount();
    }

    @Test
    void timeToLiveCountsDownAndListsKeys() {
        grant(9, 60);
        attach("b", 9);
        attach("a", 9);
        LeaseTimeToLiveResponse answer = timeToLive(9);
        assertEquals(60, answer.getTTL());
        assertEquals(60, answer.getGrantedTTL());
        assertEquals(List.of(bytes("a"), bytes("b")), answer.getKeysList());
        local.member.ticks(1_050);
        assertEquals(49, timeToLive(9).getTTL());
    }

    @Test
    void timeToLiveOfAnUnknownLeaseIsNoError() {
        LeaseTimeToLiveResponse answer = timeToLive(77);
        assertEquals(77, answer.getID());
        assertEquals(-1, answer.getTTL());
        assertEquals(0, answer.getGrantedTTL());
        assertEquals(1, answer.getHeader().getRevision());
    }

    @Test
    void leasesAreListed() {
        grant(3, 60);
        grant(1, 60);
        LeaseLeasesResponse answer = local.call(
                EtcdMethod.LEASE_LEASES,
                LeaseLeasesRequest.getDefaultInstance(),
                LeaseLeasesResponse.getDefaultInstance());
        assertEquals(
                List.of(1L, 3L),
                answer.getLeasesList().stream().map(lease -> lease.getID()).toList());
    }

    @Test
    void renewalGivesTheFullTtlAgain() {
        grant(9, 10);
        attach("a", 9);
        TestSink sink = new TestSink();
        StreamCall stream = local.open(EtcdMethod.LEASE_KEEP_ALIVE, CallContext.INTERNAL, sink);
        local.member.ticks(900);
        local.say(stream, keepAlive(9));
        LeaseKeepAliveResponse answer = next(sink);
        assertEquals(9, answer.getID());
        assertEquals(10, answer.getTTL());
        assertEquals(2, answer.getHeader().getRevision());
        local.member.ticks(900);
        assertEquals(1, count());
        local.member.ticks(200);
        assertEquals(0, count());
        local.say(stream, keepAlive(9));
        assertEquals(0, next(sink).getTTL());
    }

    @Test
    void unknownLeaseHasTtlZeroAndTheStreamGoesOn() {
        TestSink sink = new TestSink();
        StreamCall stream = local.open(EtcdMethod.LEASE_KEEP_ALIVE, CallContext.INTERNAL, sink);
        local.say(stream, keepAlive(77));
        assertEquals(0, next(sink).getTTL());
        grant(78, 30);
        local.say(stream, keepAlive(78));
        assertEquals(30, next(sink).getTTL());
        assertFalse(sink.ended.isDone());
    }

    @Test
    void halfClosedStreamAnswersWhatWasAskedAndEnds() {
        grant(9, 10);
        TestSink sink = new TestSink();
        StreamCall stream = local.open(EtcdMethod.LEASE_KEEP_ALIVE, CallContext.INTERNAL, sink);
        local.say(stream, keepAlive(9));
        local.onLoop(() -> {
            stream.halfClose();
            return true;
        });
        assertNull(LocalFixture.join(sink.ended));
        assertEquals(10, next(sink).getTTL());
    }

    @Test
    void streamEndsWhenARenewalsOutcomeIsUnknown() {
        local.member.soft = new SoftState(FakeMember.TERM, 0, Role.FOLLOWER);
        TestSink sink = new TestSink();
        StreamCall stream = local.open(EtcdMethod.LEASE_KEEP_ALIVE, CallContext.INTERNAL, sink);
        local.say(stream, keepAlive(9));
        assertError(EtcdError.TIMEOUT, sink.error());
    }

    @Test
    void streamThatRequiresALeaderEndsWithoutOne() {
        TestSink sink = new TestSink();
        CallContext requiring = new CallContext(true, null, 0, "test");
        local.open(EtcdMethod.LEASE_KEEP_ALIVE, requiring, sink);
        local.member.soft = new SoftState(FakeMember.TERM, 0, Role.FOLLOWER);
        assertError(EtcdError.NO_LEADER, sink.error());
        TestSink refused = new TestSink();
        local.open(EtcdMethod.LEASE_KEEP_ALIVE, requiring, refused);
        assertError(EtcdError.NO_LEADER, refused.error());
    }

    @Test
    void answersWaitForASlowReaderUpToALimit() {
        TestSink sink = new TestSink();
        StreamCall stream = local.open(EtcdMethod.LEASE_KEEP_ALIVE, CallContext.INTERNAL, sink);
        local.onLoop(() -> {
            sink.read(0);
            return true;
        });
        for (int i = 1; i <= 3; i++) {
            local.say(stream, keepAlive(i));
        }
        local.put("k", "v");
        assertEquals(0, sink.received());
        local.onLoop(() -> {
            sink.read(Integer.MAX_VALUE);
            return true;
        });
        assertEquals(1, next(sink).getID());
        assertEquals(2, next(sink).getID());
        assertEquals(3, next(sink).getID());
        local.onLoop(() -> {
            sink.read(0);
            return true;
        });
        for (int i = 1; i <= 4; i++) {
            local.say(stream, keepAlive(i));
        }
        assertError(EtcdError.TOO_MANY_REQUESTS, sink.error());
    }

    @Test
    void renewalsThatNobodyReadsAreLimitedOnAllStreamsTogether() {
        List<StreamCall> streams = new ArrayList<>();
        List<TestSink> sinks = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            TestSink sink = new TestSink();
            streams.add(local.open(EtcdMethod.LEASE_KEEP_ALIVE, CallContext.INTERNAL, sink));
            sinks.add(sink);
            local.onLoop(() -> {
                sink.read(0);
                return true;
            });
            local.say(streams.get(i), keepAlive(9));
        }
        int ended = (int) sinks.stream().filter(sink -> sink.ended.isDone()).count();
        assertTrue(ended > 0 && ended < 20, () -> ended + " streams have ended");
        sinks.subList(20 - ended, 20).forEach(sink -> assertError(EtcdError.TOO_MANY_REQUESTS, sink.error()));
        local.onLoop(() -> {
            streams.forEach(StreamCall::cancel);
            return true;
        });
        assertEquals(0, local.backend.openStreams().keptBytes());
    }

    @Test
    void leasesCountTowardsTheIndexsShareOfTheHeap() {
        grant(1, 60);
        local.member.indexQuotaBytes = local.member.leases().bytes();
        assertError(
                EtcdError.NO_SPACE,
                local.fail(
                        EtcdMethod.LEASE_GRANT,
                        LeaseGrantRequest.newBuilder().setTTL(60).build()));
    }
}
