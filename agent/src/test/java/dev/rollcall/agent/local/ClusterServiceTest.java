package dev.rollcall.agent.local;

import static dev.rollcall.agent.local.LocalFixture.assertError;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.call.EtcdMethod;
import dev.rollcall.storage.apply.StateLimits;
import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.proto.Member;
import dev.rollcall.storage.proto.MemberAddRequest;
import dev.rollcall.storage.proto.MemberAddResponse;
import dev.rollcall.storage.proto.MemberListRequest;
import dev.rollcall.storage.proto.MemberPromoteRequest;
import dev.rollcall.storage.proto.MemberPromoteResponse;
import dev.rollcall.storage.proto.MemberRemoveRequest;
import dev.rollcall.storage.proto.MemberRemoveResponse;
import dev.rollcall.storage.proto.MemberUpdateRequest;
import dev.rollcall.storage.proto.MemberUpdateResponse;
import dev.rollcall.storage.proto.MoveLeaderRequest;
import dev.rollcall.storage.proto.MoveLeaderResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClusterServiceTest {
    private LocalFixture local = new LocalFixture(LocalLimits.DEFAULT);

    @AfterEach
    void close() {
        local.close();
    }

    private static MemberAddRequest adding(boolean learner, String... urls) {
        return MemberAddRequest.newBuilder()
                .addAllPeerURLs(List.of(urls))
                .setIsLearner(learner)
                .build();
    }

    private MemberAddResponse add(boolean learner, String... urls) {
        return local.call(EtcdMethod.MEMBER_ADD, adding(learner, urls), MemberAddResponse.getDefaultInstance());
    }

    private static MemberRemoveRequest removing(long id) {
        return MemberRemoveRequest.newBuilder().setID(id).build();
    }

    @Test
    void aMemberIsAddedPromotedUpdatedAndRemoved() {
        MemberAddResponse added = add(true, "http://b:2380", "http://a:2380", "http://b:2380");
        Member member = added.getMember();
        assertEquals(List.of("http://a:2380", "http://b:2380"), member.getPeerURLsList());
        assertTrue(member.getIsLearner());
        assertEquals("", member.getName());
        assertEquals(2, added.getMembersCount());
        assertEquals(0, added.getHeader().getRevision(), "answers about the cluster carry no revision");
        assertEquals(FakeMember.CLUSTER, added.getHeader().getClusterId());

        MemberPromoteResponse promoted = local.call(
                EtcdMethod.MEMBER_PROMOTE,
                MemberPromoteRequest.newBuilder().setID(member.getID()).build(),
                MemberPromoteResponse.getDefaultInstance());
        assertFalse(promoted.getMembersList().stream().anyMatch(Member::getIsLearner));
        MemberUpdateResponse updated = local.call(
                EtcdMethod.MEMBER_UPDATE,
                MemberUpdateRequest.newBuilder()
                        .setID(member.getID())
                        .addPeerURLs("http://c:2380")
                        .build(),
                MemberUpdateResponse.getDefaultInstance());
        assertTrue(updated.getMembersList().stream()
                .anyMatch(row -> row.getPeerURLsList().equals(List.of("http://c:2380"))));
        MemberRemoveResponse removed = local.call(
                EtcdMethod.MEMBER_REMOVE, removing(member.getID()), MemberRemoveResponse.getDefaultInstance());
        assertEquals(1, removed.getMembersCount());
        assertError(EtcdError.MEMBER_NOT_FOUND, local.fail(EtcdMethod.MEMBER_REMOVE, removing(member.getID())));
        assertNotEquals(member.getID(), add(true, "http://a:2380").getMember().getID());
    }

    @Test
    void urlsThatNobodyCanDialAreRefused() {
        for (String url : List.of("a:1", "ftp://a:1", "http://a", "http://a:1/path", "http://a:0", "https://a:1", "")) {
            assertError(EtcdError.MEMBER_BAD_URLS, local.fail(EtcdMethod.MEMBER_ADD, adding(false, url)));
            assertError(
                    EtcdError.MEMBER_BAD_URLS,
                    local.fail(
                            EtcdMethod.MEMBER_UPDATE,
                            MemberUpdateRequest.newBuilder()
                                    .setID(FakeMember.MEMBER)
                                    .addPeerURLs(url)
                                    .build()));
        }
        assertError(EtcdError.MEMBER_BAD_URLS, local.fail(EtcdMethod.MEMBER_ADD, adding(false)));
    }

    @Test
    void peerUrlsBelongToOneMember() {
        assertError(
                EtcdError.PEER_URL_EXISTS, local.fail(EtcdMethod.MEMBER_ADD, adding(false, "http://127.0.0.1:2380/")));
    }

    @Test
    void leadershipIsMoved() {
        MoveLeaderRequest there =
                MoveLeaderRequest.newBuilder().setTargetID(FakeMember.MEMBER).build();
        assertFalse(local.call(EtcdMethod.MOVE_LEADER, there, MoveLeaderResponse.getDefaultInstance())
                .hasHeader());
        assertError(
                EtcdError.BAD_LEADER_TRANSFEREE,
                local.fail(EtcdMethod.MOVE_LEADER, MoveLeaderRequest.getDefaultInstance()));
    }

    @Test
    void aLearnerAnswersNothingAboutTheCluster() {
        local.close();
        local = new LocalFixture(LocalLimits.DEFAULT, StateLimits.DEFAULTS, false, MemberRole.LEARNER);
        assertError(
                EtcdError.NOT_SUPPORTED_FOR_LEARNER,
                local.fail(EtcdMethod.MEMBER_LIST, MemberListRequest.getDefaultInstance()));
        assertError(EtcdError.NOT_SUPPORTED_FOR_LEARNER, local.fail(EtcdMethod.MEMBER_ADD, adding(true, "http://x:1")));
    }

    @Test
    void whoWasRemovedServesNobody() {
        add(false, "http://b:2380");
        local.call(EtcdMethod.MEMBER_REMOVE, removing(FakeMember.MEMBER), MemberRemoveResponse.getDefaultInstance());
        assertError(EtcdError.STOPPED, local.fail(EtcdMethod.MEMBER_LIST, MemberListRequest.getDefaultInstance()));
    }
}
