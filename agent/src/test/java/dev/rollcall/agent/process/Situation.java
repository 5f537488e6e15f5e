package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** One thing that goes wrong between members: begins and ends with a cluster at rest, and has writers all along. */
final class Situation implements AutoCloseable {
    private final ProxiedCluster cluster;
    private final String name;
    private final Writers writers;
    private final Calm.Rest before;

    /** @param name no other situation of this cluster has it */
    Situation(ProxiedCluster cluster, String name) {
        this.cluster = cluster;
        this.name = name;
        this.writers = new Writers(cluster, name);
        this.before = Calm.awaitService(name + ", before", cluster, writers);
    }

    /** Who led when it began. */
    int leader() {
        return before.leader();
    }

    /** Someone who did not. */
    int follower() {
        return other(1);
    }

    /** Another member, from 1 to one less than there are. */
    int other(int n) {
        return (leader() + n) % cluster.size();
    }

    /** Observes until the cluster has come to rest with its links as they are. */
    Calm.Rest rest() {
        return Calm.await(name, cluster, writers);
    }

    /** Heals every link: all are served again, and all agree. */
    void healed() throws Exception {
        cluster.heal();
        Calm.Rest after = Calm.awaitBriefly(name + ", healed", cluster, writers);
        assertEquals(cluster.size(), after.served().size());
        writers.assertNothingIsLost();
        System.out.println(name + ": " + writers);
    }

    @Override
    public void close() {
        cluster.resumeAll();
        cluster.heal();
        writers.close();
    }
}
