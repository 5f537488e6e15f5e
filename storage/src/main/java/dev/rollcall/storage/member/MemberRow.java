package dev.rollcall.storage.member;

import dev.rollcall.storage.proto.Member;
import java.util.List;

/**
 * A member of the Raft configuration, or what is kept of one that was removed.
 *
 * @param id member id
 * @param name empty until it has started
 * @param role its place in the configuration
 * @param peerUrls where its peers reach it
 * @param clientUrls where clients reach it; empty until it has published them
 */
public record MemberRow(long id, String name, MemberRole role, List<String> peerUrls, List<String> clientUrls) {
    /** What is kept of a removed member: its id. */
    public static MemberRow removed(long id) {
        return new MemberRow(id, "", MemberRole.REMOVED, List.of(), List.of());
    }

    /** The same member at another place in the configuration. */
    public MemberRow as(MemberRole now) {
        return new MemberRow(id, name, now, peerUrls, clientUrls);
    }

    /** The same member, reached by its peers elsewhere. */
    public MemberRow at(List<String> urls) {
        return new MemberRow(id, name, role, List.copyOf(urls), clientUrls);
    }

    /** Whether it has ever run: only then does it have a name. */
    public boolean started() {
        return !name.isEmpty();
    }

    /** As the API shows it. */
    public Member message() {
        return Member.newBuilder()
                .setID(id)
                .setName(name)
                .addAllPeerURLs(peerUrls)
                .addAllClientURLs(clientUrls)
                .setIsLearner(role == MemberRole.LEARNER)
                .build();
    }
}
