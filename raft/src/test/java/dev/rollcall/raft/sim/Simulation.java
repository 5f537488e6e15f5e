package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.RaftConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * One cluster through one stretch of trouble and then to rest, all of it drawn from a seed: its size and settings, what
 * clients do, what the network and the disks do, what breaks and when.
 *
 * <p>In the first phase nothing may be wrong after any event. Then faults stop for a part of the cluster that is a quorum,
 * and it must come to work; then for all of it, and everyone must agree.
 */
public final class Simulation {
    private static final long SECOND = 1_000_000;

    /**
     * What a run came to.
     *
     * @param traceHash the same for every run of the seed
     * @param events how many there were
     * @param committed entries committed
     * @param writes writes acknowledged to clients
     * @param reads reads served to clients
     */
    public record Outcome(long traceHash, long events, long committed, long writes, long reads) {}

    private final long seed;
    private final Timeline timeline = new Timeline();
    private final Trace trace = new Trace(timeline);
    private final SplittableRandom random;
    private final Membership membership;
    private final Invariants invariants;
    private final SimNetwork network;
    private final Clients clients;
    private final Faults faults;
    private final List<SimNode> nodes = new ArrayList<>();

    public Simulation(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.membership = drawMembership(random);
        this.invariants = new Invariants(membership);
        this.network = new SimNetwork(this, random.split());
        this.clients = new Clients(this, random.split());
        this.faults = new Faults(this, random.split());
        boolean small = random.nextBoolean();
        for (long id : membership.members()) {
            RaftConfig config = RaftConfig.defaults(id).withTicks(2, 10, 20);
            if (small) {
                config = config.withFlow(600, 4, 4_000).withMemory(20_000, 2_000, 1_500);
            }
            nodes.add(new SimNode(config, membership, this, random.split()));
        }
    }

    /**
     * Runs it.
     *
     * @param troubleSeconds simulated length of the first phase
     * @throws SimulationFailure if anything is wrong; says how to run it again
     */
    public Outcome run(int troubleSeconds) {
        try {
            nodes.forEach(SimNode::start);
            clients.run(2_000 + random.nextInt(20_000));
            faults.run();
            timeline.runUntil(troubleSeconds * SECOND);
            faults.stop();
            restAsQuorum();
            restAsWhole();
            return new Outcome(
                    trace.hash(), trace.events(), invariants.committed(), clients.writesEnded(), clients.readsEnded());
        } catch (RuntimeException e) {
            throw new SimulationFailure(
                    e.getMessage() + "\nseed " + seed + ", " + membership + "\nagain: -Dsim.seed=" + seed
                            + "\nlast events:\n" + trace.lastEvents(),
                    e);
        }
    }

    Timeline timeline() {
        return timeline;
    }

    Trace trace() {
        return trace;
    }

    Invariants invariants() {
        return invariants;
    }

    SimNetwork network() {
        return network;
    }

    Clients clients() {
        return clients;
    }

    List<SimNode> nodes() {
        return nodes;
    }

    SimNode node(long id) {
        for (SimNode node : nodes) {
            if (node.id() == id) {
                return node;
            }
        }
        throw new IllegalArgumentException("no node " + id);
    }

    /** A node drawn; the leader with this probability, if there is one. */
    SimNode anyNode(SplittableRandom from, double leader) {
        if (from.nextDouble() < leader) {
            for (SimNode node : nodes) {
                if (node.leads()) {
                    return node;
                }
            }
        }
        return nodes.get(from.nextInt(nodes.size()));
    }

    private static Membership drawMembership(SplittableRandom random) {
        TreeSet<Long> voters = new TreeSet<>();
        TreeSet<Long> outgoing = new TreeSet<>();
        TreeSet<Long> learners = new TreeSet<>();
        int[] sizes = {1, 2, 3, 3, 3, 3, 4, 5, 5};
        int size = sizes[random.nextInt(sizes.length)];
        for (long id = 1; id <= size; id++) {
            voters.add(id);
        }
        if (random.nextInt(5) == 0) {
            learners.add(size + 1L);
        }
        return new Membership(voters, outgoing, learners);
    }

    /** Faults stop for a quorum; the others are cut off, some of them down. It must elect, acknowledge and settle. */
    private void restAsQuorum() {
        List<SimNode> core = new ArrayList<>(nodes);
        int spare = (membership.voters().size() - 1) / 2;
        for (int i = 0; i < spare && membership.outgoing().isEmpty(); i++) {
            SimNode left = core.remove(random.nextInt(core.size()));
            if (random.nextBoolean()) {
                left.crash();
            }
        }
        repair(core);
        for (SimNode out : nodes) {
            if (!core.contains(out)) {
                for (SimNode in : core) {
                    network.cut(out.id(), in.id());
                    network.cut(in.id(), out.id());
                }
            }
        }
        mustWork(core);
    }

    private void restAsWhole() {
        repair(nodes);
        mustWork(nodes);
    }

    private void repair(List<SimNode> core) {
        trace.record(0, "repaired", core.size(), core.size());
        network.healAll();
        network.quality(0, 0, 0, 500);
        for (SimNode node : core) {
            node.disk().stuck(false);
            node.disk().slowness(0);
            node.slowApply(false);
            if (!node.up()) {
                node.start();
            }
            node.pause(false);
        }
    }

    private void mustWork(List<SimNode> core) {
        clients.idle(false);
        long writes = clients.writesEnded();
        long reads = clients.readsEnded();
        within(
                8,
                "elect, write and read",
                () -> clients.writesEnded() > writes + 5 && clients.readsEnded() > reads + 2);
        clients.idle(true);
        within(8, "apply the same everywhere", () -> allAgree(core));
        long term = leaderTerm(core);
        long sent = network.sent();
        timeline.runUntil(timeline.now() + 2 * SECOND);
        require(leaderTerm(core) == term, "terms keep growing while nothing is wrong");
        // A heartbeat and its answer per follower every 20 ms, and what those that are cut off try meanwhile.
        long quiet = 2 * 2 * 60L * nodes.size() * 2;
        require(network.sent() - sent < quiet, "a storm of " + (network.sent() - sent) + " messages in silence");
    }

    private boolean allAgree(List<SimNode> core) {
        for (SimNode node : core) {
            if (node.applied() != invariants.committed()
                    || node.status().lastIndex() != invariants.committed()
                    || node.status().softState().leader() == 0) {
                return false;
            }
        }
        return true;
    }

    private static long leaderTerm(List<SimNode> core) {
        for (SimNode node : core) {
            if (node.leads()) {
                return node.status().softState().term();
            }
        }
        throw new IllegalStateException("no leader while nothing is wrong");
    }

    private void within(int seconds, String what, BooleanSupplier done) {
        long end = timeline.now() + seconds * SECOND;
        while (!done.getAsBoolean()) {
            require(timeline.now() < end, "the repaired cluster did not " + what + " within " + seconds + " s");
            timeline.runUntil(timeline.now() + 10_000);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
