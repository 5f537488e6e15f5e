package dev.rollcall.storage.apply;

import static dev.rollcall.storage.apply.TestMember.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.PutResponse;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.TxnRequest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Which values are in memory, and when they may leave. */
class ValueMemoryTest {
    private static final int LIMIT_BYTES = 4096;
    private static final String VALUE = "x".repeat(100);

    private final TestMember member = new TestMember(new StateLimits(LIMIT_BYTES, 1024), 1 << KvRow.SUB_BITS);

    @Test
    void aValueStaysUntilTheFileHasIt() {
        fill();
        assertTrue(member.state().kv().residentValueBytes() > LIMIT_BYTES);
        member.seal();
        fill();
        readAll();
        assertEquals(0, member.file.reads());

        member.flush();
        settle();
        assertTrue(member.state().kv().residentValueBytes() <= LIMIT_BYTES);
        readAll();
        assertTrue(member.file.reads() > 0);
        assertTrue(member.state().kv().residentValueBytes() <= LIMIT_BYTES);
    }

    @Test
    void whatIsReadOftenStays() {
        fill();
        member.flush();
        settle();
        member.get("k1");
        for (int i = 2; i < 100; i++) {
            member.get("k" + i);
            member.get("k1");
        }
        long reads = member.file.reads();
        member.get("k1");
        assertEquals(reads, member.file.reads());
    }

    @Test
    void aColdValueMakesAnAnswerHeavyUntilItIsRead() {
        member.put("a", "1");
        member.flush();
        member.restart();
        RangeRequest request = RangeRequest.newBuilder().setKey(bytes("a")).build();
        assertTrue(member.state().kv().isHeavy(request));
        assertFalse(member.state()
                .kv()
                .isHeavy(request.toBuilder().setKeysOnly(true).build()));
        byte[] key = "a".getBytes(StandardCharsets.UTF_8);
        assertFalse(member.state().kv().feed().isPreviousInMemory(key, 3));
        TxnRequest guarded = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(bytes("a"))
                        .setTarget(Compare.CompareTarget.VALUE)
                        .setValue(bytes("1")))
                .build();
        assertTrue(member.state().kv().isHeavy(guarded));

        assertTrue(member.state().kv().readTxn(guarded).body().getSucceeded());
        assertFalse(member.state().kv().isHeavy(request));
        assertFalse(member.state().kv().isHeavy(guarded));
        assertEquals(1, member.file.reads());
    }

    @Test
    void whoReadsEverythingOnceDrivesNothingOut() {
        fill();
        member.flush();
        member.restart();
        member.get("k1");
        long resident = member.state().kv().residentValueBytes();
        member.state().kv().hashKv(0);
        member.state().kv().feed().history(2, 101, 100);
        assertEquals(resident, member.state().kv().residentValueBytes());
    }

    @Test
    void aCommandReadsColdValuesToo() {
        member.put("a", "1");
        member.flush();
        member.restart();
        PutResponse answer = member.ok(
                PutResponse.class,
                CommandKind.PUT,
                PutRequest.newBuilder()
                        .setKey(bytes("a"))
                        .setIgnoreValue(true)
                        .setPrevKv(true)
                        .build());
        assertEquals(bytes("1"), answer.getPrevKv().getValue());
        assertEquals(bytes("1"), member.get("a").getValue());
    }

    private void fill() {
        for (int i = 0; i < 100; i++) {
            member.put("k" + i, VALUE);
        }
    }

    private void readAll() {
        for (int i = 0; i < 100; i++) {
            KeyValue kv = member.get("k" + i);
            assertEquals(bytes(VALUE), kv.getValue());
        }
    }

    /** Each call takes out a bounded number; give it some. */
    private void settle() {
        for (int i = 0; i < 10; i++) {
            member.flush();
        }
    }
}
