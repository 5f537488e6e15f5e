package dev.rollcall.storage.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.rollcall.storage.apply.CommandKind;
import dev.rollcall.storage.apply.KvRow;
import dev.rollcall.storage.proto.Compare;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A row that disappears while a member runs, as one does that a damaged page hides: named, and nothing served in its place. */
class MissingRowTest {
    private static final ByteString KEY = ByteString.copyFromUtf8("k");

    @TempDir
    Path temp;

    private DiskMember member;
    private long before;
    private long newest;

    @BeforeEach
    void open() {
        member = new DiskMember(temp);
        member.put("k", "old");
        before = member.state.kv().revision();
        member.put("k", "new");
        newest = member.state.kv().revision();
        member.awaitFlushed();
        // More than is kept in memory.
        for (int i = 0; i < 200; i++) {
            member.put("other" + i, "v".repeat(1_000));
        }
        member.awaitFlushed();
    }

    @AfterEach
    void close() {
        member.close();
    }

    @Test
    void theNewestOfAKey() throws Exception {
        hide(newest);
        assertNamed(assertThrows(DamagedException.class, () -> member.get("k")), newest);
    }

    /** A value that is not there would compare as an empty one. */
    @Test
    void inAGuard() throws Exception {
        hide(newest);
        TxnRequest guarded = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(KEY)
                        .setTarget(Compare.CompareTarget.VALUE)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setValue(ByteString.EMPTY))
                .addSuccess(RequestOp.newBuilder()
                        .setRequestRange(RangeRequest.newBuilder().setKey(KEY)))
                .build();
        assertNamed(assertThrows(DamagedException.class, () -> member.state.kv().readTxn(guarded)), newest);
        assertThrows(DamagedException.class, () -> member.submit(CommandKind.TXN, guarded));
    }

    @Test
    void inHistory() throws Exception {
        hide(before);
        RangeRequest old =
                RangeRequest.newBuilder().setKey(KEY).setRevision(before).build();
        assertThrows(DamagedException.class, () -> member.state.kv().range(old));
        assertThrows(DamagedException.class, () -> member.state.kv().feed().previous(KEY.toByteArray(), newest));
        assertThrows(DamagedException.class, () -> member.state.kv().feed().history(before, newest, 10));
        assertEquals("new", member.get("k"));
    }

    private void hide(long revision) throws SQLException {
        try (SqliteFile other = SqliteFile.openForMaintenance(member.file.path(), StateFile.FORMAT)) {
            other.execute("DELETE FROM kv WHERE rev = " + KvRow.rowId(revision, 0));
            other.commit();
        }
    }

    private void assertNamed(DamagedException damaged, long revision) {
        String message = String.valueOf(damaged.getMessage());
        String named = temp.resolve("state-1.db") + " is damaged: row " + KvRow.rowId(revision, 0) + " is missing";
        assertTrue(message.startsWith(named), message);
        assertInstanceOf(DamagedException.class, States.poll(member.failures));
    }
}
