package dev.rollcall.storage.apply;

import static dev.rollcall.storage.apply.TestMember.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.DeleteRangeResponse;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RangeRequest.SortOrder;
import dev.rollcall.storage.proto.RangeRequest.SortTarget;
import dev.rollcall.storage.proto.RangeResponse;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Puts, deletes and ranges, rule by rule. */
class KeyTest {
    private final TestMember member = new TestMember();

    @Test
    void firstWriteIsRevisionTwo() {
        assertEquals(1, member.state().kv().revision());
        assertEquals(2, member.put("a", "1"));
        assertEquals(3, member.put("a", "1"));
    }

    @Test
    void versionCountsFromCreationAndRestartsAfterDelete() {
        member.put("a", "1");
        member.put("a", "2");
        KeyValue kv = member.get("a");
        assertEquals(List.of(2L, 3L, 2L), List.of(kv.getCreateRevision(), kv.getModRevision(), kv.getVersion()));

        member.delete("a");
        assertFalse(member.has("a"));
        member.put("a", "3");
        kv = member.get("a");
        assertEquals(List.of(5L, 5L, 1L), List.of(kv.getCreateRevision(), kv.getModRevision(), kv.getVersion()));
    }

    @Test
    void putReturnsThePreviousKeyWhenAsked() {
        PutRequest.Builder put = PutRequest.newBuilder().setKey(bytes("a")).setPrevKv(true);
        assertFalse(put(put.setValue(bytes("1"))).hasPrevKv());
        assertEquals(bytes("1"), put(put.setValue(bytes("2"))).getPrevKv().getValue());
        assertFalse(put(put.setPrevKv(false)).hasPrevKv());
    }

    @Test
    void ignoreValueAndIgnoreLeaseKeepWhatIsThere() {
        PutRequest.Builder put = PutRequest.newBuilder().setKey(bytes("a"));
        member.refused(
                EtcdError.KEY_NOT_FOUND,
                CommandKind.PUT,
                put.setIgnoreValue(true).build());
        member.refused(
                EtcdError.KEY_NOT_FOUND,
                CommandKind.PUT,
                put.setIgnoreValue(false).setIgnoreLease(true).build());

        member.grant(7, 10);
        member.put("a", "1", 7);
        put(PutRequest.newBuilder().setKey(bytes("a")).setIgnoreValue(true));
        assertEquals(bytes("1"), member.get("a").getValue());
        assertEquals(0, member.get("a").getLease());

        member.put("a", "1", 7);
        put(PutRequest.newBuilder().setKey(bytes("a")).setValue(bytes("2")).setIgnoreLease(true));
        assertEquals(bytes("2"), member.get("a").getValue());
        assertEquals(7, member.get("a").getLease());
    }

    @Test
    void deleteOfNothingKeepsTheRevision() {
        member.put("a", "1");
        assertEquals(2, member.delete("b"));
        assertEquals(0, member.deleteRange("x", "y").getDeleted());
        assertEquals(2, member.state().kv().revision());
    }

    @Test
    void deleteRangeIsOneRevisionAndReturnsWhatItDeleted() {
        member.put("a", "1");
        member.put("b", "2");
        member.put("c", "3");
        DeleteRangeResponse answer = member.deleteRange("a", "c");
        assertEquals(2, answer.getDeleted());
        assertEquals(
                List.of(bytes("1"), bytes("2")),
                answer.getPrevKvsList().stream().map(KeyValue::getValue).toList());
        assertEquals(5, member.state().kv().revision());
        assertTrue(member.has("c"));
    }

    @Test
    void deleteOfMoreThanOneRevisionHoldsChangesNothing() {
        TestMember small = new TestMember(StateLimits.DEFAULTS, 2);
        for (String key : List.of("a", "b", "c")) {
            small.put(key, "1");
        }
        small.refused(EtcdError.REQUEST_TOO_LARGE, CommandKind.DELETE_RANGE, TestMember.deleteRequest("a", "d", false));
        assertTrue(small.has("a"));
        assertEquals(2, small.deleteRange("a", "c").getDeleted());
    }

    @Test
    void rangeEndsMeanWhatTheyMeanInEtcd() {
        for (String key : List.of("a", "aa", "b", "c")) {
            member.put(key, key);
        }
        assertEquals("a", keys(r -> r.setKey(bytes("a")).clearRangeEnd()));
        assertEquals("a aa", keys(r -> r.setKey(bytes("a")).setRangeEnd(bytes("b"))));
        assertEquals("b c", keys(r -> r.setKey(bytes("b")).setRangeEnd(bytes("\0"))));
        assertEquals("a aa b c", keys(r -> r.setKey(bytes("\0")).setRangeEnd(bytes("\0"))));
        assertEquals("", keys(r -> r.setKey(bytes("b")).setRangeEnd(bytes("a"))));
        assertEquals("", keys(r -> r.setKey(bytes("b")).setRangeEnd(bytes("b"))));
    }

    @Test
    void keysSortByUnsignedBytes() {
        member.put("\u00e9", "high");
        member.put("z", "low");
        assertEquals("z \u00e9", keys(UnaryOperator.identity()));
    }

    @Test
    void limitCutsAndCountDoesNotKnowIt() {
        for (String key : List.of("a", "b", "c")) {
            member.put(key, key);
        }
        RangeResponse cut = range(r -> r.setLimit(2));
        assertEquals(2, cut.getKvsCount());
        assertEquals(3, cut.getCount());
        assertTrue(cut.getMore());
        RangeResponse whole = range(r -> r.setLimit(3));
        assertEquals(3, whole.getKvsCount());
        assertFalse(whole.getMore());
        RangeResponse counted = range(r -> r.setLimit(1).setCountOnly(true));
        assertEquals(0, counted.getKvsCount());
        assertEquals(3, counted.getCount());
        assertFalse(counted.getMore());
    }

    @Test
    void keysOnlyLeavesOutValuesAlone() {
        member.grant(7, 10);
        member.put("a", "1", 7);
        KeyValue kv = range(r -> r.setKeysOnly(true)).getKvs(0);
        assertTrue(kv.getValue().isEmpty());
        assertEquals(7, kv.getLease());
    }

    @Test
    void sortComesBeforeLimit() {
        member.put("a", "3");
        member.put("b", "1");
        member.put("c", "2");
        member.put("a", "3");
        assertEquals("c b", keys(r -> r.setSortOrder(SortOrder.DESCEND).setLimit(2)));
        assertEquals("b c", keys(r -> r.setSortTarget(SortTarget.VALUE).setLimit(2)));
        assertEquals(
                "a c",
                keys(r -> r.setSortTarget(SortTarget.VALUE)
                        .setSortOrder(SortOrder.DESCEND)
                        .setLimit(2)));
        assertEquals("b c a", keys(r -> r.setSortTarget(SortTarget.MOD).setSortOrder(SortOrder.ASCEND)));
        assertEquals("c b a", keys(r -> r.setSortTarget(SortTarget.CREATE).setSortOrder(SortOrder.DESCEND)));
        assertEquals(
                "a",
                keys(r -> r.setSortTarget(SortTarget.VERSION)
                        .setSortOrder(SortOrder.DESCEND)
                        .setLimit(1)));
        assertTrue(range(r -> r.setSortTarget(SortTarget.MOD).setLimit(2)).getMore());
        RangeResponse bare = range(r -> r.setSortTarget(SortTarget.VALUE).setKeysOnly(true));
        assertTrue(bare.getKvsList().stream().allMatch(kv -> kv.getValue().isEmpty()));
        assertEquals(bytes("b"), bare.getKvs(0).getKey());
    }

    @Test
    void withoutAnOrderOnlyTheFirstKeysAreSorted() {
        for (String key : List.of("d", "c", "b", "a")) {
            member.put(key, key);
        }
        assertEquals("b", keys(r -> r.setSortTarget(SortTarget.MOD).setLimit(1)));
        assertEquals(
                "d",
                keys(r -> r.setSortTarget(SortTarget.MOD)
                        .setSortOrder(SortOrder.ASCEND)
                        .setLimit(1)));
    }

    @Test
    void filtersComeBeforeLimitAndDoNotTouchTheCount() {
        member.put("a", "1");
        member.put("b", "1");
        member.put("c", "1");
        member.put("a", "2");
        assertEquals("a c", keys(r -> r.setMinModRevision(4)));
        assertEquals("b", keys(r -> r.setMaxModRevision(3)));
        assertEquals("b c", keys(r -> r.setMinCreateRevision(3)));
        assertEquals("a", keys(r -> r.setMaxCreateRevision(2)));
        RangeResponse filtered = range(r -> r.setMinModRevision(4).setLimit(1));
        assertEquals(3, filtered.getCount());
        assertTrue(filtered.getMore());
        assertFalse(range(r -> r.setMaxModRevision(3).setLimit(1)).getMore());
    }

    @Test
    void anOldRevisionIsReadAsItWas() {
        member.put("a", "1");
        member.put("a", "2");
        member.delete("a");
        assertEquals(bytes("1"), member.get("a", 2).getValue());
        assertEquals(bytes("2"), member.get("a", 3).getValue());
        assertTrue(member.get("a", 4).getKey().isEmpty());
        assertTrue(member.get("a", 1).getKey().isEmpty());
        assertEquals(
                4, member.state().kv().range(request(r -> r.setRevision(2))).revision());
    }

    @Test
    void aFutureRevisionIsRefused() {
        member.put("a", "1");
        EtcdException error = assertThrows(EtcdException.class, () -> member.get("a", 3));
        assertEquals(EtcdError.FUTURE_REVISION.text(), error.text());
    }

    @Test
    void aLightAnswerStopsAtAThousandKeysOrAMegabyte() {
        for (int i = 0; i < 1000; i++) {
            member.put("k" + i, "v");
        }
        assertFalse(member.state().kv().isHeavy(request(UnaryOperator.identity())));
        member.put("one more", "v");
        assertTrue(member.state().kv().isHeavy(request(UnaryOperator.identity())));
        assertFalse(
                member.state().kv().isHeavy(request(r -> r.setKey(bytes("k1")).setRangeEnd(bytes("k2")))));

        member.put("big", "x".repeat((1 << 20) + 1));
        assertTrue(
                member.state().kv().isHeavy(request(r -> r.setKey(bytes("big")).clearRangeEnd())));
        assertFalse(member.state()
                .kv()
                .isHeavy(request(r -> r.setKey(bytes("big")).clearRangeEnd().setKeysOnly(true))));
    }

    private PutResponse put(PutRequest.Builder request) {
        return member.ok(PutResponse.class, CommandKind.PUT, request.build());
    }

    /** Over all keys, unless the test says otherwise. */
    private static RangeRequest request(UnaryOperator<RangeRequest.Builder> shape) {
        return shape.apply(RangeRequest.newBuilder().setKey(bytes("\0")).setRangeEnd(bytes("\0")))
                .build();
    }

    private RangeResponse range(UnaryOperator<RangeRequest.Builder> shape) {
        return member.state().kv().range(request(shape)).body().build();
    }

    private String keys(UnaryOperator<RangeRequest.Builder> shape) {
        return String.join(
                " ",
                range(shape).getKvsList().stream()
                        .map(kv -> kv.getKey().toStringUtf8())
                        .toList());
    }
}
