package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Membership;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One cluster through one stretch of trouble and then to rest, all of it drawn from a seed: its size and settings, what
 * clients do, what its administrator does, what the network and the disks do, what breaks and when.
 *
 * <p>In the first phase nothing may be wrong after any event. Then faults stop for a part of the cluster that is a quorum,
 * and it must come to work; then for all of it, and everyone must agree.
 */
public final class Simulation {
    private static final long SECOND = 1_000_000;
    private static final int[] SIZES = {1, 2, 3, 3, 3, 3, 4, 5, 5, 6, 7};
    private static final int[] PADDINGS = {0, 0, 0, 300_000, 1_200_000};

    /**
     * What a run came to.
     *
     * @param traceHash the same for every run of the seed
     * @param events inputs that nodes took: ticks, messages, completions of disk and state machine, requests of clients
     * @param simulatedMicros how long it lasted in its own time
     * @param committed entries committed
     * @param coverage what it went through
     */
    public record Outcome(long traceHash, long events, long simulatedMicros, long committed, Coverage coverage) {}

    private final long seed;
    private final Timeline timeline = new Timeline();
    private final Trace trace = new Trace(timeline);
    private final Coverage coverage = new Coverage();
    private final SplittableRandom random;
    private final Membership bootstrap;
    private final int snapshotPadding;
    private final Invariants invariants;
    private final SimNetwork network;
    private final Clients clients;
    private final Faults faults;
    private final Machines machines;
    private final Administrator administrator;
    private final boolean administered;
    private final Audit audit = new Audit(this);

    public Simulation(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.bootstrap = drawMembership(random);
        this.snapshotPadding = PADDINGS[random.nextInt(PADDINGS.length)];
        this.invariants = new Invariants(this, bootstrap);
        this.network = new SimNetwork(this, random.split());
        this.clients = new Clients(this, random.split());
        this.faults = new Faults(this, random.split());
        this.administered = random.nextInt(3) != 0;
        this.administrator = new Administrator(this, random.split());
        this.machines = new Machines(this, random.split(), bootstrap);
    }

    /**
     * Runs it.
     *
     * @param troubleSeconds simulated length of the first phase
     * @throws SimulationFailure if anything is wrong; says how to run it again
     */
    public Outcome run(int troubleSeconds) {
        try {
            List.copyOf(machines.all()).forEach(SimNode::start);
            clients.run(2_000 + random.nextInt(20_000));
            faults.run();
            if (administered) {
                administrator.run();
            }
            timeline.runUntil(troubleSeconds * SECOND);
            faults.stop();
            administrator.stop();
            Rest rest = new Rest(this, random.split());
            rest.asQuorum();
            rest.asWhole();
            audit.look();
            return new Outcome(trace.hash(), trace.events(), timeline.now(), invariants.committed(), coverage);
        } catch (RuntimeException e) {
            throw new SimulationFailure(
                    e.getMessage() + "\nseed " + seed + ", began as " + bootstrap + "\nagain: mvn test -pl raft"
                            + " -Dtest=SimulatorTest#newSeeds -Dsim.seed=" + seed + "\nlast events:\n"
                            + trace.lastEvents() + "in the end:\n" + state(),
                    e);
        }
    }

    private String state() {
        StringBuilder text =
                new StringBuilder("committed " + invariants.committed() + ", " + truth().membership() + "\n");
        for (SimNode node : machines.all()) {
            text.append(machines.isLost(node.id()) ? "(lost) " : "")
                    .append(node.describe())
                    .append('\n');
        }
        return text.toString();
    }

    Timeline timeline() {
        return timeline;
    }

    Trace trace() {
        return trace;
    }

    Coverage coverage() {
        return coverage;
    }

    Invariants invariants() {
        return invariants;
    }

    Truth truth() {
        return invariants.truth();
    }

    SimNetwork network() {
        return network;
    }

    Audit audit() {
        return audit;
    }

    Clients clients() {
        return clients;
    }

    Faults faults() {
        return faults;
    }

    Machines machines() {
        return machines;
    }

    /** Bytes that a snapshot is larger than what it says. */
    int snapshotPadding() {
        return snapshotPadding;
    }

    List<SimNode> nodes() {
        return machines.all();
    }

    @Nullable
    SimNode find(long id) {
        return machines.find(id);
    }

    /** A node drawn; the leader with this probability, if there is one. */
    SimNode anyNode(SplittableRandom from, double leader) {
        List<SimNode> nodes = machines.all();
        if (from.nextDouble() < leader) {
            List<SimNode> leaders = nodes.stream().filter(SimNode::leads).toList();
            if (!leaders.isEmpty()) {
                return leaders.get(from.nextInt(leaders.size()));
            }
        }
        return nodes.get(from.nextInt(nodes.size()));
    }

    private static Membership drawMembership(SplittableRandom random) {
        TreeSet<Long> voters = new TreeSet<>();
        TreeSet<Long> learners = new TreeSet<>();
        int size = SIZES[random.nextInt(SIZES.length)];
        for (long id = 1; id <= size; id++) {
            voters.add(id);
        }
        if (random.nextInt(5) == 0) {
            learners.add(size + 1L);
        }
        return Membership.of(voters, learners);
    }
}
