package dev.rollcall.storage.apply;

import static dev.rollcall.storage.apply.TestMember.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.rollcall.raft.core.ConfigEntry;
import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.proto.AlarmMember;
import dev.rollcall.storage.proto.AlarmRequest;
import dev.rollcall.storage.proto.AlarmRequest.AlarmAction;
import dev.rollcall.storage.proto.AlarmResponse;
import dev.rollcall.storage.proto.AlarmType;
import dev.rollcall.storage.proto.CompactionRequest;
import dev.rollcall.storage.proto.LeaseGrantRequest;
import dev.rollcall.storage.proto.LeaseRevokeRequest;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.PutRequest;
import dev.rollcall.storage.proto.RequestOp;
import dev.rollcall.storage.proto.TxnRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Alarms and what they refuse; members and what they publish; entries that are no commands. */
class AlarmAndMemberTest {
    private static final PutRequest PUT =
            PutRequest.newBuilder().setKey(bytes("a")).build();

    private final TestMember member = new TestMember();

    @Test
    void alarmsAreRaisedListedAndCleared() {
        assertEquals(1, alarm(AlarmAction.ACTIVATE, 5, AlarmType.NOSPACE).getAlarmsCount());
        assertEquals(1, alarm(AlarmAction.ACTIVATE, 5, AlarmType.NOSPACE).getAlarmsCount());
        alarm(AlarmAction.ACTIVATE, 4, AlarmType.CORRUPT);
        assertEquals(0, alarm(AlarmAction.ACTIVATE, 4, AlarmType.NONE).getAlarmsCount());
        assertEquals(List.of(4L, 5L), members(alarm(AlarmAction.GET, 0, AlarmType.NONE)));
        assertEquals(List.of(5L), members(alarm(AlarmAction.GET, 0, AlarmType.NOSPACE)));

        member.flush();
        member.restart();
        assertEquals(2, member.state().alarms().rows().size());

        assertEquals(1, alarm(AlarmAction.DEACTIVATE, 5, AlarmType.NOSPACE).getAlarmsCount());
        assertEquals(0, alarm(AlarmAction.DEACTIVATE, 5, AlarmType.NOSPACE).getAlarmsCount());
        member.flush();
        member.restart();
        assertEquals(
                List.of(new AlarmRow(4, AlarmType.CORRUPT_VALUE)),
                member.state().alarms().rows());
        assertEquals(1, member.state().kv().revision());
    }

    @Test
    void withoutSpaceOnlyWhatAddsIsRefused() {
        member.grant(1, 10);
        member.put("a", "1", 1);
        member.put("b", "1");
        alarm(AlarmAction.ACTIVATE, 5, AlarmType.NOSPACE);
        member.refused(EtcdError.NO_SPACE, CommandKind.PUT, PUT);
        member.refused(EtcdError.NO_SPACE, CommandKind.LEASE_GRANT, grant());
        RequestOp put = RequestOp.newBuilder().setRequestPut(PUT).build();
        RequestOp nested = RequestOp.newBuilder()
                .setRequestTxn(TxnRequest.newBuilder().addFailure(put))
                .build();
        RequestOp delete = RequestOp.newBuilder()
                .setRequestDeleteRange(TestMember.deleteRequest("b", "", false))
                .build();
        member.refused(EtcdError.NO_SPACE, CommandKind.TXN, txn(delete, put));
        member.refused(EtcdError.NO_SPACE, CommandKind.TXN, txn(delete, nested));
        member.txn(TxnRequest.newBuilder().addSuccess(delete));
        member.compact(2);
        member.revoke(1);
        member.delete("a");
        alarm(AlarmAction.DEACTIVATE, 5, AlarmType.NOSPACE);
        member.put("a", "1");
    }

    @Test
    void aCorruptClusterChangesNothing() {
        member.grant(1, 10);
        member.put("a", "1", 1);
        alarm(AlarmAction.ACTIVATE, 5, AlarmType.CORRUPT);
        member.refused(EtcdError.CORRUPT, CommandKind.PUT, PUT);
        member.refused(EtcdError.CORRUPT, CommandKind.TXN, TxnRequest.getDefaultInstance());
        member.refused(EtcdError.CORRUPT, CommandKind.DELETE_RANGE, TestMember.deleteRequest("a", "", false));
        member.refused(
                EtcdError.CORRUPT,
                CommandKind.COMPACT,
                CompactionRequest.newBuilder().setRevision(2).build());
        member.refused(EtcdError.CORRUPT, CommandKind.LEASE_GRANT, grant());
        member.refused(
                EtcdError.CORRUPT,
                CommandKind.LEASE_REVOKE,
                LeaseRevokeRequest.newBuilder().setID(1).build());
        assertNotNull(member.expire(1, new LeaseExpiry.Item(1, 1)).error());
        assertTrue(member.has("a"));
    }

    @Test
    void theFirstMembersGoIntoTheFirstBatchAndPublishThemselves() {
        MemberRow first = new MemberRow(-3, "", MemberRole.VOTER, List.of("http://h:2380"), List.of());
        member.state().bootstrap(List.of(first));
        Member published = Member.newBuilder()
                .setID(-3)
                .setName("n1")
                .addClientURLs("http://h:2379")
                .addPeerURLs("http://not-its-to-change:1")
                .build();
        member.ok(Member.class, CommandKind.PUBLISH, published);
        member.flush();
        member.restart();
        assertEquals(
                List.of(new MemberRow(-3, "n1", MemberRole.VOTER, List.of("http://h:2380"), List.of("http://h:2379"))),
                member.state().members().rows());
        assertEquals(1, member.state().kv().revision());
        member.refused(
                EtcdError.MEMBER_NOT_FOUND,
                CommandKind.PUBLISH,
                published.toBuilder().setID(4).build());
        assertThrows(IllegalStateException.class, () -> member.state().bootstrap(List.of(first)));
    }

    @Test
    void entriesWithoutCommandsOnlyMoveTheIndex() {
        ReplicatedState state = ReplicatedState.recover(StateImage.empty(), row -> null, StateLimits.DEFAULTS);
        assertNull(state.apply(new Entry(1, 3, EntryKind.NOOP, new byte[0])));
        ConfigEntry nothing = new ConfigEntry(Membership.EMPTY, new byte[0]);
        assertNull(state.apply(new Entry(2, 3, EntryKind.CONFIG, nothing.encode())));
        assertEquals(2, state.applied());
        assertEquals(3, state.appliedTerm());
        StateBatch batch = state.seal();
        assertEquals(new StateMeta(2, 3, 1, 0, 0), batch.meta());
        assertEquals(1, batch.firstIndex());
        assertEquals(3, state.seal().firstIndex());
    }

    @Test
    void anEntryThatCannotBeAppliedStopsTheMember() {
        ReplicatedState state = ReplicatedState.recover(StateImage.empty(), row -> null, StateLimits.DEFAULTS);
        Entry gap = new Entry(2, 1, EntryKind.NOOP, new byte[0]);
        assertThrows(IllegalStateException.class, () -> state.apply(gap));
        byte[] unknown = new Command(CommandKind.PUT, 1, 1, 0, 1, "", ByteString.EMPTY).encode();
        unknown[1] = 99;
        Entry newer = new Entry(1, 1, EntryKind.NORMAL, unknown);
        assertThrows(IllegalArgumentException.class, () -> state.apply(newer));
        byte[] broken =
                new Command(CommandKind.PUT, 1, 1, 0, 1, "", ByteString.copyFrom(new byte[] {10, 100})).encode();
        Entry damaged = new Entry(1, 1, EntryKind.NORMAL, broken);
        assertThrows(IllegalStateException.class, () -> state.apply(damaged));
    }

    private AlarmResponse alarm(AlarmAction action, long id, AlarmType type) {
        return member.ok(
                AlarmResponse.class,
                CommandKind.ALARM,
                AlarmRequest.newBuilder()
                        .setAction(action)
                        .setMemberID(id)
                        .setAlarm(type)
                        .build());
    }

    private static List<Long> members(AlarmResponse answer) {
        return answer.getAlarmsList().stream().map(AlarmMember::getMemberID).toList();
    }

    private static MessageLite grant() {
        return LeaseGrantRequest.newBuilder().setID(9).setTTL(10).build();
    }

    private static TxnRequest txn(RequestOp success, RequestOp failure) {
        return TxnRequest.newBuilder().addSuccess(success).addFailure(failure).build();
    }
}
