package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.rollcall.agent.peer.PeerProxy.Fate;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three real voters whose links fail one way, both ways, for a while or by being closed, while a writer works at each. Every
 * time a stable leader emerges and terms stop growing; after the links are healed all members agree and nothing
 * acknowledged is lost.
 */
@Tag("faults")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PartitionIT {
    private static final int VOTERS = 3;

    @SuppressWarnings("NullAway.Init")
    private ProxiedCluster cluster;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        cluster = new ProxiedCluster(directory, VOTERS);
        cluster.start();
    }

    @AfterAll
    void close() {
        cluster.close();
    }

    @Test
    void aFollowerThatCannotSend() throws Exception {
        try (Situation s = new Situation(cluster, "a follower that cannot send")) {
            int mute = s.follower();
            cluster.set(Fate.DROP, (from, to) -> from == mute);
            assertNotEquals(mute, s.rest().leader());
            s.healed();
        }
    }

    @Test
    void aFollowerThatCannotReceive() throws Exception {
        try (Situation s = new Situation(cluster, "a follower that cannot receive")) {
            int deaf = s.follower();
            cluster.set(Fate.DROP, (from, to) -> to == deaf);
            assertNotEquals(deaf, s.rest().leader());
            s.healed();
        }
    }

    @Test
    void aLeaderThatCannotSend() throws Exception {
        try (Situation s = new Situation(cluster, "a leader that cannot send")) {
            cluster.set(Fate.DROP, (from, to) -> from == s.leader());
            Calm.Rest rest = s.rest();
            assertNotEquals(s.leader(), rest.leader());
            // It hears its successor, and follows it.
            assertEquals(rest.leader(), cluster.leaderSeenBy(s.leader()));
            s.healed();
        }
    }

    /** The others hear its heartbeats and do not vote: only its own check of its quorum lets them have another leader. */
    @Test
    void aLeaderThatCannotReceive() throws Exception {
        try (Situation s = new Situation(cluster, "a leader that cannot receive")) {
            cluster.set(Fate.DROP, (from, to) -> to == s.leader());
            assertNotEquals(s.leader(), s.rest().leader());
            assertNotEquals(s.leader(), cluster.leaderSeenBy(s.leader()), "it has stepped down");
            s.healed();
        }
    }

    /** The switch of Cloudflare's outage of November 2020: two members do not reach each other, a third one reaches both. */
    @Test
    void aChain() throws Exception {
        try (Situation s = new Situation(cluster, "a chain")) {
            int end = s.follower();
            cluster.cut((a, b) -> a == s.leader() && b == end);
            s.rest();
            s.healed();
        }
    }

    @Test
    void aLeaderWhoseConnectionsAreClosed() throws Exception {
        try (Situation s = new Situation(cluster, "a leader whose connections are closed")) {
            cluster.set(Fate.RESET, (from, to) -> from == s.leader() || to == s.leader());
            assertNotEquals(s.leader(), s.rest().leader());
            s.healed();
        }
    }

    /** What the network held back in an outage arrives after the next leader has been elected. */
    @Test
    void aLeaderThatIsHeardLate() throws Exception {
        try (Situation s = new Situation(cluster, "a leader that is heard late")) {
            cluster.set(Fate.STALL, (from, to) -> from == s.leader());
            assertNotEquals(s.leader(), s.rest().leader());
            s.healed();
        }
    }

    /** Every message takes longer than a heartbeat; a round trip is still well within the election timeout. */
    @Test
    void slowLinks() throws Exception {
        try (Situation s = new Situation(cluster, "slow links")) {
            cluster.delay(ProxiedCluster.ELECTION_MS / 5, (from, to) -> true);
            assertEquals(Set.of(0, 1, 2), s.rest().served());
            s.healed();
        }
    }

    @Test
    void aLeaderPausedBehindACutLink() throws Exception {
        try (Situation s = new Situation(cluster, "a leader paused behind a cut link")) {
            int other = s.follower();
            cluster.cut((a, b) -> a == s.leader() && b == other);
            cluster.pause(s.leader());
            assertNotEquals(s.leader(), s.rest().leader());
            cluster.resume(s.leader());
            s.rest();
            s.healed();
        }
    }

    /** It knows nobody who leads, and its greetings get no answer; it must neither disturb the others nor stay out later. */
    @Test
    void aMemberThatStartsCutOff() throws Exception {
        try (Situation s = new Situation(cluster, "a member that starts cut off")) {
            int late = s.follower();
            cluster.agent(late).kill();
            cluster.set(Fate.DROP, (from, to) -> from == late || to == late);
            cluster.agent(late).start();
            assertNotEquals(late, s.rest().leader());
            s.healed();
        }
    }
}
