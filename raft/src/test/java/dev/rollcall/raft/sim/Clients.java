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
 * Clients that write unique values to one register, and read it. The log gives every operation a place: a write its index, a
 * read the index applied where it was served. The history is linearizable if every operation's place is behind the places of
 * all that had ended when it began.
 */
final class Clients {
    /** @param floor highest place of anything that had ended when this began */
    private record Operation(long id, long node, long floor) {}

    private record Ready(Operation read, long index) {}

    private final Simulation simulation;
    private final SplittableRandom random;
    private final Map<Long, Operation> writes = new HashMap<>();
    private final Map<Long, Operation> reads = new HashMap<>();
    private final TreeMap<Long, List<Ready>> readyReads = new TreeMap<>();
    private final Set<Long> refused = new HashSet<>();
    private final Map<Long, Long> placeOf = new HashMap<>();
    private long lastId;
    private long ended;
    private long writesEnded;
    private long readsEnded;
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

    /** Goes on for ever: an operation now, the next one a little later. */
    void run(int pauseMicros) {
        if (!idle) {
            SimNode node = simulation.anyNode(random, 0.7);
            if (node.up()) {
                if (random.nextInt(3) == 0) {
                    read(node);
                } else {
                    write(node, 1 + random.nextInt(3));
                }
            }
        }
        simulation.timeline().after(1 + random.nextInt(pauseMicros), () -> run(pauseMicros));
    }

    private void write(SimNode node, int count) {
        List<Operation> operations = new ArrayList<>();
        List<byte[]> commands = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Operation write = new Operation(++lastId, node.id(), ended);
            operations.add(write);
            commands.add(command(write.id));
        }
        node.input("propose", lastId, driver -> {
            ProposeResult result = driver.propose(commands);
            for (Operation write : operations) {
                if (result == ProposeResult.ACCEPTED) {
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

    private void read(SimNode node) {
        Operation read = new Operation(++lastId, node.id(), ended);
        node.input("read", read.id, driver -> {
            simulation.invariants().readArrived(read.id);
            reads.put(read.id, read);
            driver.readIndex(read.id);
        });
    }

    /** A node's state machine has applied this. */
    void applied(SimNode node, Entry entry) {
        if (entry.kind() != EntryKind.NORMAL) {
            return;
        }
        long id = ByteBuffer.wrap(entry.data()).getLong();
        if (refused.contains(id)) {
            throw new IllegalStateException("write " + id + " was refused and yet is in the log at " + entry.index());
        }
        Long place = placeOf.putIfAbsent(id, entry.index());
        if (place != null && place != entry.index()) {
            throw new IllegalStateException("write " + id + " is in the log at " + place + " and at " + entry.index());
        }
        Operation write = writes.get(id);
        if (write != null && write.node == node.id()) {
            writes.remove(id);
            writesEnded++;
            end(write, entry.index(), "write");
        }
    }

    void readReady(SimNode node, long id, long index) {
        simulation.invariants().readIndexCovers(id, index);
        Operation read = reads.remove(id);
        if (read == null) {
            throw new IllegalStateException("read " + id + " was answered twice, or never asked");
        }
        readyReads.computeIfAbsent(node.id(), n -> new ArrayList<>()).add(new Ready(read, index));
        serveReads(node, node.applied());
    }

    void readFailed(long id) {
        if (reads.remove(id) == null) {
            throw new IllegalStateException("read " + id + " failed twice, or was never asked");
        }
    }

    /** Serves the reads whose index is applied here. */
    void serveReads(SimNode node, long applied) {
        List<Ready> waiting = readyReads.getOrDefault(node.id(), List.of());
        if (waiting.isEmpty()) {
            return;
        }
        List<Ready> served = new ArrayList<>();
        for (Ready ready : waiting) {
            if (ready.index <= applied) {
                served.add(ready);
            }
        }
        waiting.removeAll(served);
        for (Ready ready : served) {
            readsEnded++;
            end(ready.read, applied, "read");
        }
    }

    /** What waited there will never hear of its outcome. */
    void crashed(SimNode node) {
        writes.values().removeIf(w -> w.node == node.id());
        reads.values().removeIf(r -> r.node == node.id());
        readyReads.remove(node.id());
    }

    private void end(Operation operation, long place, String kind) {
        if (place < operation.floor) {
            throw new IllegalStateException(kind + " " + operation.id + " at node " + operation.node + " took place at "
                    + place + ", but " + operation.floor + " had ended before it began");
        }
        ended = Math.max(ended, place);
        simulation.trace().record(operation.node, kind + " ended", operation.id, place);
    }
}
