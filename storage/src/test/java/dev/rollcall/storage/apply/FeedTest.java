package dev.rollcall.storage.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.mvcc.RevisionEvents;
import dev.rollcall.storage.mvcc.RevisionFeed;
import dev.rollcall.storage.proto.Event;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What watchers pull, rule by rule. */
class FeedTest {
    private static final StateLimits SMALL_RING = new StateLimits(1 << 20, 4096);

    private final TestMember member = new TestMember();

    @Test
    void aFreshFeedHasNothingAndStartsAtTheFirstWrite() {
        RevisionFeed feed = member.state().kv().feed();
        assertEquals(1, feed.published());
        assertEquals(2, feed.ringStart());
        assertEquals(List.of(), feed.pull(2, 10));
        assertEquals(List.of(), feed.history(1, 5, 10));
        member.put("a", "1");
        assertEquals("2", revisions(feed.pull(2, 10)));
        assertEquals("2", revisions(feed.history(0, 5, 10)));
    }

    @Test
    void eventsCarryWhatChangedAndNoPreviousValue() {
        member.put("a", "1");
        member.put("a", "2");
        member.delete("a");
        List<RevisionEvents> pulled = member.state().kv().feed().pull(2, 10);
        KeyValue created = pulled.get(0).events().get(0).getKv();
        assertEquals(1, created.getVersion());
        assertEquals(created.getCreateRevision(), created.getModRevision());
        assertEquals(2, pulled.get(1).events().get(0).getKv().getVersion());
        Event delete = pulled.get(2).events().get(0);
        assertEquals(Event.EventType.DELETE, delete.getType());
        assertEquals(
                KeyValue.newBuilder()
                        .setKey(TestMember.bytes("a"))
                        .setModRevision(4)
                        .build(),
                delete.getKv());
        assertFalse(delete.hasPrevKv());
    }

    @Test
    void oneTransactionIsOneRevisionInTheOrderOfItsOperations() {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (String key : List.of("c", "a", "b")) {
            txn.addSuccess(
                    RequestOp.newBuilder().setRequestPut(PutRequest.newBuilder().setKey(TestMember.bytes(key))));
        }
        member.txn(txn);
        RevisionEvents pulled = member.state().kv().feed().pull(2, 10).get(0);
        assertEquals(
                "cab",
                pulled.events().stream()
                        .map(event -> event.getKv().getKey().toStringUtf8())
                        .reduce("", String::concat));
        assertEquals(
                pulled.events(),
                member.state().kv().feed().history(2, 2, 1).get(0).events());
    }

    @Test
    void anEventIsEncodedOnce() throws Exception {
        member.put("a", "1");
        RevisionEvents pulled = member.state().kv().feed().pull(2, 1).get(0);
        ByteString encoded = pulled.encoded(0);
        assertSame(encoded, member.state().kv().feed().pull(2, 1).get(0).encoded(0));
        assertEquals(pulled.events().get(0), Event.parseFrom(encoded));
    }

    @Test
    void theRingForgetsTheOldestAndHistoryStillHasThem() {
        TestMember small = new TestMember(SMALL_RING, 1 << KvRow.SUB_BITS);
        for (int i = 0; i < 100; i++) {
            small.put("a", "value " + i);
        }
        RevisionFeed feed = small.state().kv().feed();
        assertTrue(feed.ringStart() > 2);
        assertTrue(feed.ringStart() < feed.published());
        assertEquals(List.of(), feed.pull(feed.ringStart() - 1, 10));
        assertEquals(feed.ringStart(), feed.pull(feed.ringStart(), 1).get(0).revision());
        assertEquals("2 3 4", revisions(feed.history(2, 4, 10)));
        assertEquals("2 3", revisions(feed.history(2, 100, 2)));

        List<Event> behind = new ArrayList<>();
        feed.history(feed.ringStart(), 200, 200).forEach(events -> behind.addAll(events.events()));
        List<Event> recent = new ArrayList<>();
        feed.pull(feed.ringStart(), 200).forEach(events -> recent.addAll(events.events()));
        assertEquals(recent, behind);
    }

    @Test
    void aRevisionTooBigForTheRingIsReadAsHistory() {
        TestMember small = new TestMember(SMALL_RING, 1 << KvRow.SUB_BITS);
        small.put("a", "1");
        small.put("a", "x".repeat(5000));
        RevisionFeed feed = small.state().kv().feed();
        assertEquals(4, feed.ringStart());
        assertEquals(List.of(), feed.pull(3, 10));
        assertEquals("3", revisions(feed.history(3, 10, 10)));
        small.put("a", "2");
        assertEquals("4", revisions(feed.pull(4, 10)));
    }

    @Test
    void afterARestartEverythingIsHistory() {
        member.put("a", "1");
        member.put("b", "2");
        List<Event> before = member.state().kv().feed().pull(2, 1).get(0).events();
        member.flush();
        member.restart();
        RevisionFeed feed = member.state().kv().feed();
        assertEquals(4, feed.ringStart());
        assertEquals(List.of(), feed.pull(2, 10));
        assertEquals(before, feed.history(2, 2, 1).get(0).events());
        assertEquals("2 3", revisions(feed.history(1, 3, 10)));
    }

    @Test
    void historyBelowTheCompactRevisionIsRefusedAndAtItComplete() {
        TxnRequest.Builder both = TxnRequest.newBuilder();
        for (String key : List.of("a", "b")) {
            both.addSuccess(
                    RequestOp.newBuilder().setRequestPut(PutRequest.newBuilder().setKey(TestMember.bytes(key))));
        }
        member.txn(both);
        member.txn(both);
        member.put("a", "later");
        member.compactFully(3);
        RevisionFeed feed = member.state().kv().feed();
        EtcdException error = assertThrows(EtcdException.class, () -> feed.history(2, 9, 9));
        assertEquals(EtcdError.COMPACTED.text(), error.text());
        assertEquals(2, feed.history(3, 3, 1).get(0).events().size());
        assertEquals("3 4", revisions(feed.history(3, 9, 9)));
    }

    @Test
    void bigHistoryComesInParts() {
        for (int i = 0; i < 10; i++) {
            member.put("a", "x".repeat(1 << 20));
        }
        RevisionFeed feed = member.state().kv().feed();
        List<RevisionEvents> part = feed.history(2, 11, 100);
        assertTrue(part.size() < 10);
        assertEquals("2", revisions(part.subList(0, 1)));
        long next = part.get(part.size() - 1).revision() + 1;
        assertEquals(next, feed.history(next, 11, 100).get(0).revision());
    }

    @Test
    void thePreviousValueIsTheOneBeforeThatRevision() {
        member.put("a", "1");
        member.put("a", "2");
        member.delete("a");
        member.put("a", "3");
        assertEquals("", previous(2));
        assertEquals("1", previous(3));
        assertEquals("2", previous(4));
        assertEquals("", previous(5));
        member.compact(3);
        assertEquals("", previous(3));
        assertEquals("2", previous(4));
        assertNull(member.state().kv().feed().previous("b".getBytes(StandardCharsets.UTF_8), 4));
    }

    private String previous(long revision) {
        byte[] key = "a".getBytes(StandardCharsets.UTF_8);
        assertTrue(member.state().kv().feed().isPreviousInMemory(key, revision));
        KeyValue previous = member.state().kv().feed().previous(key, revision);
        return previous == null ? "" : previous.getValue().toStringUtf8();
    }

    private static String revisions(List<RevisionEvents> events) {
        return String.join(
                " ", events.stream().map(e -> Long.toString(e.revision())).toList());
    }
}
