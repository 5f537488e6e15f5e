package dev.rollcall.storage.apply;

import static dev.rollcall.storage.apply.TestMember.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.lease.LeaseView;
import dev.rollcall.storage.lease.Lessor;
import dev.rollcall.storage.mvcc.RevisionEvents;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseRevokeRequest;
import dev.rollcall.storage.proto.PutRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Leases as they are replicated, rule by rule. */
class LeaseTest {
    private final TestMember member = new TestMember();

    @Test
    void aGrantIsNoRevisionAndItsIdIsTakenOnce() {
        member.grant(7, 10);
        assertEquals(1, member.state().kv().revision());
        member.refused(EtcdError.LEASE_EXISTS, CommandKind.LEASE_GRANT, grantRequest(7, 20));
        member.grant(-7, 10);
        assertEquals(List.of(-7L, 7L), member.state().leases().ids());
        member.refused(EtcdError.LEASE_TTL_TOO_LARGE, CommandKind.LEASE_GRANT, grantRequest(8, 9_000_000_001L));
        member.refused(EtcdError.LEASE_NOT_FOUND, CommandKind.LEASE_GRANT, grantRequest(0, 10));
        assertEquals(new LeaseRow(7, 10, 1), member.state().leases().get(7));
    }

    @Test
    void aPutMovesItsKeyBetweenLeases() {
        member.grant(1, 10);
        member.grant(2, 10);
        member.put("a", "1", 1);
        assertEquals("a", keys(1));
        member.put("a", "2", 2);
        assertEquals("", keys(1));
        assertEquals("a", keys(2));
        member.put("a", "3");
        assertEquals("", keys(2));
        member.put("a", "4", 2);
        member.delete("a");
        assertEquals("", keys(2));
        member.refused(
                EtcdError.LEASE_NOT_FOUND,
                CommandKind.PUT,
                PutRequest.newBuilder().setKey(bytes("a")).setLease(3).build());
    }

    @Test
    void revokeDeletesItsKeysInOrderInOneRevision() {
        member.grant(1, 10);
        member.put("c", "1", 1);
        member.put("a", "1", 1);
        member.put("b", "1");
        assertEquals(5, member.revoke(1));
        assertEquals(List.of("5:a", "5:c"), events(5));
        assertTrue(member.has("b"));
        assertNull(member.state().leases().view(1));
        member.refused(EtcdError.LEASE_NOT_FOUND, CommandKind.LEASE_REVOKE, revokeRequest(1));
    }

    @Test
    void revokeOfALeaseWithoutKeysIsNoRevision() {
        member.grant(1, 10);
        member.put("a", "1");
        assertEquals(2, member.revoke(1));
    }

    @Test
    void aLeaseBeyondOneRevisionIsRevokedInSeveral() {
        TestMember small = new TestMember(StateLimits.DEFAULTS, 2);
        small.grant(1, 10);
        for (String key : List.of("a", "b", "c", "d", "e")) {
            small.put(key, "1", 1);
        }
        assertEquals(9, small.revoke(1));
        assertEquals(1, small.state().kv().feed().pull(9, 1).get(0).events().size());
        assertFalse(small.has("e"));
    }

    @Test
    void anExpiryRevokesEachLeaseInItsOwnRevision() {
        member.grant(1, 10);
        member.grant(2, 10);
        member.grant(3, 10);
        member.put("a", "1", 1);
        member.put("b", "1", 2);
        Outcome outcome = member.expire(1, item(1), item(2), item(3));
        assertNull(outcome.error());
        assertEquals(5, outcome.revision());
        assertEquals(List.of("4:a"), events(4));
        assertEquals(List.of("5:b"), events(5));
        assertEquals(List.of(), member.state().leases().ids());
    }

    /** A deposed leader's clock must not end a lease that the new leader has renewed. */
    @Test
    void anExpiryOfAnotherTermIsRefused() {
        member.grant(1, 10);
        LeaseExpiry.Item item = item(1);
        member.term(2);
        Outcome outcome = member.expire(1, item);
        assertNotNull(outcome.error());
        assertTrue(member.state().leases().contains(1));
    }

    @Test
    void anExpirySkipsALeaseGrantedAnew() {
        member.grant(1, 10);
        member.grant(2, 10);
        LeaseExpiry.Item old = item(1);
        LeaseExpiry.Item other = item(2);
        member.revoke(1);
        member.grant(1, 10);
        member.expire(1, old, other);
        assertEquals(List.of(1L), member.state().leases().ids());
    }

    @Test
    void leasesAndTheirKeysSurviveARestart() {
        member.grant(1, 10);
        member.grant(2, 10);
        member.put("b", "1", 1);
        member.put("a", "1", 1);
        member.put("a", "2", 2);
        member.flush();
        member.restart();
        assertEquals("b", keys(1));
        assertEquals("a", keys(2));
        assertEquals(new LeaseRow(2, 10, 2), member.state().leases().get(2));
        assertEquals(5, member.revoke(1));
        member.flush();
        member.restart();
        assertEquals(List.of(2L), member.state().leases().ids());
    }

    @Test
    void theClockFollowsWhatIsApplied() {
        Lessor lessor = member.state().lessor();
        member.grant(1, 1);
        lessor.becomeLeader(1);
        member.grant(2, 1);
        member.grant(3, 1);
        member.revoke(3);
        List<LeaseExpiry.Item> due = List.of();
        for (int tick = 0; tick < 200 && due.isEmpty(); tick++) {
            due = lessor.tick();
        }
        assertEquals(List.of(item(1), item(2)), due);
        assertEquals(Lessor.EXPIRING, lessor.renew(1));
        member.expire(1, due.toArray(LeaseExpiry.Item[]::new));
        assertEquals(Lessor.UNKNOWN, lessor.renew(1));
        assertEquals(List.of(), member.state().leases().ids());
    }

    private LeaseExpiry.Item item(long id) {
        LeaseRow row = member.state().leases().get(id);
        return new LeaseExpiry.Item(id, row == null ? 0 : row.grantIndex());
    }

    private String keys(long lease) {
        LeaseView view = member.state().leases().view(lease);
        assertNotNull(view);
        return String.join(
                " ",
                view.keys().stream()
                        .map(key -> new String(key, java.nio.charset.StandardCharsets.UTF_8))
                        .toList());
    }

    private List<String> events(long revision) {
        RevisionEvents events = member.state().kv().feed().pull(revision, 1).get(0);
        return events.events().stream()
                .map(event -> event.getKv().getModRevision() + ":"
                        + event.getKv().getKey().toStringUtf8())
                .toList();
    }

    private static LeaseGrantRequest grantRequest(long id, long ttl) {
        return LeaseGrantRequest.newBuilder().setID(id).setTTL(ttl).build();
    }

    private static LeaseRevokeRequest revokeRequest(long id) {
        return LeaseRevokeRequest.newBuilder().setID(id).build();
    }
}
