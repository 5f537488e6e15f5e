package dev.rollcall.agent.member;

import dev.rollcall.storage.error.EtcdError;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.member.MemberTable;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * What a leader checks of a change of membership before it proposes it: whether the cluster would still have its quorum, were
 * the newcomer never to start. Each check throws the {@code EtcdException} that the caller gets. Source of rules and order: etcd v3.6, {@code server/etcdserver/server.go} and {@code
 * api/membership/cluster.go} with {@code strict-reconfig-check}.
 */
final class ChangeChecks {
    private final long self;
    private final MemberTable members;
    private final int maxLearners;
    private final LongPredicate connected;
    private final LongPredicate connectedForLong;

    /**
     * @param maxLearners learners there may be at once
     * @param connected whether a peer is connected now
     * @param connectedForLong whether it has been for some seconds, so that it can be counted on
     */
    ChangeChecks(
            long self, MemberTable members, int maxLearners, LongPredicate connected, LongPredicate connectedForLong) {
        this.self = self;
        this.members = members;
        this.maxLearners = maxLearners;
        this.connected = connected;
        this.connectedForLong = connectedForLong;
    }

    /** Whether this member may be added; throws why not. */
    void add(long id, List<String> peerUrls, boolean learner) {
        List<MemberRow> voters = voters();
        refuseIf(!learner && !quorumStartedWithOneMore(voters), EtcdError.NOT_ENOUGH_STARTED);
        refuseIf(voters.size() > 1 && active(voters) < quorum(voters.size() + 1), EtcdError.UNHEALTHY);
        refuseIf(members.get(id) != null || members.wasRemoved(id), EtcdError.MEMBER_EXISTS);
        refuseIf(members.ownerOf(peerUrls, id) != null, EtcdError.PEER_URL_EXISTS);
        refuseIf(learner && learners() >= maxLearners, EtcdError.TOO_MANY_LEARNERS);
    }

    /** Whether this member may be promoted, as far as its log does not forbid it; throws why not. */
    void promote(long id) {
        refuseIf(known(id).role() != MemberRole.LEARNER, EtcdError.NOT_LEARNER);
        List<MemberRow> voters = voters();
        refuseIf(started(voters) + 1 < quorum(voters.size() + 1), EtcdError.NOT_ENOUGH_STARTED);
    }

    /** Whether this member may be removed; throws why not. */
    void remove(long id) {
        if (!known(id).role().votes()) {
            return;
        }
        List<MemberRow> voters = voters();
        List<MemberRow> rest = voters.stream().filter(voter -> voter.id() != id).toList();
        refuseIf(started(rest) < quorum(rest.size()), EtcdError.NOT_ENOUGH_STARTED);
        // One that is down is no part of the quorum that works.
        boolean active = id == self || connected.test(id);
        refuseIf(active && active(voters) - 1 < quorum(rest.size()), EtcdError.UNHEALTHY);
    }

    private MemberRow known(long id) {
        MemberRow row = members.get(id);
        if (row == null) {
            throw EtcdError.MEMBER_NOT_FOUND.exception();
        }
        return row;
    }

    private static void refuseIf(boolean so, EtcdError error) {
        if (so) {
            throw error.exception();
        }
    }

    /** A lone voter may always get a second one: how else would a cluster begin to grow? */
    private static boolean quorumStartedWithOneMore(List<MemberRow> voters) {
        int started = started(voters);
        return (started == 1 && voters.size() == 1) || started >= quorum(voters.size() + 1);
    }

    private List<MemberRow> voters() {
        return members.rows().stream().filter(row -> row.role().votes()).toList();
    }

    private long learners() {
        return members.rows().stream()
                .filter(row -> row.role() == MemberRole.LEARNER)
                .count();
    }

    private static int started(List<MemberRow> voters) {
        return (int) voters.stream().filter(MemberRow::started).count();
    }

    private int active(List<MemberRow> voters) {
        return (int) voters.stream()
                .filter(voter -> voter.id() == self || connectedForLong.test(voter.id()))
                .count();
    }

    private static int quorum(int voters) {
        return voters / 2 + 1;
    }
}
