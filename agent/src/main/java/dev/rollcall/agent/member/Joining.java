package dev.rollcall.agent.member;

import dev.rollcall.agent.config.AgentConfig;
import dev.rollcall.agent.config.HttpUrl;
import dev.rollcall.agent.peer.ClusterPicture;
import dev.rollcall.agent.peer.ClusterQuestion;
import dev.rollcall.storage.member.MemberRow;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How an empty directory becomes that of a member which the cluster already has in its list: it asks the others named in
 * {@code --initial-cluster} which cluster that is and who it is in it.
 */
final class Joining {
    private static final Logger log = LoggerFactory.getLogger(Joining.class);
    private static final long PAUSE_MS = 500;

    /**
     * What a joining member learns.
     *
     * @param self its own place in the list
     */
    record Place(MemberRow self, ClusterPicture picture) {}

    private final String name;
    private final List<String> ownUrls;
    private final Map<String, List<String>> named = new TreeMap<>();
    private final List<URI> others = new ArrayList<>();

    Joining(AgentConfig config) {
        this.name = config.name();
        config.cluster().initialCluster().forEach((member, urls) -> {
            named.put(member, sorted(urls));
            if (!member.equals(name)) {
                urls.forEach(url -> others.add(URI.create(url.toString())));
            }
        });
        List<String> own = named.get(name);
        if (own == null) {
            throw new StartException("--initial-cluster does not name this member, --name " + name);
        }
        if (others.isEmpty()) {
            throw new StartException("--initial-cluster-state existing needs the other members in --initial-cluster, as"
                    + " member add prints it; it names " + name + " alone");
        }
        this.ownUrls = own;
    }

    private static List<String> sorted(List<HttpUrl> urls) {
        return urls.stream().map(HttpUrl::toString).sorted().toList();
    }

    /**
     * Asks until somebody answers and this member has its place. Blocks.
     *
     * @throws StartException if the cluster and the flags do not agree
     */
    Place await() {
        String trouble = "";
        while (true) {
            List<String> failures = new ArrayList<>();
            for (URI url : others) {
                try {
                    Place place = place(ClusterQuestion.ask(url));
                    if (place != null) {
                        return place;
                    }
                    failures.add(url + " does not know this member yet, and has no quorum to ask");
                } catch (IOException e) {
                    failures.add(url + ": " + e.getMessage());
                }
            }
            String now = String.join("; ", failures);
            if (!now.equals(trouble)) {
                trouble = now;
                log.info("waiting for a member of the cluster to tell this one its place in it: {}", now);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MS));
        }
    }

    /**
     * This member's place in the cluster.
     *
     * @return null if it is not there yet, as far as a member without a quorum can tell
     * @throws StartException if it is not there, was there before, or the flags name other members
     */
    @Nullable
    Place place(ClusterPicture picture) {
        MemberRow self = at(picture.members(), ownUrls);
        if (self == null && !picture.confirmed()) {
            return null;
        }
        String cluster = "cluster " + Long.toHexString(picture.clusterId());
        if (self == null) {
            throw new StartException(
                    cluster + " has no member with the peer URLs " + ownUrls + ": add it first with member add");
        }
        if (self.started() || picture.directories().containsKey(self.id())) {
            throw new StartException("member " + Long.toHexString(self.id()) + " of " + cluster + " with the peer URLs "
                    + ownUrls + " has run before, with another data directory: remove and add this member");
        }
        compare(picture.members(), cluster);
        return new Place(self, picture);
    }

    /** The flags must name the members of the cluster and no others: otherwise they are meant for another one. */
    private void compare(List<MemberRow> members, String cluster) {
        named.forEach((member, urls) -> {
            MemberRow row = at(members, urls);
            if (row == null) {
                throw new StartException("--initial-cluster names " + member + " at " + urls + ", which " + cluster
                        + " does not have: its members are " + described(members));
            }
            if (row.started() && !row.name().equals(member)) {
                throw new StartException("--initial-cluster calls the member at " + urls + " " + member + ", in "
                        + cluster + " it is " + row.name());
            }
        });
        for (MemberRow row : members) {
            if (!named.containsValue(row.peerUrls().stream().sorted().toList())) {
                throw new StartException(cluster + " has a member at " + row.peerUrls()
                        + " that --initial-cluster does not name: its members are " + described(members));
            }
        }
    }

    private static @Nullable MemberRow at(List<MemberRow> members, List<String> urls) {
        for (MemberRow row : members) {
            if (row.peerUrls().stream().sorted().toList().equals(urls)) {
                return row;
            }
        }
        return null;
    }

    private static String described(List<MemberRow> members) {
        List<String> all = new ArrayList<>();
        members.forEach(row -> all.add((row.started() ? row.name() : "(not started)") + "=" + row.peerUrls()));
        return String.join(", ", all);
    }
}
