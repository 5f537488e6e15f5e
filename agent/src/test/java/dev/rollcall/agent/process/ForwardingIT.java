package dev.rollcall.agent.process;

import dev.rollcall.agent.peer.PeerProxy.Fate;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leaders are lost in the middle of writes that go to every member: a write is done once, or as its answer says. */
@Tag("faults")
class ForwardingIT {
    private static final int ROUNDS = Integer.getInteger("forwarding.rounds", 6);
    private static final int WRITES_BETWEEN = 300;

    private final long seed = Long.getLong("forwarding.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    /** They are killed and held. Some writers work through a client agent. */
    @Test
    void leadersThatEndOrSleep() throws Exception {
        try (TestCluster cluster = new TestCluster(directory)) {
            cluster.start();
            List<String> urls =
                    IntStream.range(0, cluster.size()).mapToObj(cluster::url).toList();
            try (OnceWriters writers = new OnceWriters(urls)) {
                for (int round = 0; round < ROUNDS; round++) {
                    writers.awaitDone(WRITES_BETWEEN + random.nextInt(WRITES_BETWEEN));
                    int leader = leader(cluster);
                    if (random.nextBoolean()) {
                        cluster.agent(leader).kill();
                        writers.awaitDone(WRITES_BETWEEN);
                        cluster.agent(leader).start();
                    } else {
                        cluster.agent(leader).signal("STOP");
                        writers.awaitDone(WRITES_BETWEEN); // by the others, with another leader
                        cluster.agent(leader).signal("CONT");
                    }
                    cluster.awaitReady(leader);
                }
                writers.awaitDone(WRITES_BETWEEN);
                writers.judge();
            }
        } catch (Exception | AssertionError e) {
            throw new AssertionError("again with -Dforwarding.seed=" + seed, e);
        }
    }

    /** What goes wrong between a leader and some of the others. */
    private enum Trouble {
        MUTE(Fate.DROP, true, false),
        DEAF(Fate.DROP, false, true),
        CUT_OFF(Fate.DROP, true, true),
        /** What it is sent, forwarded writes as well, arrives when it leads no more, or when its sender has given up. */
        LATE(Fate.STALL, false, true),
        /** What it answers does. */
        LATE_ANSWERS(Fate.STALL, true, false),
        CLOSED(Fate.RESET, true, true);

        private final Fate fate;
        private final boolean fromLeader;
        private final boolean toLeader;

        Trouble(Fate fate, boolean fromLeader, boolean toLeader) {
            this.fate = fate;
            this.fromLeader = fromLeader;
            this.toLeader = toLeader;
        }
    }

    /** Their connections fail, for one of the others or for both. */
    @Test
    void leadersThatAreOutOfReach() throws Exception {
        List<Trouble> troubles = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            troubles.addAll(List.of(Trouble.values()));
        }
        Collections.shuffle(troubles, random);
        try (ProxiedCluster cluster = new ProxiedCluster(directory, 3)) {
            cluster.start();
            List<String> urls = IntStream.range(0, cluster.size())
                    .mapToObj(cluster::clientUrl)
                    .toList();
            Set<Trouble> seen = new HashSet<>();
            try (OnceWriters writers = new OnceWriters(urls)) {
                for (Trouble trouble : troubles) {
                    writers.awaitDone(WRITES_BETWEEN + random.nextInt(WRITES_BETWEEN));
                    int leader = leader(cluster);
                    // For both the first time, for one of them the second.
                    int spared = seen.add(trouble) ? -1 : (leader + 1 + random.nextInt(2)) % 3;
                    cluster.set(
                            trouble.fate,
                            (from, to) -> from != spared
                                    && to != spared
                                    && ((trouble.fromLeader && from == leader) || (trouble.toLeader && to == leader)));
                    writers.awaitDone(WRITES_BETWEEN);
                    writers.awaitUnknown();
                    cluster.heal();
                }
                writers.awaitDone(WRITES_BETWEEN);
                writers.judge();
            }
        } catch (Exception | AssertionError e) {
            throw new AssertionError("again with -Dforwarding.seed=" + seed, e);
        }
    }

    private static int leader(TestCluster cluster) {
        int[] leader = {-1};
        Eventually.holds("there is a leader", () -> {
            for (int at = 0; at < TestCluster.VOTERS; at++) {
                for (Object each : new JsonArray(cluster.get(at, "/v1/members").body())) {
                    JsonObject member = (JsonObject) each;
                    if (member.getBoolean("leader")) {
                        leader[0] = Integer.parseInt(member.getString("name").substring(1));
                        return true;
                    }
                }
            }
            return false;
        });
        return leader[0];
    }

    private static int leader(ProxiedCluster cluster) {
        int[] leader = {-1};
        Eventually.holds("all follow the same leader", () -> {
            Set<ProxiedCluster.View> views = new HashSet<>(cluster.views().values());
            leader[0] = views.iterator().next().leader();
            return views.size() == 1 && leader[0] >= 0;
        });
        return leader[0];
    }
}
