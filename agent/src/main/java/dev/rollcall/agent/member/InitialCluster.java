package dev.rollcall.agent.member;

import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.HttpUrl;
import dev.rollcall.storage.member.MemberRole;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.sqlite.Identity;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The cluster as the flags of a first start describe it; every voter computes the same one.
 *
 * @param identity cluster id and this member's id
 * @param members all initial members, voters
 */
record InitialCluster(Identity identity, List<MemberRow> members) {

    /**
     * Reads {@code --initial-cluster} and what belongs to it.
     *
     * @throws StartException if this member is not in it, or two members have the same peer URLs
     */
    static InitialCluster of(AgentConfig config) {
        return of(config, config.cluster().token());
    }

    /** As above, with another token. */
    static InitialCluster of(AgentConfig config, String token) {
        AgentConfig.Cluster cluster = config.cluster();
        List<MemberRow> members = new ArrayList<>();
        Set<Long> ids = new HashSet<>();
        long self = 0;
        for (var entry : cluster.initialCluster().entrySet()) {
            List<String> urls =
                    entry.getValue().stream().map(HttpUrl::toString).sorted().toList();
            long id = ClusterIdentity.memberId(urls, token);
            if (!ids.add(id)) {
                throw new StartException("--initial-cluster names the peer URLs " + urls + " twice");
            }
            if (entry.getKey().equals(config.name())) {
                self = id;
            }
            members.add(new MemberRow(id, "", MemberRole.VOTER, urls, List.of()));
        }
        if (self == 0) {
            throw new StartException("--initial-cluster does not name this member, --name " + config.name());
        }
        return new InitialCluster(new Identity(ClusterIdentity.clusterId(ids, token), self), members);
    }
}
