package dev.rollcall.raft.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Draws what goes wrong and when. Faults overlap; most of them end by themselves. Each run has its own mix: some kinds never
 * strike, some often.
 */
final class Faults {
    private enum Kind {
        ISOLATE,
        SPLIT,
        CUT_SOME_LINKS,
        HEAL,
        CRASH,
        CRASH_ALL,
        PAUSE,
        STICK_DISK,
        SLOW_DISK,
        FAIL_APPEND,
        ROT,
        WIPE,
        SPOIL_SNAPSHOTS,
        DEGRADE_NETWORK,
        PICK_OUT,
        CLOG,
        REPLAY,
        CHANGE_CLOCK,
        TRANSFER,
        BAD_NEWS,
        TRUNCATE
    }

    private static final int[] WEIGHTS = {0, 1, 1, 2, 4};

    private final Simulation simulation;
    private final SplittableRandom random;
    private final List<Kind> mix = new ArrayList<>();
    private final int meanMicros;
    private boolean over;

    Faults(Simulation simulation, SplittableRandom random) {
        this.simulation = simulation;
        this.random = random;
        this.meanMicros = 20_000 + random.nextInt(300_000);
        mix.add(Kind.HEAL);
        for (Kind kind : Kind.values()) {
            int weight = WEIGHTS[random.nextInt(WEIGHTS.length)];
            if (kind == Kind.ROT || kind == Kind.WIPE) {
                weight = Math.min(weight, 1);
            }
            for (int i = 0; i < weight; i++) {
                mix.add(kind);
            }
        }
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
        switch (mix.get(random.nextInt(mix.size()))) {
            case ISOLATE -> isolate(node);
            case SPLIT -> split();
            case CUT_SOME_LINKS -> cutSomeLinks();
            case HEAL -> simulation.network().healAll();
            case CRASH -> crash(node);
            case CRASH_ALL -> crashAll();
            case PAUSE -> pause(node);
            case STICK_DISK -> stickDisk(node);
            case SLOW_DISK -> slowDisk(node);
            case FAIL_APPEND -> node.disk().failNext(true);
            case ROT -> rot(node);
            case WIPE -> wipe(node);
            case SPOIL_SNAPSHOTS -> spoilSnapshots(node);
            case DEGRADE_NETWORK -> degradeNetwork();
            case PICK_OUT -> pickOut();
            case CLOG -> clog(node);
            case REPLAY -> simulation.network().replay();
            case CHANGE_CLOCK -> changeClock(node);
            case TRANSFER -> transfer(node);
            case BAD_NEWS -> badNews(node);
            case TRUNCATE -> truncate(node);
        }
    }

    private void later(int maxMicros, Runnable end) {
        simulation.timeline().after(1 + random.nextInt(maxMicros), () -> {
            if (!over) {
                end.run();
            }
        });
    }

    private void note(SimNode node, String what, Counter counter) {
        simulation.trace().record(node.id(), what, "", 0);
        simulation.coverage().count(counter);
    }

    private void healLater() {
        later(1_500_000, simulation.network()::healAll);
    }

    private void isolate(SimNode node) {
        note(node, "isolated", Counter.ISOLATIONS);
        for (SimNode other : simulation.nodes()) {
            simulation.network().cut(node.id(), other.id());
            simulation.network().cut(other.id(), node.id());
        }
        healLater();
    }

    private void split() {
        simulation.coverage().count(Counter.SPLITS);
        long side = random.nextLong();
        for (SimNode a : simulation.nodes()) {
            for (SimNode b : simulation.nodes()) {
                if ((side >>> a.id() & 1) != (side >>> b.id() & 1)) {
                    simulation.network().cut(a.id(), b.id());
                }
            }
        }
        healLater();
    }

    /** One-way and partial partitions. */
    private void cutSomeLinks() {
        simulation.coverage().count(Counter.PARTIAL_CUTS);
        for (SimNode a : simulation.nodes()) {
            for (SimNode b : simulation.nodes()) {
                if (a != b && random.nextInt(3) == 0) {
                    simulation.network().cut(a.id(), b.id());
                }
            }
        }
        healLater();
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
        later(random.nextInt(3) == 0 ? 20_000 : 800_000, () -> startAgain(node));
    }

    /** A process has stopped by itself. */
    void halted(SimNode node) {
        if (over) {
            node.start();
        } else {
            later(500_000, () -> startAgain(node));
        }
    }

    private void startAgain(SimNode node) {
        if (simulation.find(node.id()) == node) {
            node.start();
        }
    }

    private void crashAll() {
        if (random.nextInt(3) == 0) {
            simulation.coverage().count(Counter.CRASHES_OF_ALL);
            for (SimNode node : simulation.nodes()) {
                node.crash();
                later(300_000, () -> startAgain(node));
            }
        }
    }

    private void pause(SimNode node) {
        simulation.coverage().count(Counter.PAUSES);
        node.pause(true);
        later(1_000_000, () -> node.pause(false));
    }

    private void stickDisk(SimNode node) {
        note(node, "disk stuck", Counter.STUCK_DISKS);
        node.disk().stuck(true);
        later(800_000, () -> node.disk().stuck(false));
    }

    private void slowDisk(SimNode node) {
        note(node, "disk slow", Counter.SLOW_DISKS);
        node.disk().slowness(random.nextInt(150_000));
        later(1_000_000, () -> node.disk().slowness(0));
        boolean slow = random.nextBoolean();
        if (slow) {
            simulation.coverage().count(Counter.SLOW_MACHINES);
        }
        node.slowApply(slow);
    }

    /** Some bits flip. The process goes on until it reads them, now or after its next restart, and never comes back. */
    private void rot(SimNode node) {
        if (simulation.machines().canDoWithout(1L << node.id()) && random.nextInt(3) == 0) {
            note(node, "bit rot", Counter.BIT_ROTS);
            node.disk().damage();
            simulation.machines().lose(node);
        }
    }

    private void wipe(SimNode node) {
        if (simulation.machines().wasMet(node.id())
                && simulation.machines().canDoWithout(1L << node.id())
                && random.nextInt(3) == 0) {
            note(node, "wiped", Counter.WIPES);
            simulation.machines().wipe(node);
            later(1_500_000, () -> {
                SimNode impostor = simulation.find(node.id());
                if (impostor != null) {
                    impostor.start();
                }
            });
        }
    }

    private void spoilSnapshots(SimNode node) {
        node.snapshots().unreliable(true);
        later(1_500_000, () -> node.snapshots().unreliable(false));
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

    private void pickOut() {
        simulation.network().pickOut(true);
        later(1_500_000, () -> simulation.network().pickOut(false));
    }

    private void clog(SimNode node) {
        note(node, "clogged", Counter.CLOGS);
        simulation.network().clog(node.id(), simulation.timeline().now() + random.nextInt(1_000_000));
    }

    private void changeClock(SimNode node) {
        note(node, "another clock", Counter.CLOCK_CHANGES);
        node.tickEvery(Machines.TICK_MICROS_MIN + random.nextInt(20_000));
        later(2_000_000, () -> node.tickEvery(10_000));
    }

    private void transfer(SimNode node) {
        simulation.coverage().count(Counter.TRANSFERS);
        long target = random.nextInt(3) == 0 ? 0 : simulation.anyNode(random, 0).id();
        node.input("transfer", target, d -> d.transferLeadership(target));
        // Clients that have not heard of it go on asking.
        for (int i = 0; i < 10; i++) {
            later(80_000, () -> simulation.clients().read(node));
        }
    }

    private void badNews(SimNode node) {
        simulation.coverage().count(Counter.BAD_NEWS);
        long other = simulation.anyNode(random, 0).id();
        node.input("peer gone", other, d -> d.peerGone(other));
    }

    /** Lets go of the front of a log, whatever others still lack. */
    private void truncate(SimNode node) {
        if (!node.up()) {
            return;
        }
        long base = node.disk().durable().base();
        long through = node.truncatable();
        if (through > base) {
            simulation.coverage().count(Counter.LOG_TRUNCATIONS);
            long keep = random.nextBoolean() ? 0 : random.nextLong(through - base);
            node.truncateThrough(through - keep);
        }
    }
}
