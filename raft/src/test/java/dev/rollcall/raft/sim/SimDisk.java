package dev.rollcall.raft.sim;

import dev.rollcall.raft.driver.LogStore;
import dev.rollcall.raft.driver.LogWrite;
import java.util.ArrayDeque;
import java.util.SplittableRandom;

/**
 * A disk that takes its time: writes queue, one fsync covers all that wait when it begins, and it may be slow, stuck or fail. A
 * crash keeps what is durable and any number of the writes behind it, in order: the tail is torn somewhere. An error stops
 * the process, as the product does, and the disk keeps none, some or all of what it was writing.
 */
final class SimDisk implements LogStore {
    private final SimNode node;
    private final Timeline timeline;
    private final SplittableRandom random;
    private final Simulation simulation;
    private final DurableLog durable = new DurableLog();
    private final ArrayDeque<LogWrite> queue = new ArrayDeque<>();
    private boolean syncing;
    private boolean stuck;
    private boolean failing;
    private boolean damaged;
    private long slownessMicros;
    private int generation;

    SimDisk(SimNode node, Simulation simulation, SplittableRandom random) {
        this.node = node;
        this.timeline = simulation.timeline();
        this.random = random;
        this.simulation = simulation;
    }

    DurableLog durable() {
        return durable;
    }

    @Override
    public void append(LogWrite write) {
        simulation.invariants().written(node, write);
        queue.add(write);
        beginSync();
    }

    @Override
    public void load(long first, long lastInclusive, int maxBytes) {
        simulation.coverage().count(Counter.DISK_LOADS);
        int asked = generation;
        timeline.after(100 + random.nextInt(5_000), () -> {
            if (asked != generation) {
                return;
            }
            if (damaged) {
                node.halt("finds its disk damaged");
                return;
            }
            var entries = durable.load(first, lastInclusive, maxBytes);
            node.input("loaded", first, d -> d.entriesLoaded(first, entries));
        });
    }

    boolean isStuck() {
        return stuck;
    }

    void stuck(boolean now) {
        stuck = now;
        beginSync();
    }

    void slowness(long micros) {
        slownessMicros = micros;
    }

    /** The next write fails. */
    void failNext(boolean now) {
        failing = now;
    }

    /** Bits have flipped where everything is long durable; checksums tell when it is read again. */
    void damage() {
        damaged = true;
    }

    boolean damaged() {
        return damaged;
    }

    /** Loses what was not durable, but not necessarily all of it. */
    void crash() {
        int survive = random.nextInt(queue.size() + 1);
        if (survive < queue.size()) {
            simulation.coverage().count(Counter.LOST_WRITES);
        }
        for (int i = 0; i < survive; i++) {
            makeDurable(queue.removeFirst());
        }
        queue.clear();
        syncing = false;
        generation++;
    }

    private void beginSync() {
        if (syncing || stuck || queue.isEmpty()) {
            return;
        }
        syncing = true;
        int covered = queue.size();
        int began = generation;
        timeline.after(100 + random.nextInt(2_000) + slownessMicros, () -> endSync(began, covered));
    }

    private void endSync(int began, int covered) {
        if (began != generation) {
            return;
        }
        if (stuck) {
            timeline.after(5_000, () -> endSync(began, covered));
            return;
        }
        if (failing) {
            failing = false;
            simulation.coverage().count(Counter.APPEND_ERRORS);
            node.halt("gets an error from its disk");
            return;
        }
        syncing = false;
        long seq = 0;
        boolean each = random.nextBoolean();
        for (int i = 0; i < covered; i++) {
            LogWrite write = queue.removeFirst();
            makeDurable(write);
            seq = write.seq();
            if (each && i < covered - 1) {
                complete(seq);
            }
        }
        complete(seq);
        beginSync();
    }

    private void complete(long seq) {
        node.input("persisted", seq, d -> {
            node.seen().persisted(seq);
            d.persisted(seq);
        });
    }

    private void makeDurable(LogWrite write) {
        durable.write(write);
        simulation.invariants().durable(node, write);
        if (write.snapshot() != null) {
            node.switchTo(write.snapshot());
        }
    }
}
