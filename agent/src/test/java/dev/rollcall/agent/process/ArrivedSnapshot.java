package dev.rollcall.agent.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rollcall.agent.process.DiskTrace.Kind;
import dev.rollcall.agent.process.DiskTrace.Step;
import dev.rollcall.raft.codec.CodecException;
import dev.rollcall.raft.codec.MessageCodec;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.storage.apply.ReplicatedState;
import dev.rollcall.storage.apply.StateLimits;
import dev.rollcall.storage.sqlite.DataDirectory;
import dev.rollcall.storage.sqlite.SqliteLog;
import dev.rollcall.storage.sqlite.SqliteSnapshots;
import dev.rollcall.storage.sqlite.SqliteSnapshots.Generation;
import dev.rollcall.storage.sqlite.SqliteState;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A snapshot that a member was sent, as the record of its disk has it: to be sent again. */
final class ArrivedSnapshot {
    private static final int PIECE_BYTES = 256 << 10;
    private static final long VERDICT_S = 30;

    private final SnapshotMeta snapshot;
    private final byte[] bytes;

    private ArrivedSnapshot(SnapshotMeta snapshot, byte[] bytes) {
        this.snapshot = snapshot;
        this.bytes = bytes;
    }

    /** The first that arrived whole in this run. */
    static ArrivedSnapshot of(List<Step> run) throws CodecException {
        PowerLoss disk = new PowerLoss();
        for (Step step : run) {
            if (step.kind() == Kind.RENAME && step.name().equals("incoming.part")) {
                Message.SnapshotOffer offer = (Message.SnapshotOffer) MessageCodec.decode(disk.read("incoming.meta"));
                return new ArrivedSnapshot(offer.snapshot(), disk.read("incoming.part"));
            }
            disk.step(step);
        }
        throw new AssertionError("no snapshot has arrived");
    }

    /** The last entry that it holds. */
    long index() {
        return snapshot.index();
    }

    /** Sends what a directory lacks of it, or all of it if what was there is damaged, until it is ready to be switched to. */
    Generation complete(DataDirectory directory, SqliteLog log, SqliteState file, ReplicatedState state) {
        BlockingQueue<Boolean> verdicts = new LinkedBlockingQueue<>();
        try (SqliteSnapshots snapshots = new SqliteSnapshots(
                directory, log, () -> file, state::applied, StateLimits.DEFAULTS, Integer.MAX_VALUE)) {
            snapshots.start(new Verdicts(verdicts), failure -> verdicts.add(false));
            if (!send(snapshots, snapshots.received(snapshot), verdicts)) {
                snapshots.discard(snapshot);
                assertEquals(0, snapshots.received(snapshot));
                assertTrue(send(snapshots, 0, verdicts), "a snapshot that is sent anew is good");
            }
            return snapshots.take(snapshot);
        }
    }

    private boolean send(SqliteSnapshots to, long from, BlockingQueue<Boolean> verdicts) {
        for (int at = (int) from; at < bytes.length; at += PIECE_BYTES) {
            to.write(snapshot, at, Arrays.copyOfRange(bytes, at, Math.min(at + PIECE_BYTES, bytes.length)));
        }
        to.verify(snapshot);
        try {
            @Nullable Boolean good = verdicts.poll(VERDICT_S, TimeUnit.SECONDS);
            return Boolean.TRUE.equals(good);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private record Verdicts(BlockingQueue<Boolean> verdicts) implements SqliteSnapshots.Completions {
        @Override
        public void prepared(SnapshotMeta copy) {}

        @Override
        public void unavailable() {}

        @Override
        public void read(long to, SnapshotMeta copy, long offset, byte[] bytes) {}

        @Override
        public void written(SnapshotMeta snapshot, long through) {}

        @Override
        public void verified(SnapshotMeta snapshot, boolean good) {
            verdicts.add(good);
        }
    }
}
