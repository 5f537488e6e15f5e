package dev.rollcall.agent.member;

import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.sqlite.Identity;
import java.util.List;

/**
 * A new cluster that begins with a saved snapshot. Its ids follow from the flags and from the snapshot, so that every member
 * made from the same file computes the same ones, and none is taken for a member of the cluster the snapshot is from.
 *
 * @param identity cluster id and this member's id
 * @param members all initial members, voters
 */
public record RestoredCluster(Identity identity, List<MemberRow> members) {
    /**
     * @param config what the flags say of the member and its cluster
     * @param snapshotHash of the snapshot's file
     * @throws StartException if this member is not in it, or two members have the same peer URLs
     */
    public static RestoredCluster of(AgentConfig config, long snapshotHash) {
        String token = config.cluster().token() + "\n" + Long.toHexString(snapshotHash);
        InitialCluster cluster = InitialCluster.of(config, token);
        return new RestoredCluster(cluster.identity(), cluster.members());
    }
}
