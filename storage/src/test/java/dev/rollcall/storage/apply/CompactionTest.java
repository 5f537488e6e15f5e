package dev.rollcall.storage.apply;

import static dev.rollcall.storage.apply.TestMember.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.mvcc.HashResult;
import dev.rollcall.storage.mvcc.RevisionEvents;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.Event.EventType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Compaction and hashes, rule by rule. */
class CompactionTest {
    private final TestMember member = new TestMember();

    @Test
    void onlyRevisionsBetweenTheLastAndTheNewestAreAccepted() {
        member.put("a", "1");
        member.put("a", "2");
        member.refused(EtcdError.FUTURE_REVISION, CommandKind.COMPACT, request(4));
        member.compact(3);
        member.refused(EtcdError.COMPACTED, CommandKind.COMPACT, request(3));
        member.refused(EtcdError.COMPACTED, CommandKind.COMPACT, request(2));
        assertEquals(3, member.state().kv().compactRevision());
        assertEquals(3, member.state().kv().revision());
    }

    @Test
    void readsBelowAreRefusedAtOnceAndAtItStillAnswered() {
        member.put("a", "1");
        member.put("a", "2");
        member.put("a", "3");
        member.compact(3);
        assertEquals(bytes("2"), member.get("a", 3).getValue());
        EtcdException error = assertThrows(EtcdException.class, () -> member.get("a", 2));
        assertEquals(EtcdError.COMPACTED.text(), error.text());
        sweep();
        assertEquals(bytes("2"), member.get("a", 3).getValue());
        assertEquals(bytes("3"), member.get("a").getValue());
    }

    @Test
    void supersededRowsGoAndTheLastOfEachKeyStays() {
        member.put("a", "1");
        member.put("a", "2");
        member.put("b", "1");
        member.put("a", "3");
        member.compactFully(4);
        member.flush();
        assertEquals(rows(3, 4, 5), member.file.rowIds());
        assertEquals(4, member.file.meta().compactFinished());
    }

    @Test
    void theSizeOfTheIndexFollowsWhatIsInIt() {
        long empty = member.state().kv().indexBytes();
        member.put("a", "1");
        long one = member.state().kv().indexBytes();
        assertTrue(one > empty);
        member.put("a", "2");
        member.put("b", "1");
        member.delete("b");
        member.compactFully(4);
        member.flush();
        member.put("a", "3");
        member.compactFully(6);
        assertEquals(one, member.state().kv().indexBytes());
        member.flush();
        member.restart();
        assertEquals(one, member.state().kv().indexBytes());
    }

    @Test
    void aTombstoneAtTheCompactRevisionStaysUntilTheNextCompaction() {
        member.put("a", "1");
        member.delete("a");
        member.put("b", "1");
        member.compactFully(3);
        member.flush();
        assertEquals(rows(3, 4), member.file.rowIds());
        RevisionEvents events = member.state().kv().feed().history(3, 3, 10).get(0);
        assertEquals(EventType.DELETE, events.events().get(0).getType());

        member.restart();
        assertEquals(
                EventType.DELETE,
                member.state()
                        .kv()
                        .feed()
                        .history(3, 3, 1)
                        .get(0)
                        .events()
                        .get(0)
                        .getType());

        member.compactFully(4);
        member.flush();
        assertEquals(rows(4), member.file.rowIds());
        assertFalse(member.has("a"));
        member.put("a", "again");
        assertEquals(1, member.get("a").getVersion());
    }

    @Test
    void aSweepCutShortByARestartIsTakenUpAgain() {
        for (int i = 0; i < 3000; i++) {
            member.put("a", "" + i);
        }
        member.compact(3001);
        member.state().compactStep(1);
        member.flush();
        assertTrue(member.file.rowIds().size() < 3000);
        assertTrue(member.file.rowIds().size() > 1);
        assertEquals(0, member.file.meta().compactFinished());
        member.restart();
        assertTrue(member.state().compactionPending());
        sweep();
        member.flush();
        assertEquals(rows(3001), member.file.rowIds());
        assertEquals(bytes("2999"), member.get("a").getValue());
        assertEquals(3000, member.get("a").getVersion());
    }

    @Test
    void rowsMadeAndDroppedInOneBatchNeverReachTheFile() {
        member.put("a", "1");
        member.put("a", "2");
        member.compactFully(3);
        member.flush();
        assertEquals(rows(3), member.file.rowIds());
    }

    @Test
    void aCompactionDuringASweepIsSweptForAfterwards() {
        for (int i = 0; i < 2500; i++) {
            member.put("a", "" + i);
        }
        member.compact(2000);
        member.state().compactStep(1);
        member.compact(2501);
        sweep();
        member.flush();
        assertEquals(rows(2501), member.file.rowIds());
        assertEquals(2501, member.state().kv().compactFinished());
    }

    @Test
    void theHashKnowsContentNotProgress() {
        for (int i = 0; i < 2000; i++) {
            member.put("k" + i % 50, "" + i);
            if (i % 7 == 0) {
                member.delete("k" + i % 13);
            }
        }
        member.compact(1500);
        TestMember twin = member.twin();
        HashResult before = member.state().kv().hashKv(0);
        member.state().compactStep(1);
        assertEquals(before, member.state().kv().hashKv(0));
        sweep();
        assertEquals(before, member.state().kv().hashKv(0));
        member.flush();
        member.restart();
        assertEquals(before, member.state().kv().hashKv(0));
        assertEquals(before, twin.state().kv().hashKv(0));
        assertEquals(1500, before.compactRevision());
        assertEquals(before.revision(), before.hashRevision());

        assertEquals(
                twin.state().kv().hashKv(1700).hash(),
                member.state().kv().hashKv(1700).hash());
        assertNotEquals(before.hash(), member.state().kv().hashKv(1700).hash());
    }

    @Test
    void theHashOfOneRevisionDoesNotMoveWithLaterWrites() {
        member.put("a", "1");
        int hash = member.state().kv().hashKv(2).hash();
        member.put("a", "2");
        assertEquals(hash, member.state().kv().hashKv(2).hash());
        assertThrows(EtcdException.class, () -> member.state().kv().hashKv(4));
        member.compact(3);
        assertThrows(EtcdException.class, () -> member.state().kv().hashKv(2));
    }

    @Test
    void theStateHashCoversLeasesMembersAndAlarms() {
        int empty = member.state().stateHash();
        member.grant(1, 10);
        int leased = member.state().stateHash();
        assertNotEquals(empty, leased);
        member.revoke(1);
        assertEquals(empty, member.state().stateHash());
    }

    private void sweep() {
        while (member.state().compactionPending()) {
            member.state().compactStep(1);
        }
    }

    private static List<Long> rows(long... revisions) {
        return java.util.Arrays.stream(revisions)
                .mapToObj(revision -> KvRow.rowId(revision, 0))
                .toList();
    }

    private static CompactionRequest request(long revision) {
        return CompactionRequest.newBuilder().setRevision(revision).build();
    }
}
