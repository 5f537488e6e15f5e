package dev.rollcall.storage.apply;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.rollcall.raft.core.ConfigEntry;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.lease.LeaseTable;
import dev.rollcall.storage.lease.Lessor;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.member.MemberTable;
import dev.rollcall.storage.mvcc.Compactor;
import dev.rollcall.storage.mvcc.KvStore;
import dev.rollcall.storage.mvcc.KvWriter;
import dev.rollcall.storage.proto.AlarmRequest;
import dev.rollcall.storage.proto.AlarmResponse;
import dev.rollcall.storage.proto.AlarmType;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.CompactionResponse;
import dev.rollcall.storage.proto.DeleteRangeRequest;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseRevokeRequest;
import dev.rollcall.storage.proto.LeaseRevokeResponse;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberUpdateRequest;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.TxnRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The replicated state machine: committed entries in, outcomes and sealed batches out. A function of the entries alone: the
 * same log gives the same state, and the same answers, on every member and at every replay.
 *
 * <p>Owned by the apply thread. {@link #kv}, {@link #leases}, {@link #members} and {@link #alarms} may be handed to any
 * thread, for reading; {@link #applied} and {@link #appliedTerm} may be read by any.
 *
 * <p>What changes in memory is kept for the state file in a pending batch; {@link #seal} hands it over. Apply never waits
 * for the file, but a value stays in memory until {@link #flushed} says that the file has it.
 */
public final class ReplicatedState {
    private record Sealed(long applied, long revision) {}

    private final KvStore kv;
    private final KvWriter writer;
    private final Compactor compactor;
    private final LeaseTable leases = new LeaseTable();
    private final Lessor lessor = new Lessor(leases);
    private final MemberTable members = new MemberTable();
    private final AlarmTable alarms = new AlarmTable();
    private final Admission admission = new Admission(alarms);
    private final KvCommands kvCommands;
    private final LeaseCommands leaseCommands;
    private final MemberCommands memberCommands;
    private final ArrayDeque<Sealed> unflushed = new ArrayDeque<>();
    private final PendingBatch pending;
    private volatile long applied;
    private volatile long appliedTerm;

    private ReplicatedState(StateImage image, ColdValues cold, StateLimits limits, int maxChanges) {
        StateMeta meta = image.meta();
        applied = meta.applied();
        appliedTerm = meta.term();
        pending = new PendingBatch(applied + 1);
        kv = new KvStore(cold, limits.valueCacheBytes(), limits.ringBytes());
        writer = new KvWriter(kv, leases, pending);
        compactor = new Compactor(kv, pending);
        kvCommands = new KvCommands(writer, leases, maxChanges);
        leaseCommands = new LeaseCommands(leases, lessor, writer, pending, maxChanges);
        memberCommands = new MemberCommands(members, pending);
        image.leases().forEach(leases::grant);
        image.alarms().forEach(alarms::raise);
        image.members().forEach(members::put);
        image.forEachRow(writer::restore);
        writer.restored(meta);
    }

    /** The state a file holds; entries above its {@code applied} come next. */
    public static ReplicatedState recover(StateImage image, ColdValues cold, StateLimits limits) {
        return recover(image, cold, limits, KvWriter.CHANGES_MAX);
    }

    /** As above, with room for fewer changes in one revision; it must be the same on all members. */
    static ReplicatedState recover(StateImage image, ColdValues cold, StateLimits limits, int maxChanges) {
        return new ReplicatedState(image, cold, limits, maxChanges);
    }

    /**
     * First start: installs the members the cluster begins with. They go into the first sealed batch.
     *
     * @throws IllegalStateException if something was applied already, or there are members
     */
    public void bootstrap(List<MemberRow> first) {
        if (applied != 0 || !members.isEmpty()) {
            throw new IllegalStateException("the first members come before the first entry");
        }
        first.forEach(memberCommands::put);
    }

    /** As below, with any answer welcome. */
    public @Nullable Outcome apply(Entry entry) {
        return apply(entry, AnswerMemory.UNBOUNDED);
    }

    /**
     * Applies the next entry. May block on the disk for a value that has left memory.
     *
     * <p>A {@code CONFIG} entry puts its configuration in force, and {@link #members} shows it, unless the command in its
     * context is refused.
     *
     * @param memory for the answer; where there is none, the outcome is an error that says so, and all else is as with it
     * @return null for an entry that carries no command
     * @throws RuntimeException if the entry is not the next, cannot be understood, or an invariant is broken: the member
     *     must stop, because skipping it would make it differ from the others
     */
    public @Nullable Outcome apply(Entry entry, AnswerMemory memory) {
        if (entry.index() != applied + 1 || entry.term() < appliedTerm) {
            throw new IllegalStateException("entry " + entry + " after " + applied + "/" + appliedTerm);
        }
        Outcome outcome = switch (entry.kind()) {
            case NOOP -> null;
            case NORMAL -> apply(entry, Command.decode(entry.data()), null, new AnswerRoom(memory));
            case CONFIG -> configure(entry, ConfigEntry.decode(entry.data()));
        };
        appliedTerm = entry.term();
        applied = entry.index();
        return outcome;
    }

    /** Without a context it is the end of a joint configuration, which needs nobody's consent. */
    private @Nullable Outcome configure(Entry entry, ConfigEntry change) {
        if (change.context().length == 0) {
            memberCommands.assign(change.membership());
            return null;
        }
        Command command = Command.decode(change.context());
        return apply(entry, command, change.membership(), new AnswerRoom(AnswerMemory.UNBOUNDED));
    }

    private Outcome apply(Entry entry, Command command, @Nullable Membership next, AnswerRoom room) {
        MessageLite response = null;
        EtcdException error = null;
        try {
            response = next == null
                    ? execute(entry, command, room)
                    : memberCommands.change(command.kind(), command.body(), next);
            writer.finishRevision();
            if (room.full()) {
                response = null;
                error = AnswerRoom.lost();
            }
        } catch (EtcdException e) {
            error = e;
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("entry " + entry + " has a body that is no " + command.kind(), e);
        }
        writer.publish();
        if (command.kind() == CommandKind.LEASE_EXPIRE && command.term() == lessor.term()) {
            lessor.expiryDone();
        }
        return new Outcome(
                entry.index(),
                entry.term(),
                command.requestId(),
                command.origin(),
                kv.revision(),
                response,
                error,
                room.taken());
    }

    private MessageLite execute(Entry entry, Command command, AnswerRoom room) throws InvalidProtocolBufferException {
        ByteString body = command.body();
        switch (command.kind()) {
            case PUT -> {
                PutRequest request = parse(PutRequest.parser(), body);
                admission.addition();
                kvCommands.check(request);
                return kvCommands.put(request, room).build();
            }
            case DELETE_RANGE -> {
                DeleteRangeRequest request = DeleteRangeRequest.parseFrom(body);
                admission.change();
                kvCommands.checkCount(kvCommands.count(request));
                return kvCommands.delete(request, room).build();
            }
            case TXN -> {
                TxnRequest request = parse(TxnRequest.parser(), body);
                admission.txn(request);
                return new Transaction(request, kvCommands, writer, room).run().build();
            }
            case COMPACT -> {
                CompactionRequest request = CompactionRequest.parseFrom(body);
                admission.change();
                compactor.schedule(request.getRevision());
                return CompactionResponse.getDefaultInstance();
            }
            case LEASE_GRANT -> {
                LeaseGrantRequest request = LeaseGrantRequest.parseFrom(body);
                admission.addition();
                return leaseCommands.grant(request, entry.index());
            }
            case LEASE_REVOKE -> {
                LeaseRevokeRequest request = LeaseRevokeRequest.parseFrom(body);
                admission.change();
                leaseCommands.revoke(request.getID());
                return LeaseRevokeResponse.getDefaultInstance();
            }
            case LEASE_EXPIRE -> {
                admission.change();
                leaseCommands.expire(LeaseExpiry.decode(body.toByteArray()), command.term(), entry.term());
                return LeaseRevokeResponse.getDefaultInstance();
            }
            case ALARM -> {
                return alarm(AlarmRequest.parseFrom(body));
            }
            case PUBLISH -> {
                return memberCommands.publish(Member.parseFrom(body));
            }
            case MEMBER_UPDATE -> {
                return memberCommands.update(MemberUpdateRequest.parseFrom(body));
            }
            case MEMBER_ADD, MEMBER_PROMOTE, MEMBER_REMOVE ->
                throw new IllegalStateException(command.kind() + " came without the configuration it leads to");
        }
        throw new IllegalStateException("no command of kind " + command.kind());
    }

    /** What is kept of a request is copied out of it, so its strings of bytes may be views of the command's. */
    private static <T> T parse(Parser<T> parser, ByteString body) throws InvalidProtocolBufferException {
        CodedInputStream in = body.newCodedInput();
        in.enableAliasing(true);
        T request = parser.parseFrom(in);
        in.checkLastTagWas(0);
        return request;
    }

    private AlarmResponse alarm(AlarmRequest request) {
        if (request.getAction() == AlarmRequest.AlarmAction.GET) {
            return alarms.get(request);
        }
        AlarmRow row = new AlarmRow(request.getMemberID(), request.getAlarmValue());
        AlarmResponse.Builder answer = AlarmResponse.newBuilder();
        boolean known = request.getAlarm() == AlarmType.NOSPACE || request.getAlarm() == AlarmType.CORRUPT;
        if (request.getAction() == AlarmRequest.AlarmAction.ACTIVATE && known) {
            if (alarms.raise(row)) {
                pending.raised(row);
            }
            answer.addAlarms(AlarmTable.message(row));
        } else if (request.getAction() == AlarmRequest.AlarmAction.DEACTIVATE && alarms.clear(row)) {
            pending.cleared(row);
            answer.addAlarms(AlarmTable.message(row));
        }
        return answer.build();
    }

    /**
     * Takes over the content of another state, recovered from a snapshot, which is not to be used any more. What has not been
     * sealed is dropped; {@link #kv} and the tables stay the same objects, so whoever holds them sees the new content from
     * here on. Each of them changes at one moment, not all of them at the same one.
     *
     * @throws IllegalStateException if it would lead back
     */
    public void adopt(ReplicatedState next) {
        if (next.applied <= applied || next.appliedTerm < appliedTerm) {
            throw new IllegalStateException("the state at " + next.applied + "/" + next.appliedTerm
                    + " cannot take the place of " + applied + "/" + appliedTerm);
        }
        lessor.resign();
        members.adopt(next.members);
        alarms.adopt(next.alarms);
        leases.adopt(next.leases);
        writer.adopt(next.writer);
        compactor.restart();
        unflushed.clear();
        pending.restart(next.applied + 1);
        appliedTerm = next.appliedTerm;
        applied = next.applied;
    }

    /** Everything that changed since the last seal, for the state writer; empty if nothing did. */
    public StateBatch seal() {
        StateMeta meta = new StateMeta(applied, appliedTerm, kv.revision(), kv.compactRevision(), kv.compactFinished());
        unflushed.add(new Sealed(applied, kv.revision()));
        return pending.seal(meta);
    }

    /** The state file holds every batch up to the one sealed at this applied index. */
    public void flushed(long appliedInFile) {
        long revision = 0;
        while (!unflushed.isEmpty() && unflushed.getFirst().applied <= appliedInFile) {
            revision = unflushed.removeFirst().revision;
        }
        if (revision > 0) {
            writer.flushed(revision);
        }
    }

    /** Deletes a little of what compaction has superseded, at about this many rows; it goes into the next batch. */
    public void compactStep(int maxRows) {
        compactor.step(maxRows);
    }

    /** Whether {@link #compactStep} has work. */
    public boolean compactionPending() {
        return compactor.pending();
    }

    /**
     * Hash of everything that is replicated: keys, leases, alarms and members. Equal on all members at equal applied index,
     * whatever their files and sweeps have come to. Reads every value; apply thread.
     */
    public int stateHash() {
        CRC32C crc = new CRC32C();
        List<Object> parts = List.of(kv.hashKv(0), leases.rows(), alarms.rows(), members.rows(), members.removed());
        crc.update(parts.toString().getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue();
    }

    /** Keys and revisions. */
    public KvStore kv() {
        return kv;
    }

    public LeaseTable leases() {
        return leases;
    }

    /** The clock of the leases, which runs while this member leads; apply tells it of grants, revocations and expiries. */
    public Lessor lessor() {
        return lessor;
    }

    public MemberTable members() {
        return members;
    }

    public AlarmTable alarms() {
        return alarms;
    }

    /** What alarms refuse at the moment. */
    public Admission admission() {
        return admission;
    }

    /** Index of the last entry applied. */
    public long applied() {
        return applied;
    }

    /** Term of that entry. */
    public long appliedTerm() {
        return appliedTerm;
    }
}
