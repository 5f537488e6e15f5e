package dev.rollcall.agent.peer;

import io.vertx.core.Future;
import java.net.URI;
import java.util.List;

/** What this member knows of the cluster's members, as its peers' connections need it. Any thread. */
public interface LocalMembers {
    /** Whether this id was a member's that has been removed. */
    boolean wasRemoved(long member);

    /** Where this member itself is reached by its peers; empty as long as it does not know. */
    List<URI> ownUrls();

    /** What whoever wants to join is told; fails with a reason for people. */
    Future<ClusterPicture> picture();
}
