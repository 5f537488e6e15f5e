package dev.rollcall.agent.member;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.member.MemberTable;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Member 1 leads, and is always connected to itself. */
class ChangeChecksTest {
    private final MemberTable table = new MemberTable();
    private final TreeSet<Long> up = new TreeSet<>();
    private final TreeSet<Long> upForLong = new TreeSet<>();
    private final ChangeChecks checks = new ChangeChecks(1, table, 1, up::contains, upForLong::contains);

    private void voters(long... ids) {
        for (long id : ids) {
            table.put(row(id, "n" + id, MemberRole.VOTER));
            up.add(id);
            upForLong.add(id);
        }
    }

    private void isDown(long id) {
        up.remove(id);
        upForLong.remove(id);
    }

    private static MemberRow row(long id, String name, MemberRole role) {
        return new MemberRow(id, name, role, List.of("http://m" + id + ":2380"), List.of());
    }

    private static void refused(EtcdError expected, Executable check) {
        EtcdException refusal = assertThrows(EtcdException.class, check);
        assertEquals(expected.text(), refusal.text());
        assertEquals(expected.code(), refusal.code());
    }

    private void add(long id, boolean learner) {
        checks.add(id, List.of("http://m" + id + ":2380"), learner);
    }

    @Test
    void aHealthyClusterTakesOneMore() {
        voters(1, 2, 3);
        assertDoesNotThrow(() -> add(4, false));
        assertDoesNotThrow(() -> add(4, true));
    }

    @Test
    void aLoneVoterTakesASecondOne() {
        voters(1);
        assertDoesNotThrow(() -> add(2, false));
    }

    @Test
    void aVoterIsNotAddedBesideOneThatNeverStarted() {
        voters(1);
        table.put(row(2, "", MemberRole.VOTER));
        refused(EtcdError.NOT_ENOUGH_STARTED, () -> add(3, false));
    }

    @Test
    void theNewcomerCountsAsDown() {
        voters(1, 2, 3);
        isDown(3);
        refused(EtcdError.UNHEALTHY, () -> add(4, false));
        refused(EtcdError.UNHEALTHY, () -> add(4, true));
        up.add(3L);
        refused(EtcdError.UNHEALTHY, () -> add(4, false));
        upForLong.add(3L);
        assertDoesNotThrow(() -> add(4, false));
        voters(4, 5);
        isDown(5);
        assertDoesNotThrow(() -> add(6, false), "four of six are a quorum");
    }

    @Test
    void whatIsThereAlreadyIsNotAdded() {
        voters(1, 2, 3);
        table.put(MemberRow.removed(9));
        refused(EtcdError.MEMBER_EXISTS, () -> checks.add(2, List.of("http://new:1"), false));
        refused(EtcdError.MEMBER_EXISTS, () -> checks.add(9, List.of("http://new:1"), false));
        refused(EtcdError.PEER_URL_EXISTS, () -> checks.add(4, List.of("http://x:1", "http://m3:2380"), false));
    }

    @Test
    void learnersAreFew() {
        voters(1, 2, 3);
        table.put(row(4, "", MemberRole.LEARNER));
        refused(EtcdError.TOO_MANY_LEARNERS, () -> add(5, true));
        assertDoesNotThrow(() -> add(5, false));
    }

    @Test
    void onlyLearnersArePromoted() {
        voters(1, 2, 3);
        table.put(row(4, "n4", MemberRole.LEARNER));
        assertDoesNotThrow(() -> checks.promote(4));
        refused(EtcdError.NOT_LEARNER, () -> checks.promote(2));
        refused(EtcdError.MEMBER_NOT_FOUND, () -> checks.promote(0));
        table.put(row(2, "", MemberRole.VOTER));
        table.put(row(3, "", MemberRole.VOTER));
        refused(EtcdError.NOT_ENOUGH_STARTED, () -> checks.promote(4));
    }

    @Test
    void whoIsDownMayGoAndWhoIsNeededMayNot() {
        voters(1, 2, 3);
        assertDoesNotThrow(() -> checks.remove(3));
        isDown(2);
        refused(EtcdError.UNHEALTHY, () -> checks.remove(3));
        refused(EtcdError.UNHEALTHY, () -> checks.remove(1));
        assertDoesNotThrow(() -> checks.remove(2));
        refused(EtcdError.MEMBER_NOT_FOUND, () -> checks.remove(7));
    }

    @Test
    void theLastVoterStays() {
        voters(1);
        refused(EtcdError.NOT_ENOUGH_STARTED, () -> checks.remove(1));
        table.put(row(2, "", MemberRole.LEARNER));
        assertDoesNotThrow(() -> checks.remove(2));
    }
}
