package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.RaftConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All machines, members or not; and how much may still be taken away. Whatever loses a disk for good leaves a majority of every
 * membership that may still decide something.
 */
final class Machines {
    /** No clock is faster than this for a tick. */
    static final long TICK_MICROS_MIN = 4_000;

    private final Simulation simulation;
    private final SplittableRandom random;
    private final Membership bootstrap;
    private final boolean small;
    private final RaftConfig.@Nullable LeaseReads leases;
    private final List<SimNode> nodes = new ArrayList<>();
    private final @Nullable SimNode[] byId = new SimNode[Seen.IDS_MAX];
    /** The directory first seen under each member's name. */
    private final TreeMap<Long, Long> directories = new TreeMap<>();

    private long lost;
    private long impostor;
    private long lastId;
    private long lastDirectory = 1_000;

    Machines(Simulation simulation, SplittableRandom random, Membership bootstrap) {
        this.simulation = simulation;
        this.random = random;
        this.bootstrap = bootstrap;
        // Half of the runs have limits so low that they are reached; a quarter reads under leases.
        this.small = random.nextBoolean();
        this.leases = random.nextInt(4) == 0
                ? new RaftConfig.LeaseReads(() -> simulation.timeline().now() * 1_000, TICK_MICROS_MIN * 2_000, 0.55)
                : null;
        for (long id : bootstrap.members()) {
            put(id, bootstrap);
            lastId = id;
        }
    }

    List<SimNode> all() {
        return nodes;
    }

    @Nullable
    SimNode find(long id) {
        return byId[(int) id];
    }

    /** A new machine with an empty disk and an id never used before; null if there are too many. */
    @Nullable
    SimNode join() {
        if (lastId + 1 >= Seen.IDS_MAX || nodes.size() >= 12) {
            return null;
        }
        simulation.coverage().count(Counter.JOINERS);
        SimNode joined = put(++lastId, random.nextBoolean() ? bootstrap : Membership.EMPTY);
        joined.start();
        return joined;
    }

    private SimNode put(long id, Membership membership) {
        SimNode node = new SimNode(settings(id), membership, ++lastDirectory, simulation, random.split());
        nodes.removeIf(n -> n.id() == id);
        nodes.add(node);
        byId[(int) id] = node;
        directories.putIfAbsent(id, node.directory());
        return node;
    }

    private RaftConfig settings(long id) {
        RaftConfig config = RaftConfig.defaults(id).withTicks(2, 10, 20);
        if (small) {
            config = config.withFlow(600, 4, 4_000).withMemory(20_000, 2_000, 1_500);
        }
        return new RaftConfig(
                id,
                config.heartbeatTicks(),
                config.electionTicksMin(),
                config.electionTicksMax(),
                config.maxAppendBytes(),
                config.maxInflightMessages(),
                config.maxInflightBytes(),
                config.maxUncommittedBytes(),
                config.maxTailBytes(),
                config.maxApplyBytes(),
                config.maxUndurableBytes(),
                small ? 16 : 1_000,
                leases);
    }

    /** Whether this directory is the one that was first seen under this member's name. */
    boolean knows(long id, long directory) {
        return directories.getOrDefault(id, 0L) == directory;
    }

    /** The directory first seen under this member's name, 0 if there is none. */
    long directoryOf(long id) {
        return directories.getOrDefault(id, 0L);
    }

    boolean isLost(long id) {
        return (lost >>> id & 1) == 1;
    }

    /** Whether everything can go on for ever without these. */
    boolean canDoWithout(long mask) {
        long without = lost | mask;
        for (Membership possible : simulation.truth().possibleFrom(oldestInForce())) {
            if (!Quorums.holds(possible, id -> (without >>> id & 1) == 0 && find(id) != null)) {
                return false;
            }
        }
        return true;
    }

    /** Whether this is a member by any membership that may still decide something. */
    boolean isWanted(long id) {
        for (Membership possible : simulation.truth().possibleFrom(oldestInForce())) {
            if (possible.contains(id)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a membership leaves a majority of working machines. */
    boolean isSound(Membership membership) {
        return Quorums.holds(membership, id -> !isLost(id) && find(id) != null);
    }

    /** No membership in force on the disk of a voter that works is older than the one at this index. */
    private long oldestInForce() {
        long oldest = Long.MAX_VALUE;
        for (long id : simulation.truth().membership().voters()) {
            SimNode node = find(id);
            if (node != null && !isLost(id) && node.stateFile().applied() > 0) {
                oldest = Math.min(oldest, node.stateFile().applied());
            }
        }
        return oldest == Long.MAX_VALUE ? 0 : oldest;
    }

    /** From now on this member's disk counts for nothing. */
    void lose(SimNode node) {
        lost |= 1L << node.id();
    }

    /**
     * The disk is wiped. Somebody starts the machine again under its old name, with a directory that nobody knows; one such at a
     * time, for two could mistake each other for a cluster.
     */
    void wipe(SimNode node) {
        node.crash();
        lose(node);
        if (impostor == 0 || find(impostor) == null) {
            impostor = node.id();
            put(node.id(), bootstrap.voters().size() > 1 ? bootstrap : Membership.EMPTY);
        } else {
            remove(node);
        }
    }

    /** The machine is given to somebody else. */
    void remove(SimNode node) {
        node.crash();
        nodes.remove(node);
        byId[(int) node.id()] = null;
    }
}
