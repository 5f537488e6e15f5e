package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.core.SoftState;
import dev.rollcall.raft.driver.StateMachine;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The state machine of one life of a node: applies in order, some time after it is told to, and serves what waits for it. Its
 * state file follows behind, never past the durable log.
 */
final class SimMachine implements StateMachine {
    private final SimNode node;
    private final Simulation simulation;
    private final SplittableRandom random;
    private final ArrayDeque<List<Entry>> queue = new ArrayDeque<>();
    private final List<Entry> unchecked = new ArrayList<>();
    private MachineState state;
    private long handed;
    private long waitingBytes;
    private boolean busy;
    private boolean slow;
    private int generation;

    SimMachine(SimNode node, Simulation simulation, SplittableRandom random, MachineState recovered) {
        this.node = node;
        this.simulation = simulation;
        this.random = random;
        this.state = recovered;
        this.handed = recovered.applied();
    }

    MachineState state() {
        return state;
    }

    long applied() {
        return state.applied();
    }

    void slow(boolean now) {
        slow = now;
    }

    /** Entries handed over since the last call. */
    List<Entry> takeUnchecked() {
        if (unchecked.isEmpty()) {
            return List.of();
        }
        List<Entry> taken = List.copyOf(unchecked);
        unchecked.clear();
        return taken;
    }

    @Override
    public void apply(List<Entry> committed) {
        for (Entry entry : committed) {
            if (entry.index() != handed + 1) {
                throw new IllegalStateException("(7) node " + node.id() + " was handed " + entry + " after " + handed);
            }
            handed = entry.index();
            waitingBytes += entry.sizeBytes();
        }
        long limit = node.config().maxApplyBytes() + Clients.COMMAND_BYTES_MAX;
        if (waitingBytes > limit) {
            throw new IllegalStateException(
                    "(19) node " + node.id() + " was handed " + waitingBytes + " bytes, more than " + limit);
        }
        unchecked.addAll(committed);
        queue.add(committed);
        work();
    }

    private void work() {
        if (busy || queue.isEmpty()) {
            return;
        }
        busy = true;
        int life = node.life();
        int began = generation;
        simulation.timeline().after(20 + random.nextInt(slow ? 200_000 : 1_000), () -> {
            if (life == node.life() && began == generation) {
                busy = false;
                finish(queue.removeFirst());
                work();
            }
        });
    }

    private void finish(List<Entry> committed) {
        List<Membership> memberships = new ArrayList<>(0);
        for (Entry entry : committed) {
            waitingBytes -= entry.sizeBytes();
            if (state.apply(entry)) {
                memberships.add(state.membership());
            }
            simulation.invariants().truth().applied(node.id(), state);
            simulation.clients().applied(node, entry);
        }
        simulation.clients().serveReads(node, state);
        long index = state.applied();
        int began = generation;
        node.input("applied", index, d -> {
            // A snapshot that has taken the state's place since makes this void.
            if (began == generation) {
                memberships.forEach(d::configure);
                d.applied(index);
            }
        });
        if (random.nextInt(4) == 0 || !memberships.isEmpty()) {
            node.checkpoint();
        }
    }

    @Override
    public void restored(SnapshotMeta snapshot) {
        generation++;
        busy = false;
        queue.clear();
        waitingBytes = 0;
        state = node.stateFile().copy();
        handed = state.applied();
        simulation.coverage().count(Counter.SNAPSHOTS_INSTALLED);
        simulation.invariants().restored(node, snapshot, state);
        simulation.clients().serveReads(node, state);
    }

    @Override
    public void leadership(SoftState now) {
        node.leadership(now);
    }

    @Override
    public void readReady(long id, long index) {
        simulation.clients().readReady(node, id, index);
    }

    @Override
    public void readFailed(long id) {
        simulation.clients().readFailed(node, id);
    }
}
