package dev.rollcall.agent.member;

import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.HttpUrl;
import dev.rollcall.agent.peer.ClusterPicture;
import dev.rollcall.agent.peer.LocalMembers;
import dev.rollcall.storage.member.MemberRow;
import dev.rollcall.storage.member.MemberTable;
import io.vertx.core.Future;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The members table as peers, and those who want to become peers, need it. Any thread. */
final class LocalTable implements LocalMembers {
    /** How long a newcomer's question waits for a quorum. A cluster that waits for just this newcomer has none. */
    private static final long QUORUM_WAIT_MS = 1_000;

    private final MemberFiles files;
    private final List<URI> advertised;
    private final Supplier<Reads> reads;

    LocalTable(MemberFiles files, AgentConfig config, Supplier<Reads> reads) {
        this.files = files;
        this.advertised = config.cluster().initialAdvertisePeerUrls().stream()
                .map(HttpUrl::toString)
                .map(URI::create)
                .toList();
        this.reads = reads;
    }

    private MemberTable members() {
        return files.state().members();
    }

    @Override
    public boolean wasRemoved(long member) {
        return members().wasRemoved(member);
    }

    boolean selfWasRemoved() {
        return wasRemoved(files.identity().memberId());
    }

    @Override
    public List<URI> ownUrls() {
        MemberRow self = members().get(files.identity().memberId());
        return self == null ? advertised : urls(self);
    }

    /** Where every member is, this one included. */
    Map<Long, List<URI>> peerUrls() {
        Map<Long, List<URI>> urls = new HashMap<>();
        for (MemberRow member : members().rows()) {
            urls.put(member.id(), urls(member));
        }
        return urls;
    }

    private static List<URI> urls(MemberRow member) {
        return member.peerUrls().stream().map(URI::create).toList();
    }

    @Override
    public Future<ClusterPicture> picture() {
        if (files.log().firstMembers().isEmpty()) {
            return Future.failedFuture("it does not know which members the log began with: ask another one");
        }
        return reads.get()
                .await(QUORUM_WAIT_MS)
                .transform((done, failure) -> Future.succeededFuture(new ClusterPicture(
                        files.identity().clusterId(),
                        failure == null,
                        files.log().firstMembers(),
                        members().rows(),
                        files.directories())));
    }
}
