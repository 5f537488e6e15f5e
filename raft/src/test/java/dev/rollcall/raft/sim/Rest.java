package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Membership;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * (30) Faults are over. First for a part of the cluster that is a quorum, while the others stay cut off, deaf, mute, stuck or
 * down; then for all. It must elect, serve reads and writes, come to one state, and then be still.
 */
final class Rest {
    private static final long SECOND = 1_000_000;

    private enum LeftOut {
        DOWN,
        CUT,
        DEAF,
        MUTE,
        STUCK
    }

    private static final long STRAGGLERS_MICROS = 1_200_000;

    private final Simulation simulation;
    private final SplittableRandom random;
    private long repairedAt;

    Rest(Simulation simulation, SplittableRandom random) {
        this.simulation = simulation;
        this.random = random;
    }

    void asQuorum() {
        List<SimNode> core = new ArrayList<>();
        List<SimNode> out = new ArrayList<>();
        long mask = 0;
        for (SimNode node : simulation.nodes()) {
            long with = mask | 1L << node.id();
            if (!simulation.machines().isLost(node.id())
                    && random.nextBoolean()
                    && simulation.machines().canDoWithout(with)) {
                mask = with;
                out.add(node);
            } else {
                core.add(node);
            }
        }
        repair(core);
        for (SimNode node : out) {
            simulation.coverage().count(Counter.RESTS_LEFT_OUT);
            leaveOut(node);
        }
        askForDeadLeader(out);
        mustWork(core, out);
        mustBeStill(core);
    }

    void asWhole() {
        List<SimNode> all = List.copyOf(simulation.nodes());
        repair(all);
        mustWork(all, List.of());
        mustBeStill(all);
        long offers = simulation.coverage().of(Counter.SNAPSHOTS_OFFERED);
        mustHandOver();
        mustBeStill(all);
        Check.that(
                offers == simulation.coverage().of(Counter.SNAPSHOTS_OFFERED),
                "(30) snapshots are offered while nobody lacks anything");
    }

    private void repair(List<SimNode> core) {
        simulation.trace().record(0, "repaired", core.size(), core.size());
        repairedAt = simulation.timeline().now();
        simulation.network().calm();
        for (SimNode node : core) {
            node.disk().failNext(false);
            node.disk().stuck(false);
            node.disk().slowness(0);
            node.snapshots().unreliable(false);
            node.start();
            node.slowApply(false);
            node.tickEvery(9_000L + random.nextInt(2_000));
            node.pause(false);
        }
    }

    private void leaveOut(SimNode node) {
        LeftOut how = LeftOut.values()[random.nextInt(LeftOut.values().length)];
        simulation.trace().record(node.id(), "left out", how, how.name().hashCode());
        node.pause(false);
        switch (how) {
            case DOWN -> node.crash();
            case STUCK -> node.disk().stuck(true);
            default -> {
                for (SimNode other : simulation.nodes()) {
                    if (how != LeftOut.MUTE) {
                        simulation.network().cut(other.id(), node.id());
                    }
                    if (how != LeftOut.DEAF) {
                        simulation.network().cut(node.id(), other.id());
                    }
                }
            }
        }
    }

    /** The last order before everything is well: leadership for one who cannot take it. */
    private void askForDeadLeader(List<SimNode> out) {
        if (!out.isEmpty()) {
            long target = out.get(random.nextInt(out.size())).id();
            for (SimNode node : simulation.nodes()) {
                if (node.leads()) {
                    node.input("transfer", target, d -> d.transferLeadership(target));
                }
            }
        }
    }

    private void mustWork(List<SimNode> core, List<SimNode> out) {
        Clients clients = simulation.clients();
        clients.idle(false);
        clients.readsOnly(true);
        long reads = clients.readsEnded();
        within("elect and read", () -> clients.readsEnded() > reads + 2);
        clients.readsOnly(false);
        long writes = clients.writesEnded();
        within(
                "write under a leader of its own",
                () -> clients.writesEnded() > writes + 5
                        && core.stream().anyMatch(SimNode::leads)
                        && out.stream().noneMatch(SimNode::leads));
        clients.idle(true);
        within("apply the same everywhere", () -> allAgree(core));
    }

    private void mustBeStill(List<SimNode> core) {
        // What was sent in the trouble may still be on its way, an order to campaign for instance.
        simulation.timeline().runUntil(Math.max(simulation.timeline().now(), repairedAt + STRAGGLERS_MICROS));
        within("come to rest under one leader", () -> allAgree(core));
        SimNode leader = leaderOf(core);
        long term = leader.softState().term();
        long sent = simulation.network().sent();
        simulation.timeline().runUntil(simulation.timeline().now() + 2 * SECOND);
        Check.that(
                leader.leads() && leader.softState().term() == term,
                "(30) leader %s of term %s is deposed while nothing is wrong",
                leader.id(),
                term);
        for (SimNode node : membersOf(core)) {
            Check.that(
                    node.softState().term() == term,
                    "(30) node %s is in term %s while %s leads term %s and nothing is wrong",
                    node.id(),
                    node.softState().term(),
                    leader.id(),
                    term);
        }
        // A heartbeat and its answer per follower every 20 ms, and what those that are left out try meanwhile.
        long nodes = simulation.nodes().size();
        long quiet = 480 * nodes + 240 * nodes * nodes;
        long said = simulation.network().sent() - sent;
        Check.that(said < quiet, "(30) a storm of %s messages in silence", said);
    }

    /** Leadership moves on demand, in one term. */
    private void mustHandOver() {
        SimNode leader = leaderOf(simulation.nodes());
        long term = leader.softState().term();
        for (long id : simulation.truth().membership().voters()) {
            SimNode target = simulation.find(id);
            if (target != null && target != leader && !simulation.machines().isLost(id)) {
                leader.input("transfer", id, d -> d.transferLeadership(id));
                within("hand over leadership", target::leads);
                Check.that(
                        target.softState().term() == term + 1,
                        "(30) handing over led from term %s to %s",
                        term,
                        target.softState().term());
                simulation.coverage().count(Counter.TRANSFERS_DONE);
                return;
            }
        }
    }

    private List<SimNode> membersOf(List<SimNode> core) {
        Membership membership = simulation.truth().membership();
        List<SimNode> members = new ArrayList<>();
        for (SimNode node : core) {
            if (membership.contains(node.id()) && !simulation.machines().isLost(node.id())) {
                members.add(node);
            }
        }
        return members;
    }

    private boolean allAgree(List<SimNode> core) {
        long committed = simulation.invariants().committed();
        if (simulation.truth().membership().isJoint() || core.stream().noneMatch(SimNode::leads)) {
            return false;
        }
        for (SimNode node : membersOf(core)) {
            if (!node.up()
                    || node.applied() != committed
                    || node.status().lastIndex() != committed
                    || node.softState().leader() == 0) {
                return false;
            }
        }
        return true;
    }

    private static SimNode leaderOf(List<SimNode> core) {
        SimNode leader = null;
        for (SimNode node : core) {
            if (node.leads()
                    && (leader == null
                            || node.softState().term() > leader.softState().term())) {
                leader = node;
            }
        }
        if (leader == null) {
            throw new IllegalStateException("(30) no leader while nothing is wrong");
        }
        return leader;
    }

    private void within(String what, BooleanSupplier done) {
        long end = simulation.timeline().now() + 8 * SECOND;
        while (!done.getAsBoolean()) {
            Check.that(simulation.timeline().now() < end, "(30) the repaired cluster did not %s within 8 s", what);
            simulation.timeline().runUntil(simulation.timeline().now() + 10_000);
        }
    }
}
