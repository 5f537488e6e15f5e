package dev.rollcall.storage.apply;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.rollcall.raft.core.ConfigEntry;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.DeleteRangeResponse;
import dev.rollcall.storage.proto.KeyValue;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseRevokeRequest;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RangeRequest;
import dev.rollcall.storage.proto.TxnRequest;
import dev.rollcall.storage.proto.TxnResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;

/** One member as tests drive it: a log that never fails, a state, and a file that lags behind as far as the test wants. */
public final class TestMember {
    static final long ID = 77;

    final MemoryStateFile file;
    private final List<Entry> log;
    private final StateLimits limits;
    private final int maxChanges;
    private final ArrayDeque<StateBatch> unwritten = new ArrayDeque<>();
    private ReplicatedState state;
    private long term = 1;
    /** What the answer to one command may take. */
    long answerBytes = Long.MAX_VALUE;

    public TestMember() {
        this(StateLimits.DEFAULTS, 1 << KvRow.SUB_BITS);
    }

    TestMember(StateLimits limits, int maxChanges) {
        this(new ArrayList<>(), new MemoryStateFile(), limits, maxChanges);
    }

    private TestMember(List<Entry> log, MemoryStateFile file, StateLimits limits, int maxChanges) {
        this.log = log;
        this.file = file;
        this.limits = limits;
        this.maxChanges = maxChanges;
        this.state = ReplicatedState.recover(file, file, limits, maxChanges);
        replay();
    }

    /** Another member that has applied the same log from its beginning, and written nothing to its file. */
    TestMember twin() {
        return new TestMember(new ArrayList<>(log), new MemoryStateFile(), limits, maxChanges);
    }

    public ReplicatedState state() {
        return state;
    }

    /** Entries from now on belong to this term. */
    void term(long now) {
        term = now;
    }

    Outcome submit(CommandKind kind, MessageLite body) {
        return submit(kind, body.toByteArray(), term);
    }

    Outcome submit(CommandKind kind, byte[] body, long proposedTerm) {
        return submit(kind, body, proposedTerm, null);
    }

    /** Submits a command together with the configuration that it leads to. */
    Outcome submit(CommandKind kind, MessageLite body, Membership next) {
        return submit(kind, body.toByteArray(), term, next);
    }

    /** The end of a joint configuration, which carries no command. */
    void settle(Membership next) {
        byte[] data = new ConfigEntry(next, new byte[0]).encode();
        Entry entry = new Entry(log.size() + 1L, term, EntryKind.CONFIG, data);
        log.add(entry);
        Assertions.assertNull(state.apply(entry));
    }

    private Outcome submit(CommandKind kind, byte[] body, long proposedTerm, @Nullable Membership next) {
        Command command = new Command(kind, log.size() + 1000L, ID, 0, proposedTerm, "", ByteString.copyFrom(body));
        Entry entry = next == null
                ? new Entry(log.size() + 1L, term, EntryKind.NORMAL, command.encode())
                : new Entry(log.size() + 1L, term, EntryKind.CONFIG, new ConfigEntry(next, command.encode()).encode());
        log.add(entry);
        long[] taken = new long[1];
        Outcome outcome = state.apply(entry, bytes -> {
            boolean fits = bytes <= answerBytes - taken[0];
            taken[0] += fits ? bytes : 0;
            return fits;
        });
        if (outcome == null) {
            throw new IllegalStateException("a command without an outcome");
        }
        Assertions.assertEquals(entry.index(), outcome.index());
        Assertions.assertEquals(command.requestId(), outcome.requestId());
        Assertions.assertEquals(outcome.response() == null, outcome.error() != null);
        Assertions.assertEquals(state.kv().revision(), outcome.revision());
        Assertions.assertEquals(taken[0], outcome.answerBytes(), "what the answer took is to be given back");
        return outcome;
    }

    /** Submits, expecting success; the answer. */
    <T extends MessageLite> T ok(Class<T> type, CommandKind kind, MessageLite body) {
        Outcome outcome = submit(kind, body);
        EtcdException error = outcome.error();
        if (error != null) {
            throw error;
        }
        return Objects.requireNonNull(type.cast(outcome.response()));
    }

    /** Submits, expecting this error and that nothing changes. */
    void refused(EtcdError expected, CommandKind kind, MessageLite body) {
        long revision = state.kv().revision();
        EtcdException error = submit(kind, body).error();
        Assertions.assertNotNull(error, "not refused");
        Assertions.assertEquals(expected.text(), error.text());
        Assertions.assertEquals(expected.code(), error.code());
        Assertions.assertEquals(revision, state.kv().revision());
    }

    public long put(String key, String value) {
        return put(key, value, 0);
    }

    long put(String key, String value, long lease) {
        return submitOk(
                CommandKind.PUT,
                PutRequest.newBuilder()
                        .setKey(bytes(key))
                        .setValue(bytes(value))
                        .setLease(lease)
                        .build());
    }

    long delete(String key) {
        return submitOk(CommandKind.DELETE_RANGE, deleteRequest(key, "", false));
    }

    DeleteRangeResponse deleteRange(String key, String end) {
        return ok(DeleteRangeResponse.class, CommandKind.DELETE_RANGE, deleteRequest(key, end, true));
    }

    TxnResponse txn(TxnRequest.Builder request) {
        return ok(TxnResponse.class, CommandKind.TXN, request.build());
    }

    void grant(long id, long ttlSeconds) {
        submitOk(
                CommandKind.LEASE_GRANT,
                LeaseGrantRequest.newBuilder().setID(id).setTTL(ttlSeconds).build());
    }

    long revoke(long id) {
        return submitOk(
                CommandKind.LEASE_REVOKE,
                LeaseRevokeRequest.newBuilder().setID(id).build());
    }

    Outcome expire(long proposedTerm, LeaseExpiry.Item... leases) {
        return submit(CommandKind.LEASE_EXPIRE, new LeaseExpiry(List.of(leases)).encode(), proposedTerm);
    }

    public void compact(long revision) {
        submitOk(
                CommandKind.COMPACT,
                CompactionRequest.newBuilder().setRevision(revision).build());
    }

    /** Compacts and sweeps to the end. */
    void compactFully(long revision) {
        compact(revision);
        while (state.compactionPending()) {
            state.compactStep(1);
        }
    }

    private long submitOk(CommandKind kind, MessageLite body) {
        Outcome outcome = submit(kind, body);
        EtcdException error = outcome.error();
        if (error != null) {
            throw error;
        }
        return outcome.revision();
    }

    void seal() {
        unwritten.add(state.seal());
    }

    /** Writes the oldest sealed batch, if there is one, and says so. */
    void writeOne() {
        StateBatch batch = unwritten.poll();
        if (batch != null) {
            file.write(batch);
            state.flushed(batch.meta().applied());
        }
    }

    /** Seals and writes everything. */
    public void flush() {
        seal();
        while (!unwritten.isEmpty()) {
            writeOne();
        }
    }

    /** Stops without warning, and comes back from file and log. */
    void restart() {
        unwritten.clear();
        state = ReplicatedState.recover(file, file, limits, maxChanges);
        replay();
    }

    private void replay() {
        for (Entry entry : log.subList((int) state.applied(), log.size())) {
            state.apply(entry);
        }
    }

    /** The live key; the empty message if there is none. */
    KeyValue get(String key) {
        return get(key, 0);
    }

    KeyValue get(String key, long revision) {
        List<KeyValue> kvs = state.kv()
                .range(RangeRequest.newBuilder()
                        .setKey(bytes(key))
                        .setRevision(revision)
                        .build())
                .body()
                .getKvsList();
        return kvs.isEmpty() ? KeyValue.getDefaultInstance() : kvs.get(0);
    }

    boolean has(String key) {
        return !get(key).getKey().isEmpty();
    }

    static DeleteRangeRequest deleteRequest(String key, String end, boolean previous) {
        return DeleteRangeRequest.newBuilder()
                .setKey(bytes(key))
                .setRangeEnd(bytes(end))
                .setPrevKv(previous)
                .build();
    }

    public static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
