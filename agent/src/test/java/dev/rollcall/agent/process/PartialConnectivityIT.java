package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.peer.PeerProxy.Fate;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Five real voters of which some pairs do not reach each other, while a writer works at each. In every one of these
 * networks somebody reaches a quorum and can win one: so a stable leader must emerge, terms must stop growing, and whoever
 * is in touch with that leader must be served.
 */
@Tag("faults")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PartialConnectivityIT {
    private static final int VOTERS = 5;
    private static final int RANDOM_NETWORKS = Integer.getInteger("links.networks", 2);
    private static final long SEED = Long.getLong("links.seed", System.nanoTime());

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

    /**
     * One member is cut off, and the leader reaches a single other one. That one hears the leader and would vote for nobody
     * else: with pre-vote but without the leader's check of its quorum this cluster stays without one.
     */
    @Test
    void aLeaderWithOneFollowerLeft() throws Exception {
        try (Situation s = new Situation(cluster, "a leader with one follower left")) {
            int gone = s.other(1);
            int last = s.other(2);
            cluster.cut((a, b) -> a == gone || (a == s.leader() && b != last));
            Calm.Rest rest = s.rest();
            assertNotEquals(s.leader(), rest.leader());
            assertNotEquals(gone, rest.leader());
            s.healed();
        }
    }

    /** All links but those of one member are gone, and the leader is not that member: nobody else can have a quorum. */
    @Test
    void aStar() throws Exception {
        try (Situation s = new Situation(cluster, "a star")) {
            int hub = s.other(1);
            cluster.cut((a, b) -> a != hub && b != hub);
            Calm.Rest rest = s.rest();
            assertEquals(hub, rest.leader());
            assertEquals(Set.of(0, 1, 2, 3, 4), rest.served());
            s.healed();
        }
    }

    /** Each reaches only its two neighbours. */
    @Test
    void aRing() throws Exception {
        try (Situation s = new Situation(cluster, "a ring")) {
            cluster.cut((a, b) -> (a + 1) % VOTERS != b && (b + 1) % VOTERS != a);
            assertEquals(3, s.rest().served().size());
            s.healed();
        }
    }

    /** Two halves that only one member belongs to both of. */
    @Test
    void aBridge() throws Exception {
        try (Situation s = new Situation(cluster, "a bridge")) {
            int bridge = s.other(1);
            Set<Integer> near = Set.of(s.leader(), s.other(2), bridge);
            Set<Integer> far = Set.of(s.other(3), s.other(4), bridge);
            cluster.cut((a, b) -> !(near.contains(a) && near.contains(b)) && !(far.contains(a) && far.contains(b)));
            s.rest();
            s.healed();
        }
    }

    /** Two members hear nobody but are heard: they ask for votes, and for pre-votes, without end. */
    @Test
    void twoDeafMembers() throws Exception {
        try (Situation s = new Situation(cluster, "the leader and another one are deaf")) {
            Set<Integer> deaf = Set.of(s.leader(), s.other(1));
            cluster.set(Fate.DROP, (from, to) -> deaf.contains(to));
            assertEquals(3, s.rest().served().size());
            s.healed();
        }
    }

    /** Some three members reach each other, in both directions; each other direction of a link works or does not. */
    @Test
    void anyNetworkInWhichAQuorumCanTalk() throws Exception {
        System.out.println("links.seed=" + SEED);
        Random random = new Random(SEED);
        for (int i = 0; i < RANDOM_NETWORKS; i++) {
            try (Situation s = new Situation(cluster, "random network " + i)) {
                List<Integer> members = new ArrayList<>(List.of(0, 1, 2, 3, 4));
                Collections.shuffle(members, random);
                Set<Integer> quorum = Set.copyOf(members.subList(0, 3));
                boolean[] cut = new boolean[VOTERS * VOTERS];
                for (int link = 0; link < cut.length; link++) {
                    boolean keeps = quorum.contains(link / VOTERS) && quorum.contains(link % VOTERS);
                    cut[link] = random.nextBoolean() && !keeps;
                }
                cluster.set(Fate.DROP, (from, to) -> cut[from * VOTERS + to]);
                assertTrue(s.rest().served().size() >= quorum.size(), "links.seed=" + SEED);
                s.healed();
            }
        }
    }
}
