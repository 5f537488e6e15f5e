package dev.rollcall.raft.sim;

import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.driver.SnapshotStore;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A node's snapshot files. The copy it sends does not outlive a crash; what it receives does, as far as it was written. Both
 * take time; making one may fail, and bytes may go bad on their way to the disk.
 */
final class SimSnapshots implements SnapshotStore {
    private final SimNode node;
    private final Simulation simulation;
    private final SplittableRandom random;
    private byte @Nullable [] copy;
    private @Nullable SnapshotMeta incoming;
    private byte[] received = new byte[0];
    private int written;
    private int asked;
    private long diskFree;
    private long arrivingIndex;
    private long arrivingChecksum;
    private boolean whole;
    private boolean unreliable;
    private int generation;

    SimSnapshots(SimNode node, Simulation simulation, SplittableRandom random) {
        this.node = node;
        this.simulation = simulation;
        this.random = random;
    }

    void unreliable(boolean now) {
        unreliable = now;
    }

    void crash() {
        generation++;
        copy = null;
        if (whole) {
            simulation.coverage().count(Counter.SNAPSHOT_SWITCHES_LOST);
        }
        whole = false;
        asked = written;
    }

    /** The node is about to take in this piece. */
    void arrives(Message.SnapshotChunk chunk) {
        arrivingIndex = chunk.index();
        arrivingChecksum = chunk.checksum();
    }

    /** The state in what was received and found good; the log now follows it. */
    MachineState switchTo(SnapshotMeta snapshot) {
        if (!whole || !snapshot.equals(incoming)) {
            throw new IllegalStateException(
                    "(14) node " + node.id() + " switches to " + snapshot + ", which is not whole and checked here");
        }
        MachineState state = MachineState.decode(received);
        forget();
        return state;
    }

    @Override
    public void prepare() {
        later(500 + random.nextInt(20_000), this::make);
    }

    private void make() {
        if (unreliable && random.nextInt(3) == 0) {
            simulation.coverage().count(Counter.SNAPSHOTS_FAILED);
            node.input("no snapshot", 0, d -> d.snapshotUnavailable());
            return;
        }
        if (!node.checkpoint()) {
            later(1_000 + random.nextInt(2_000), this::make);
            return;
        }
        MachineState state = node.stateFile();
        byte[] bytes = state.encode(simulation.snapshotPadding());
        SnapshotMeta meta =
                new SnapshotMeta(state.applied(), state.term(), state.membership(), bytes.length, checksum(bytes));
        copy = bytes;
        simulation.coverage().count(Counter.SNAPSHOTS_MADE);
        node.input("snapshot", meta.index(), d -> d.snapshotPrepared(meta));
    }

    @Override
    public void read(long to, SnapshotMeta meta, long offset, int length) {
        byte[] bytes = copy;
        if (bytes == null) {
            throw new IllegalStateException("node " + node.id() + " reads a copy that it has released");
        }
        later(100 + random.nextInt(unreliable ? 100_000 : 2_000), () -> {
            byte[] piece = Arrays.copyOfRange(bytes, (int) offset, (int) offset + length);
            node.input("piece", offset, d -> d.snapshotRead(to, meta, offset, piece));
        });
    }

    @Override
    public void release(SnapshotMeta released) {
        copy = null;
    }

    @Override
    public long received(SnapshotMeta snapshot) {
        if (!snapshot.equals(incoming)) {
            return 0;
        }
        if (written > 0) {
            simulation.coverage().count(Counter.SNAPSHOTS_RESUMED);
        }
        return written;
    }

    @Override
    public void write(SnapshotMeta snapshot, long offset, byte[] bytes) {
        if (!snapshot.equals(incoming)) {
            forget();
            incoming = snapshot;
            received = new byte[(int) snapshot.sizeBytes()];
        }
        Check.that(
                snapshot.index() == arrivingIndex && snapshot.checksum() == arrivingChecksum,
                "(14) node %s puts a piece of snapshot %s into %s",
                node.id(),
                arrivingIndex,
                snapshot);
        if (offset > asked) {
            throw new IllegalStateException("(14) node " + node.id() + " puts a piece of a snapshot at " + offset
                    + " behind " + asked + " bytes");
        }
        asked = (int) Math.max(asked, offset + bytes.length);
        long now = simulation.timeline().now();
        diskFree = Math.max(diskFree, now) + 200 + random.nextInt(unreliable ? 50_000 : 3_000);
        later((int) (diskFree - now), () -> {
            if (!snapshot.equals(incoming)) {
                return;
            }
            System.arraycopy(bytes, 0, received, (int) offset, bytes.length);
            if (unreliable && random.nextInt(4) == 0) {
                received[(int) offset + random.nextInt(bytes.length)] ^= 0x10;
            }
            written = (int) Math.max(written, offset + bytes.length);
            long through = written;
            node.input("piece written", through, d -> d.snapshotWritten(snapshot, through));
        });
    }

    @Override
    public void verify(SnapshotMeta snapshot) {
        later(500 + random.nextInt(5_000), () -> {
            boolean good = snapshot.equals(incoming)
                    && written == snapshot.sizeBytes()
                    && checksum(received) == snapshot.checksum();
            whole = good;
            if (!good) {
                simulation.coverage().count(Counter.SNAPSHOTS_DAMAGED);
            }
            node.input("snapshot checked", good ? 1 : 0, d -> d.snapshotVerified(snapshot, good));
        });
    }

    @Override
    public void discard(SnapshotMeta snapshot) {
        if (snapshot.equals(incoming)) {
            simulation.coverage().count(Counter.SNAPSHOTS_DISCARDED);
            forget();
        }
    }

    private void forget() {
        incoming = null;
        received = new byte[0];
        written = 0;
        asked = 0;
        whole = false;
    }

    private void later(int micros, Runnable action) {
        int began = generation;
        simulation.timeline().after(micros, () -> {
            if (began == generation) {
                action.run();
            }
        });
    }

    private static long checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }
}
