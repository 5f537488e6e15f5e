package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Entry;
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
    private final Timeline timeline;
    private final SplittableRandom random;
    private final Clients clients;
    private final List<Entry> unchecked = new ArrayList<>();
    private long handed;
    private long applied;
    private final ArrayDeque<List<Entry>> queue = new ArrayDeque<>();
    private boolean busy;
    private boolean slow;

    SimMachine(SimNode node, Timeline timeline, SplittableRandom random, Clients clients, long applied) {
        this.node = node;
        this.timeline = timeline;
        this.random = random;
        this.clients = clients;
        this.handed = applied;
        this.applied = applied;
    }

    long applied() {
        return applied;
    }

    void slow(boolean now) {
        slow = now;
    }

    /** Entries handed over since the last call. */
    List<Entry> takeUnchecked() {
        List<Entry> taken = List.copyOf(unchecked);
        unchecked.clear();
        return taken;
    }

    @Override
    public void apply(List<Entry> committed) {
        for (Entry entry : committed) {
            if (entry.index() != handed + 1) {
                throw new IllegalStateException("entry " + entry + " was handed over after " + handed);
            }
            handed = entry.index();
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
        timeline.after(20 + random.nextInt(slow ? 200_000 : 1_000), () -> {
            if (life == node.life()) {
                busy = false;
                finish(queue.removeFirst());
                work();
            }
        });
    }

    private void finish(List<Entry> committed) {
        for (Entry entry : committed) {
            applied = entry.index();
            clients.applied(node, entry);
        }
        clients.serveReads(node, applied);
        long index = applied;
        node.input("applied", index, d -> d.applied(index));
    }

    @Override
    public void restored(SnapshotMeta snapshot) {
        throw new IllegalStateException("no log is truncated that far");
    }

    @Override
    public void leadership(SoftState now) {
        node.leadership(now);
    }

    @Override
    public void readReady(long id, long index) {
        clients.readReady(node, id, index);
    }

    @Override
    public void readFailed(long id) {
        clients.readFailed(id);
    }
}
