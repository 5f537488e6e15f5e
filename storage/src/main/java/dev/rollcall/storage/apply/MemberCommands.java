package dev.rollcall.storage.apply;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.member.MemberTable;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberAddResponse;
import dev.rollcall.storage.proto.MemberPromoteRequest;
import dev.rollcall.storage.proto.MemberPromoteResponse;
import dev.rollcall.storage.proto.MemberRemoveRequest;
import dev.rollcall.storage.proto.MemberRemoveResponse;
import dev.rollcall.storage.proto.MemberUpdateRequest;
import dev.rollcall.storage.proto.MemberUpdateResponse;
import java.util.List;

/** Changes of the members table. None of them changes a revision. Owned by the apply thread. */
final class MemberCommands {
    private final MemberTable table;
    private final PendingBatch pending;

    MemberCommands(MemberTable table, PendingBatch pending) {
        this.table = table;
        this.pending = pending;
    }

    void put(MemberRow row) {
        table.put(row);
        pending.member(row);
    }

    /** Every member's role follows from this configuration. */
    void assign(Membership membership) {
        table.assign(membership).forEach(pending::member);
    }

    /** A member's own name and client URLs; the rest of its record is not its to change. */
    Member publish(Member published) {
        MemberRow known = known(published.getID());
        put(new MemberRow(
                known.id(),
                published.getName(),
                known.role(),
                known.peerUrls(),
                List.copyOf(published.getClientURLsList())));
        return published;
    }

    MemberUpdateResponse update(MemberUpdateRequest request) {
        MemberRow known = known(request.getID());
        refuseTakenUrls(request.getPeerURLsList(), known.id());
        put(known.at(request.getPeerURLsList()));
        return MemberUpdateResponse.newBuilder().addAllMembers(table.messages()).build();
    }

    /**
     * A command that came with a new configuration, which is in force from here on unless the command is refused.
     *
     * @throws dev.rollcall.storage.error.EtcdException if it is refused: nothing has changed, and the configuration is not
     *     to be taken up
     */
    MessageLite change(CommandKind kind, ByteString body, Membership next) throws InvalidProtocolBufferException {
        return switch (kind) {
            case MEMBER_ADD -> add(Member.parseFrom(body), next);
            case MEMBER_PROMOTE -> promote(MemberPromoteRequest.parseFrom(body), next);
            case MEMBER_REMOVE -> remove(MemberRemoveRequest.parseFrom(body), next);
            default -> throw new IllegalStateException("a configuration came with a command of kind " + kind);
        };
    }

    private MemberAddResponse add(Member added, Membership next) {
        if (table.get(added.getID()) != null || table.wasRemoved(added.getID())) {
            throw EtcdError.MEMBER_EXISTS.exception();
        }
        refuseTakenUrls(added.getPeerURLsList(), added.getID());
        MemberRole role = added.getIsLearner() ? MemberRole.LEARNER : MemberRole.VOTER;
        MemberRow row = new MemberRow(added.getID(), "", role, List.copyOf(added.getPeerURLsList()), List.of());
        put(row);
        assign(next);
        return MemberAddResponse.newBuilder()
                .setMember(row.message())
                .addAllMembers(table.messages())
                .build();
    }

    private MemberPromoteResponse promote(MemberPromoteRequest request, Membership next) {
        if (known(request.getID()).role() != MemberRole.LEARNER) {
            throw EtcdError.NOT_LEARNER.exception();
        }
        assign(next);
        return MemberPromoteResponse.newBuilder()
                .addAllMembers(table.messages())
                .build();
    }

    private MemberRemoveResponse remove(MemberRemoveRequest request, Membership next) {
        known(request.getID());
        assign(next);
        return MemberRemoveResponse.newBuilder().addAllMembers(table.messages()).build();
    }

    private MemberRow known(long id) {
        MemberRow row = table.get(id);
        if (row == null) {
            throw EtcdError.MEMBER_NOT_FOUND.exception();
        }
        return row;
    }

    private void refuseTakenUrls(List<String> peerUrls, long id) {
        if (table.ownerOf(peerUrls, id) != null) {
            throw EtcdError.PEER_URL_EXISTS.exception();
        }
    }
}
