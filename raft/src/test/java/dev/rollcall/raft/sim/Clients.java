package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.ProposeResult;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Clients that write unique values to a few registers, and read them. The log gives every operation a place: a write its
 * index, a read the index applied where it was served. The history is linearizable if every operation's place is behind the
 * places of all that had ended when it began, and every read returns what its register holds at its place.
 */
final class Clients {
    /** No entry of theirs counts for more. */
    static final int COMMAND_BYTES_MAX = 2_100;

    private static final int BATCH_MAX = 3;
    /** No proposal of theirs counts for more. */
    static final int BATCH_BYTES_MAX = BATCH_MAX * COMMAND_BYTES_MAX;

    /** @param floor highest place of anything that had ended when this began */
    private record Operation(long id, long node, int life, long floor) {}

    private record Ready(Operation read, long index) {}

    private final Simulation simulation;
    private final SplittableRandom random;
    private final Map<Long, Operation> writes = new HashMap<>();
    private final Map<Long, Operation> reads = new HashMap<>();
    private final TreeMap<Long, List<Ready>> readyReads = new TreeMap<>();
    private final Map<Long, Integer> askedReads = new HashMap<>();
    private final Set<Long> refused = new HashSet<>();
    private final Map<Long, Long> placeOf = new HashMap<>();
    private long lastId;
    private long ended;
    private long writesEnded;
    private long readsEnded;
    private double readShare = 0.33;
    private boolean idle;

    Clients(Simulation simulation, SplittableRandom random) {
        this.simulation = simulation;
        this.random = random;
    }

    long writesEnded() {
        return writesEnded;
    }

    long readsEnded() {
        return readsEnded;
    }

    void idle(boolean now) {
        idle = now;
    }

    void readsOnly(boolean now) {
        readShare = now ? 1 : 0.33;
    }

    /** Goes on for ever: an operation now, the next one a little later. */
    void run(int pauseMicros) {
        if (!idle) {
            SimNode node = simulation.anyNode(random, 0.7);
            if (node.up()) {
                if (random.nextDouble() < readShare) {
                    int many = random.nextInt(30) == 0 ? 1 + random.nextInt(40) : 1;
                    for (int i = 0; i < many; i++) {
                        read(node);
                    }
                } else {
                    write(node, 1 + random.nextInt(BATCH_MAX));
                }
            }
        }
        simulation.timeline().after(1 + random.nextInt(pauseMicros), () -> run(pauseMicros));
    }

    private void write(SimNode node, int count) {
        List<Operation> operations = new ArrayList<>();
        List<byte[]> commands = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Operation write = new Operation(++lastId, node.id(), node.life(), ended);
            operations.add(write);
            commands.add(command(write.id));
        }
        node.input("propose", lastId, driver -> {
            ProposeResult result = driver.propose(commands);
            boolean accepted = result == ProposeResult.ACCEPTED;
            if (!accepted) {
                simulation
                        .coverage()
                        .count(result == ProposeResult.OVERLOADED ? Counter.OVERLOADS : Counter.WRITES_REFUSED);
            }
            for (Operation write : operations) {
                if (accepted) {
                    writes.put(write.id, write);
                } else {
                    refused.add(write.id);
                }
            }
        });
    }

    private byte[] command(long id) {
        int padding = random.nextInt(20) == 0 ? random.nextInt(2_000) : random.nextInt(60);
        return ByteBuffer.allocate(Long.BYTES + padding).putLong(id).array();
    }

    void read(SimNode node) {
        Operation read = new Operation(++lastId, node.id(), node.life(), ended);
        node.input("read", read.id, driver -> {
            simulation.invariants().readArrived(read.id);
            reads.put(read.id, read);
            askedReads.merge(node.id(), 1, Integer::sum);
            driver.readIndex(read.id);
        });
    }

    /** (19) No more reads wait at a node than it may let wait; checked after each turn. */
    void checkWaiting(SimNode node) {
        int waiting = askedReads.getOrDefault(node.id(), 0);
        Check.that(
                waiting <= node.config().maxPendingReads(),
                "(19) %s reads wait at node %s, at most %s may",
                waiting,
                node.id(),
                node.config().maxPendingReads());
    }

    /** A node's state machine has applied this. */
    void applied(SimNode node, Entry entry) {
        if (entry.kind() != EntryKind.NORMAL) {
            return;
        }
        long id = MachineState.valueOf(entry);
        Check.that(!refused.contains(id), "(29) write %s was refused and yet is in the log at %s", id, entry.index());
        Long place = placeOf.putIfAbsent(id, entry.index());
        Check.that(
                place == null || place == entry.index(),
                "(29) write %s is in the log at %s and at %s",
                id,
                place,
                entry.index());
        if (place == null) {
            simulation.invariants().truth().wrote(entry.index(), id);
        }
        Operation write = writes.get(id);
        if (write != null && write.node == node.id() && write.life == node.life()) {
            writes.remove(id);
            writesEnded++;
            simulation.coverage().count(Counter.WRITES);
            end(write, entry.index(), "write");
        }
    }

    void readReady(SimNode node, long id, long index) {
        simulation.invariants().readIndexCovers(node, id, index);
        Operation read = answered(node, id);
        readyReads.computeIfAbsent(node.id(), n -> new ArrayList<>()).add(new Ready(read, index));
        serveReads(node, node.state());
    }

    void readFailed(SimNode node, long id) {
        simulation.coverage().count(Counter.READS_FAILED);
        answered(node, id);
    }

    private Operation answered(SimNode node, long id) {
        Operation read = reads.remove(id);
        if (read == null) {
            throw new IllegalStateException("(16) read " + id + " was answered twice, or never asked");
        }
        askedReads.merge(node.id(), -1, Integer::sum);
        return read;
    }

    /** Serves the reads whose index is applied here. */
    void serveReads(SimNode node, MachineState state) {
        List<Ready> waiting = readyReads.getOrDefault(node.id(), List.of());
        if (waiting.isEmpty()) {
            return;
        }
        List<Ready> served = new ArrayList<>();
        for (Ready ready : waiting) {
            if (ready.index <= state.applied()) {
                served.add(ready);
            }
        }
        waiting.removeAll(served);
        for (Ready ready : served) {
            serve(node, ready.read, state);
        }
    }

    private void serve(SimNode node, Operation read, MachineState state) {
        int register = MachineState.keyOf(read.id);
        long place = state.applied();
        Check.that(
                state.register(register) == simulation.invariants().truth().valueAt(register, place),
                "(29) read %s at node %s found %s in register %s",
                read.id,
                node.id(),
                state.register(register),
                register);
        readsEnded++;
        simulation.coverage().count(node.leads() ? Counter.READS_LEADER : Counter.READS_FOLLOWER);
        end(read, place, "read");
    }

    /** What waited there will never hear of its outcome. */
    void crashed(SimNode node) {
        writes.values().removeIf(w -> w.node == node.id());
        reads.values().removeIf(r -> r.node == node.id());
        readyReads.remove(node.id());
        askedReads.remove(node.id());
    }

    private void end(Operation operation, long place, String kind) {
        Check.that(
                place >= operation.floor,
                "(29) %s %s at node %s took place at %s, but %s had ended before it began",
                kind,
                operation.id,
                operation.node,
                place,
                operation.floor);
        ended = Math.max(ended, place);
        simulation.trace().record(operation.node, kind + " ended", operation.id, place);
    }
}
