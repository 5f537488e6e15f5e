package dev.rollcall.raft.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Draws what goes wrong and when. Faults overlap; most of them end by themselves. */
final class Faults {
    private final Simulation simulation;
    private final SplittableRandom random;
    private final int meanMicros;
    private boolean over;

    Faults(Simulation simulation, SplittableRandom random) {
        this.simulation = simulation;
        this.random = random;
        this.meanMicros = 20_000 + random.nextInt(300_000);
    }

    void run() {
        if (over) {
            return;
        }
        strike();
        simulation.timeline().after(1 + random.nextInt(2 * meanMicros), this::run);
    }

    /** From now on nothing new goes wrong, and what would have ended by itself has no effect any more. */
    void stop() {
        over = true;
    }

    private void strike() {
        SimNode node = simulation.anyNode(random, 0.3);
        switch (random.nextInt(14)) {
            case 0 -> isolate(node);
            case 1 -> split();
            case 2 -> cutSomeLinks();
            case 3 -> simulation.network().healAll();
            case 4, 5 -> crash(node);
            case 6 -> crashAll();
            case 7, 8 -> pause(node);
            case 9 -> stickDisk(node);
            case 10 -> slowDisk(node);
            case 11 -> degradeNetwork();
            case 12 -> order(node);
            default -> truncate(node);
        }
    }

    private void later(int maxMicros, Runnable end) {
        simulation.timeline().after(1 + random.nextInt(maxMicros), () -> {
            if (!over) {
                end.run();
            }
        });
    }

    private void note(SimNode node, String what) {
        simulation.trace().record(node.id(), what, "", 0);
    }

    private void isolate(SimNode node) {
        note(node, "isolated");
        for (SimNode other : simulation.nodes()) {
            simulation.network().cut(node.id(), other.id());
            simulation.network().cut(other.id(), node.id());
        }
        later(1_500_000, simulation.network()::healAll);
    }

    private void split() {
        List<SimNode> side = new ArrayList<>();
        for (SimNode node : simulation.nodes()) {
            if (random.nextBoolean()) {
                side.add(node);
            }
        }
        for (SimNode a : simulation.nodes()) {
            for (SimNode b : simulation.nodes()) {
                if (side.contains(a) != side.contains(b)) {
                    simulation.network().cut(a.id(), b.id());
                }
            }
        }
        later(1_500_000, simulation.network()::healAll);
    }

    /** One-way and partial partitions. */
    private void cutSomeLinks() {
        for (SimNode a : simulation.nodes()) {
            for (SimNode b : simulation.nodes()) {
                if (a != b && random.nextInt(3) == 0) {
                    simulation.network().cut(a.id(), b.id());
                }
            }
        }
        later(1_500_000, simulation.network()::healAll);
    }

    private void crash(SimNode node) {
        if (!node.up()) {
            return;
        }
        node.crash();
        for (SimNode other : simulation.nodes()) {
            if (other != node && random.nextBoolean()) {
                later(20_000, () -> {
                    if (!node.up()) {
                        other.input("peer gone", node.id(), d -> d.peerGone(node.id()));
                    }
                });
            }
        }
        later(800_000, () -> startAgain(node));
    }

    private void startAgain(SimNode node) {
        if (!node.up()) {
            node.start();
        }
    }

    private void crashAll() {
        if (random.nextInt(3) == 0) {
            for (SimNode node : simulation.nodes()) {
                node.crash();
                later(300_000, () -> startAgain(node));
            }
        }
    }

    private void pause(SimNode node) {
        node.pause(true);
        later(1_000_000, () -> node.pause(false));
    }

    private void stickDisk(SimNode node) {
        note(node, "disk stuck");
        node.disk().stuck(true);
        later(800_000, () -> node.disk().stuck(false));
    }

    private void slowDisk(SimNode node) {
        note(node, "disk slow");
        node.disk().slowness(random.nextInt(150_000));
        later(1_000_000, () -> node.disk().slowness(0));
        boolean slow = random.nextBoolean();
        node.slowApply(slow);
    }

    private void degradeNetwork() {
        boolean fine = random.nextInt(3) == 0;
        simulation
                .network()
                .quality(
                        fine ? 0 : random.nextDouble() * 0.3,
                        fine ? 0 : random.nextDouble() * 0.3,
                        fine || random.nextBoolean() ? 0 : random.nextDouble() * 0.3,
                        fine ? 500 : 1 + random.nextInt(random.nextBoolean() ? 5_000 : 60_000));
    }

    /** What an operator or the transport says: a wish for another leader, wrong news of a dead peer. */
    private void order(SimNode node) {
        SimNode other = simulation.anyNode(random, 0);
        if (random.nextBoolean()) {
            long target = random.nextInt(3) == 0 ? 0 : other.id();
            node.input("transfer", target, d -> d.transferLeadership(target));
        } else {
            node.input("peer gone", other.id(), d -> d.peerGone(other.id()));
        }
    }

    /** Lets go of the front of a log, though never of what another member still lacks. */
    private void truncate(SimNode node) {
        long everywhere = node.truncatable();
        for (SimNode other : simulation.nodes()) {
            everywhere = Math.min(everywhere, simulation.invariants().durablyCommitted(other.id()));
        }
        long base = node.disk().durable().base();
        if (node.up() && everywhere > base) {
            node.truncateThrough(base + 1 + random.nextLong(everywhere - base));
        }
    }
}
