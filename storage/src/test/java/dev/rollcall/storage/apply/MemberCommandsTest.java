package dev.rollcall.storage.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.MessageLite;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.member.MemberTable;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberAddResponse;
import dev.rollcall.storage.proto.MemberPromoteRequest;
import dev.rollcall.storage.proto.MemberRemoveRequest;
import dev.rollcall.storage.proto.MemberRemoveResponse;
import dev.rollcall.storage.proto.MemberUpdateRequest;
import dev.rollcall.storage.proto.MemberUpdateResponse;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MemberCommandsTest {
    private final TestMember member = new TestMember();

    @BeforeEach
    void threeVoters() {
        member.state().bootstrap(List.of(voter(1), voter(2), voter(3)));
        member.flush();
    }

    @Test
    void aMemberIsAddedPromotedAndRemoved() {
        MemberAddResponse added = answer(MemberAddResponse.class, CommandKind.MEMBER_ADD, learner(4), addLearner(4));
        assertEquals(
                Member.newBuilder()
                        .setID(4)
                        .addPeerURLs("http://m4:2380")
                        .setIsLearner(true)
                        .build(),
                added.getMember());
        assertEquals(4, added.getMembersCount());
        assertEquals(MemberRole.LEARNER, role(4));

        change(CommandKind.MEMBER_PROMOTE, promote(4), Membership.ofVoters(1L, 2L, 3L, 4L));
        assertEquals(MemberRole.VOTER, role(4));
        MemberRemoveResponse removed = answer(
                MemberRemoveResponse.class, CommandKind.MEMBER_REMOVE, remove(1), Membership.ofVoters(2L, 3L, 4L));
        assertEquals(3, removed.getMembersCount());
        assertNull(members().get(1));
        assertTrue(members().wasRemoved(1));
        assertEquals(Membership.ofVoters(2L, 3L, 4L), membership());
        assertEquals(1, member.state().kv().revision());
    }

    @Test
    void theTableSurvivesTheFileAndTheLogAlike() {
        change(CommandKind.MEMBER_ADD, learner(4), addLearner(4));
        member.flush();
        change(CommandKind.MEMBER_REMOVE, remove(2), Membership.of(List.of(1L, 3L), List.of(4L)));
        int hash = member.state().stateHash();
        member.restart();
        assertEquals(hash, member.state().stateHash());
        member.flush();
        member.restart();
        assertEquals(hash, member.state().stateHash());
        assertTrue(members().wasRemoved(2));
        assertEquals(
                List.of(1L, 3L, 4L),
                members().rows().stream().map(MemberRow::id).toList());
    }

    @Test
    void aRemovedMemberCountsInTheHash() {
        Membership before = membership();
        int hash = member.state().stateHash();
        change(CommandKind.MEMBER_ADD, learner(4), addLearner(4));
        change(CommandKind.MEMBER_REMOVE, remove(4), before);
        assertEquals(before, membership());
        assertNotEquals(hash, member.state().stateHash());
    }

    @Test
    void anIdIsNeverUsedAgain() {
        change(CommandKind.MEMBER_ADD, learner(4), addLearner(4));
        change(CommandKind.MEMBER_REMOVE, remove(4), Membership.ofVoters(1L, 2L, 3L));
        refused(EtcdError.MEMBER_EXISTS, CommandKind.MEMBER_ADD, learner(4), addLearner(4));
        refused(EtcdError.MEMBER_EXISTS, CommandKind.MEMBER_ADD, learner(1), membership());
    }

    @Test
    void whatIsRefusedLeavesTheConfigurationAsItWas() {
        Member sameUrl = learner(5).toBuilder()
                .clearPeerURLs()
                .addPeerURLs("http://new:2380")
                .addPeerURLs("http://m2:2380")
                .build();
        refused(EtcdError.PEER_URL_EXISTS, CommandKind.MEMBER_ADD, sameUrl, addLearner(5));
        refused(EtcdError.NOT_LEARNER, CommandKind.MEMBER_PROMOTE, promote(2), membership());
        refused(EtcdError.MEMBER_NOT_FOUND, CommandKind.MEMBER_PROMOTE, promote(9), membership());
        refused(EtcdError.MEMBER_NOT_FOUND, CommandKind.MEMBER_REMOVE, remove(9), membership());
        member.refused(EtcdError.MEMBER_NOT_FOUND, CommandKind.MEMBER_UPDATE, update(9, "http://x:1"));
        member.refused(EtcdError.PEER_URL_EXISTS, CommandKind.MEMBER_UPDATE, update(1, "http://m2:2380"));
    }

    @Test
    void peerUrlsChangeWithoutTheConfiguration() {
        Membership before = membership();
        long version = members().version();
        MemberUpdateResponse updated =
                member.ok(MemberUpdateResponse.class, CommandKind.MEMBER_UPDATE, update(2, "http://moved:2380"));
        assertEquals(3, updated.getMembersCount());
        assertEquals(
                List.of("http://moved:2380"),
                Objects.requireNonNull(members().get(2)).peerUrls());
        assertEquals(before, membership());
        assertTrue(members().version() > version);
        member.ok(MemberUpdateResponse.class, CommandKind.MEMBER_UPDATE, update(2, "http://moved:2380"));
    }

    @Test
    void aJointConfigurationIsToldByTheRolesAlone() {
        Membership joint = joint(List.of(3L, 5L), List.of(1L, 2L, 3L), List.of());
        change(
                CommandKind.MEMBER_ADD,
                learner(5).toBuilder().setIsLearner(false).build(),
                joint);
        assertEquals(joint, membership());
        assertEquals(MemberRole.INCOMING, role(5));
        assertEquals(MemberRole.OUTGOING, role(1));
        assertEquals(MemberRole.VOTER, role(3));
        member.flush();
        member.restart();
        assertEquals(joint, membership());

        member.settle(Membership.ofVoters(3L, 5L));
        assertEquals(Membership.ofVoters(3L, 5L), membership());
        assertTrue(members().wasRemoved(1) && members().wasRemoved(2));
    }

    @Test
    void aVoterThatBecomesALearnerVotesInTheOldHalf() {
        Membership joint = joint(List.of(1L, 2L), List.of(1L, 2L, 3L), List.of(3L));
        member.settle(joint);
        assertEquals(MemberRole.DEMOTED, role(3));
        assertTrue(role(3).votes());
        assertEquals(joint, membership());
        member.settle(Membership.of(List.of(1L, 2L), List.of(3L)));
        assertEquals(MemberRole.LEARNER, role(3));
    }

    @Test
    void whatDoesNotFitTogetherStopsTheMember() {
        assertThrows(
                IllegalStateException.class,
                () -> member.submit(CommandKind.MEMBER_ADD, learner(4)),
                "without a configuration");
        assertThrows(
                IllegalStateException.class,
                () -> member.submit(CommandKind.MEMBER_UPDATE, update(1, "http://x:1"), membership()),
                "an ordinary command with one");
        assertThrows(
                IllegalStateException.class,
                () -> member.submit(CommandKind.MEMBER_ADD, learner(4), addLearner(6)),
                "a configuration with a stranger");
    }

    @Test
    void rolesHaveTheirCodesForEver() {
        for (MemberRole role : MemberRole.values()) {
            assertEquals(role, MemberRole.of(role.code()));
        }
        assertEquals(
                List.of(1, 2, 3, 4, 5, 6),
                List.of(MemberRole.values()).stream().map(MemberRole::code).toList());
        assertThrows(IllegalArgumentException.class, () -> MemberRole.of(7));
    }

    private MemberTable members() {
        return member.state().members();
    }

    private Membership membership() {
        return members().membership();
    }

    private MemberRole role(long id) {
        return Objects.requireNonNull(members().get(id)).role();
    }

    private Membership addLearner(long id) {
        return Membership.of(membership().voters(), List.of(id));
    }

    private static Membership joint(List<Long> voters, List<Long> outgoing, List<Long> learners) {
        return new Membership(new TreeSet<>(voters), new TreeSet<>(outgoing), new TreeSet<>(learners));
    }

    private void change(CommandKind kind, MessageLite body, Membership next) {
        assertNull(member.submit(kind, body, next).error());
        assertEquals(next, membership());
    }

    private <T extends MessageLite> T answer(Class<T> type, CommandKind kind, MessageLite body, Membership next) {
        return Objects.requireNonNull(type.cast(member.submit(kind, body, next).response()));
    }

    private void refused(EtcdError expected, CommandKind kind, MessageLite body, Membership next) {
        Membership before = membership();
        int hash = member.state().stateHash();
        Outcome outcome = member.submit(kind, body, next);
        assertEquals(expected.text(), assertNotNullError(outcome));
        assertEquals(before, membership());
        assertEquals(hash, member.state().stateHash());
    }

    private static String assertNotNullError(Outcome outcome) {
        assertNotNull(outcome.error(), "not refused");
        return Objects.requireNonNull(outcome.error()).text();
    }

    private static MemberRow voter(long id) {
        return new MemberRow(id, "n" + id, MemberRole.VOTER, List.of("http://m" + id + ":2380"), List.of());
    }

    private static Member learner(long id) {
        return Member.newBuilder()
                .setID(id)
                .addPeerURLs("http://m" + id + ":2380")
                .setIsLearner(true)
                .build();
    }

    private static MemberPromoteRequest promote(long id) {
        return MemberPromoteRequest.newBuilder().setID(id).build();
    }

    private static MemberRemoveRequest remove(long id) {
        return MemberRemoveRequest.newBuilder().setID(id).build();
    }

    private static MemberUpdateRequest update(long id, String url) {
        return MemberUpdateRequest.newBuilder().setID(id).addPeerURLs(url).build();
    }
}
