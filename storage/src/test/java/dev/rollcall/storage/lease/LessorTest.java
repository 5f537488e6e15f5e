package dev.rollcall.storage.lease;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.apply.LeaseExpiry;
import dev.rollcall.storage.apply.LeaseRow;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The leader's clock, tick by tick. */
class LessorTest {
    private static final int SECOND = Lessor.TICKS_PER_SECOND;

    private final LeaseTable table = new LeaseTable();
    private final Lessor lessor = new Lessor(table);

    @Test
    void aLeaseRunsOutOnceItsWholeTtlHasPassed() {
        grant(1, 2);
        lessor.becomeLeader(5);
        assertEquals(5, lessor.term());
        assertEquals(List.of(), ticks(2 * SECOND));
        assertEquals(List.of(1L), ticks(1));
        assertEquals(OptionalLong.of(0), lessor.remainingTicks(1));
        assertEquals(List.of(), ticks(10));
        assertEquals(OptionalLong.of(-10), lessor.remainingTicks(1));
    }

    @Test
    void aRenewalGivesTheWholeTtlAgain() {
        grant(1, 2);
        lessor.becomeLeader(5);
        for (int i = 0; i < 5; i++) {
            assertEquals(List.of(), ticks(2 * SECOND - 1));
            assertEquals(2, lessor.renew(1));
        }
        assertEquals(List.of(), ticks(2 * SECOND));
        assertEquals(List.of(1L), ticks(1));
    }

    @Test
    void onlyALeaderRenewsAndExpires() {
        grant(1, 2);
        assertFalse(lessor.leading());
        assertEquals(Lessor.NOT_LEADING, lessor.renew(1));
        assertEquals(List.of(), ticks(10 * SECOND));
        lessor.becomeLeader(5);
        ticks(SECOND);
        lessor.resign();
        assertEquals(List.of(), ticks(10 * SECOND));
        assertEquals(0, lessor.term());
        assertEquals(OptionalLong.empty(), lessor.remainingTicks(1));
    }

    @Test
    void aNewLeaderGivesEveryLeaseItsFullTtl() {
        grant(1, 2);
        lessor.becomeLeader(5);
        ticks(2 * SECOND);
        lessor.becomeLeader(6);
        assertEquals(List.of(), ticks(2 * SECOND));
        assertEquals(List.of(1L), ticks(1));
    }

    @Test
    void anExpiringLeaseWaitsForTheOutcome() {
        grant(1, 1);
        lessor.becomeLeader(5);
        assertEquals(List.of(1L), ticks(SECOND + 1));
        assertEquals(Lessor.EXPIRING, lessor.renew(1));
        assertEquals(List.of(), ticks(SECOND));
        lessor.expiryDone();
        assertEquals(1, lessor.renew(1));
        assertEquals(List.of(), ticks(SECOND));
        assertEquals(List.of(1L), ticks(1));
    }

    @Test
    void anExpiryWithoutEffectIsTriedAgain() {
        grant(1, 1);
        lessor.becomeLeader(5);
        ticks(SECOND + 1);
        lessor.expiryDone();
        assertEquals(List.of(), ticks(Lessor.RETRY_TICKS - 1));
        assertEquals(List.of(1L), ticks(1));
        table.remove(1);
        lessor.revoked(1);
        lessor.expiryDone();
        assertEquals(List.of(), ticks(10 * SECOND));
        assertEquals(Lessor.UNKNOWN, lessor.renew(1));
    }

    @Test
    void aLeaseGrantedAnewWhileItsOldOneExpiresIsAnotherLease() {
        grant(1, 1);
        lessor.becomeLeader(5);
        ticks(SECOND + 1);
        table.remove(1);
        lessor.revoked(1);
        grant(1, 3);
        lessor.expiryDone();
        assertEquals(OptionalLong.of(3L * SECOND + 1), lessor.remainingTicks(1));
        assertEquals(3, lessor.renew(1));
    }

    @Test
    void oneExpiryHasAtMostSoManyLeases() {
        for (long id = 1; id <= LeaseExpiry.MAX_LEASES + 10; id++) {
            grant(id, 1);
        }
        lessor.becomeLeader(5);
        assertEquals(LeaseExpiry.MAX_LEASES, ticks(SECOND + 1).size());
        assertEquals(List.of(), ticks(10));
        applied(LeaseExpiry.MAX_LEASES);
        assertEquals(10, ticks(1).size());
    }

    @Test
    void oneExpiryHasAtMostSoManyKeysUnlessTheFirstLeaseHasMore() {
        grant(1, 1);
        attach(1, Lessor.EXPIRY_KEYS + 100);
        grant(2, 1);
        attach(2, Lessor.EXPIRY_KEYS - 1);
        grant(3, 1);
        attach(3, 2);
        lessor.becomeLeader(5);
        assertEquals(List.of(1L), ticks(SECOND + 1));
        lessor.expiryDone();
        assertEquals(List.of(2L), ticks(SECOND));
        lessor.expiryDone();
        assertEquals(List.of(3L), ticks(2 * SECOND));
    }

    @Test
    void massesLeaveRoomForOthers() {
        lessor.becomeLeader(5);
        int leases = Lessor.AT_ONCE + 10 * Lessor.PER_TICK;
        for (long id = 1; id <= leases; id++) {
            grant(id, 1);
        }
        ticks(SECOND);
        int ran = 0;
        int ticks = 0;
        while (ran < leases) {
            int now = lessor.tick().size();
            ticks++;
            ran += now;
            applied(ran);
            assertTrue(ran <= Lessor.AT_ONCE + ticks * Lessor.PER_TICK, ran + " after " + ticks);
        }
        assertTrue(ticks <= 11, "as fast as is allowed: " + ticks);
    }

    @Test
    void aLeaseWithManyKeysCountsAsMany() {
        lessor.becomeLeader(5);
        grant(1, 1);
        attach(1, 2 * Lessor.AT_ONCE);
        grant(2, 1);
        assertEquals(List.of(1L), ticks(SECOND + 1));
        lessor.expiryDone();
        int debt = Lessor.AT_ONCE / Lessor.PER_TICK;
        assertEquals(List.of(), ticks(debt));
        assertEquals(1, lessor.renew(2));
        ticks(SECOND);
        assertEquals(OptionalLong.of(1), lessor.remainingTicks(2));
    }

    @Test
    void afterAnElectionManyLeasesRunOutSpreadOverTime() {
        int leases = 3 * Lessor.PER_SECOND_AFTER_ELECTION;
        for (long id = 1; id <= leases; id++) {
            grant(id, 2);
        }
        lessor.becomeLeader(5);
        int ran = 0;
        for (int second = 0; second < 5; second++) {
            int inSecond = 0;
            for (int tick = 0; tick < SECOND; tick++) {
                int now = lessor.tick().size();
                inSecond += now;
                if (now > 0) {
                    ran += now;
                    applied(ran);
                }
            }
            assertTrue(inSecond <= Lessor.PER_SECOND_AFTER_ELECTION);
        }
        assertEquals(leases, ran + lessor.tick().size());
    }

    private void grant(long id, long ttlSeconds) {
        LeaseRow row = new LeaseRow(id, ttlSeconds, id);
        table.grant(row);
        lessor.granted(row);
    }

    private void attach(long id, int keys) {
        for (int i = 0; i < keys; i++) {
            table.attach(id, new byte[] {(byte) (i >> 8), (byte) i});
        }
    }

    /** The expiry of all leases up to this id took effect. */
    private void applied(long upTo) {
        for (long id = 1; id <= upTo; id++) {
            if (table.contains(id)) {
                table.remove(id);
                lessor.revoked(id);
            }
        }
        lessor.expiryDone();
    }

    /** Ids that ran out within so many ticks. */
    private List<Long> ticks(int count) {
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lessor.tick().forEach(item -> ids.add(item.leaseId()));
        }
        return ids;
    }
}
