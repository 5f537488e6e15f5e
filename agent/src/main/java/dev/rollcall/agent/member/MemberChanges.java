package dev.rollcall.agent.member;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.rollcall.raft.core.ChangeResult;
import dev.rollcall.raft.core.MembershipChange;
import dev.rollcall.raft.driver.RaftDriver;
import dev.rollcall.storage.apply.Command;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.error.EtcdException;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberPromoteRequest;
import dev.rollcall.storage.proto.MemberRemoveRequest;

/** Commands that change the configuration, as the leader takes them: checked, then proposed. Raft thread. */
final class MemberChanges {
    private static final int INTERNAL = 13;

    private final ChangeChecks checks;

    MemberChanges(ChangeChecks checks) {
        this.checks = checks;
    }

    Verdict propose(Command command, RaftDriver leader) {
        MembershipChange change;
        try {
            change = checked(command);
        } catch (EtcdException refusal) {
            return Verdict.refused(refusal);
        } catch (InvalidProtocolBufferException e) {
            return Verdict.refused(new EtcdException(INTERNAL, "rollcall: a body that is no " + command.kind()));
        }
        ChangeResult result = leader.proposeChange(change, command.encode());
        return switch (result.reason()) {
            case ACCEPTED -> Verdict.TAKEN;
            case NOT_LEADER, TRANSFERRING, NOT_READY, PENDING -> Verdict.LATER;
            case NO_VOTER_LEFT -> Verdict.refused(EtcdError.NOT_ENOUGH_STARTED.exception());
            case ALREADY_MEMBER -> Verdict.refused(EtcdError.MEMBER_EXISTS.exception());
            case UNKNOWN_MEMBER -> Verdict.refused(EtcdError.MEMBER_NOT_FOUND.exception());
            case NOT_A_LEARNER -> Verdict.refused(EtcdError.NOT_LEARNER.exception());
            case LEARNER_BEHIND -> Verdict.refused(EtcdError.LEARNER_NOT_READY.exception());
        };
    }

    private MembershipChange checked(Command command) throws InvalidProtocolBufferException {
        return switch (command.kind()) {
            case MEMBER_ADD -> {
                Member member = Member.parseFrom(command.body());
                checks.add(member.getID(), member.getPeerURLsList(), member.getIsLearner());
                yield member.getIsLearner()
                        ? MembershipChange.addLearner(member.getID())
                        : MembershipChange.addVoter(member.getID());
            }
            case MEMBER_PROMOTE -> {
                long id = MemberPromoteRequest.parseFrom(command.body()).getID();
                checks.promote(id);
                yield MembershipChange.promote(id);
            }
            case MEMBER_REMOVE -> {
                long id = MemberRemoveRequest.parseFrom(command.body()).getID();
                checks.remove(id);
                yield MembershipChange.remove(id);
            }
            default -> throw new IllegalArgumentException(command.kind() + " changes no configuration");
        };
    }
}
