package dev.rollcall.agent.local;

import dev.rollcall.agent.member.CommittedLog;
import dev.rollcall.agent.member.LeaderMover;
import dev.rollcall.agent.member.LeaseClock;
import dev.rollcall.agent.member.MemberInfo;
import dev.rollcall.agent.member.Proposer;
import dev.rollcall.agent.member.ReadIndex;
import dev.rollcall.agent.member.StateCopies;

/**
 * What the etcd services of a member stand on.
 *
 * @param store the replicated state, for reading
 * @param proposer the way to change it
 * @param readIndex makes a read linearizable
 * @param leaseClock the time leases have left
 * @param committedLog tells of new revisions
 * @param leaderMover hands leadership over
 * @param copies copies of the state
 * @param info what the member knows of itself
 */
public record LocalParts(
        StoreViews store,
        Proposer proposer,
        ReadIndex readIndex,
        LeaseClock leaseClock,
        CommittedLog committedLog,
        LeaderMover leaderMover,
        StateCopies copies,
        MemberInfo info) {}
