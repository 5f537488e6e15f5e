package dev.rollcall.raft.driver;

import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.Raft;
import dev.rollcall.raft.core.SnapshotMeta;
import org.jspecify.annotations.Nullable;

/**
 * The follower's side of snapshots: one at a time, its pieces in order, each acknowledged when it is on disk. What has arrived
 * of it outlives silence, a change of leader and a restart, as long as the same snapshot is offered again.
 */
final class SnapshotReceiver {
    private final Raft raft;
    private final long self;
    private final SnapshotStore store;
    private @Nullable SnapshotMeta incoming;
    private long leader;
    /** Bytes on disk. */
    private long held;
    /** Bytes on disk or being written. */
    private long taken;

    private boolean verifying;

    SnapshotReceiver(Raft raft, long self, SnapshotStore store) {
        this.raft = raft;
        this.self = self;
        this.store = store;
    }

    void offered(Message.SnapshotOffer offer) {
        if (!raft.needsSnapshot(offer) || verifying) {
            return;
        }
        SnapshotMeta snapshot = offer.snapshot();
        leader = offer.from();
        if (!snapshot.equals(incoming)) {
            begin(snapshot);
        }
        // Whatever was taken and has not come back as written by now may be lost: the sender goes on from what is on
        // disk.
        taken = held;
        answer(snapshot, false);
        verifyIfWhole(snapshot);
    }

    private void begin(SnapshotMeta snapshot) {
        if (incoming != null) {
            store.discard(incoming);
        }
        incoming = snapshot;
        held = Math.min(store.received(snapshot), snapshot.sizeBytes());
        taken = held;
    }

    /** A piece that does not follow those before it is ignored: its sender will ask where to go on. */
    void arrived(Message.SnapshotChunk chunk) {
        SnapshotMeta snapshot = incoming;
        if (snapshot == null
                || verifying
                || !raft.isFromLeader(chunk)
                || chunk.index() != snapshot.index()
                || chunk.checksum() != snapshot.checksum()
                || chunk.offset() != taken
                || chunk.data().length == 0
                || chunk.data().length > snapshot.sizeBytes() - taken) {
            return;
        }
        leader = chunk.from();
        taken += chunk.data().length;
        store.write(snapshot, chunk.offset(), chunk.data());
    }

    void written(SnapshotMeta snapshot, long through) {
        if (snapshot.equals(incoming) && !verifying && through > held) {
            held = through;
            answer(snapshot, false);
            verifyIfWhole(snapshot);
        }
    }

    void verified(SnapshotMeta snapshot, boolean good) {
        if (!snapshot.equals(incoming) || (good && !verifying)) {
            return;
        }
        verifying = false;
        incoming = null;
        if (!good) {
            held = 0;
            answer(snapshot, true);
        }
        if (!good || !raft.snapshotReceived(snapshot)) {
            store.discard(snapshot);
        }
    }

    private void verifyIfWhole(SnapshotMeta snapshot) {
        if (held == snapshot.sizeBytes()) {
            verifying = true;
            store.verify(snapshot);
        }
    }

    private void answer(SnapshotMeta snapshot, boolean damaged) {
        if (leader != self && raft.softState().leader() == leader) {
            raft.say(new Message.SnapshotAnswer(
                    self, leader, raft.softState().term(), snapshot.index(), snapshot.checksum(), held, damaged));
        }
    }
}
