package dev.rollcall.raft.driver;

import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.Raft;
import dev.rollcall.raft.core.SnapshotMeta;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The leader's side of snapshots: one copy at a time, offered to every follower that needs one, and sent piece by piece as
 * each asks for it. A follower that falls silent is offered the copy again, and says how far it has got.
 */
final class SnapshotSender {
    /** Bytes of one piece. */
    static final int CHUNK_BYTES = 256 << 10;
    /** Pieces on their way to one follower. */
    static final int WINDOW_CHUNKS = 4;

    /** One follower's way through the copy: {@code acked <= next <= acked + window}. */
    private static final class Transfer {
        /** Bytes the follower has on its disk; -1 until it has answered the offer. */
        long acked = -1;
        /** Next byte to read and send. */
        long next;

        long lastNews;

        Transfer(long now) {
            lastNews = now;
        }
    }

    private final Raft raft;
    private final long self;
    private final SnapshotStore store;
    private final int patienceTicks;
    private final TreeMap<Long, Transfer> transfers = new TreeMap<>();
    private @Nullable SnapshotMeta copy;
    private boolean preparing;
    private long now;
    private long notBefore;

    /** @param patienceTicks silence after which an offer is repeated, and after which a failed copy is tried again */
    SnapshotSender(Raft raft, long self, SnapshotStore store, int patienceTicks) {
        this.raft = raft;
        this.self = self;
        this.store = store;
        this.patienceTicks = patienceTicks;
    }

    void tick() {
        now++;
        if (!raft.leads()) {
            return; // in another's term nothing may be said as if this member led it
        }
        transfers.forEach((to, transfer) -> {
            if (copy != null && now - transfer.lastNews >= patienceTicks) {
                offer(to, transfer, copy);
            }
        });
    }

    /**
     * Index above which the log must be kept for the followers that are being sent a copy; {@link Long#MAX_VALUE} if none is.
     */
    long needsLogAbove() {
        return copy == null ? Long.MAX_VALUE : copy.index();
    }

    /**
     * These followers need a snapshot now; those that no longer do are let go.
     *
     * @param logBase index that this leader's log follows: a copy below it leads nowhere
     */
    void serve(List<Long> lagging, long logBase) {
        transfers.keySet().retainAll(lagging);
        if (copy != null && (lagging.isEmpty() || copy.index() < logBase)) {
            drop(copy);
        }
        if (lagging.isEmpty()) {
            return;
        }
        if (copy == null) {
            if (!preparing && now >= notBefore) {
                preparing = true;
                store.prepare();
            }
            return;
        }
        for (long to : lagging) {
            if (!transfers.containsKey(to)) {
                Transfer transfer = new Transfer(now);
                transfers.put(to, transfer);
                offer(to, transfer, copy);
            }
        }
    }

    void prepared(SnapshotMeta made) {
        preparing = false;
        copy = made;
    }

    void unavailable() {
        preparing = false;
        notBefore = now + patienceTicks;
    }

    void answered(Message.SnapshotAnswer answer) {
        SnapshotMeta sending = copy;
        Transfer transfer = transfers.get(answer.from());
        if (transfer == null
                || sending == null
                || answer.index() != sending.index()
                || answer.checksum() != sending.checksum()) {
            return;
        }
        transfer.lastNews = now;
        if (answer.damaged()) {
            // Either the copy is bad or the way was; a new one settles both.
            notBefore = now + patienceTicks;
            drop(sending);
            return;
        }
        if (answer.offset() > sending.sizeBytes()) {
            return;
        }
        if (transfer.acked < 0) {
            transfer.next = answer.offset();
        }
        transfer.acked = Math.max(transfer.acked, answer.offset());
        readAhead(answer.from(), transfer, sending);
    }

    void read(long to, SnapshotMeta from, long offset, byte[] bytes) {
        if (raft.leads() && from.equals(copy) && transfers.containsKey(to)) {
            raft.say(new Message.SnapshotChunk(
                    self, to, raft.softState().term(), from.index(), from.checksum(), offset, bytes));
        }
    }

    private void offer(long to, Transfer transfer, SnapshotMeta offered) {
        transfer.acked = -1;
        transfer.lastNews = now;
        raft.say(new Message.SnapshotOffer(self, to, raft.softState().term(), offered));
    }

    private void readAhead(long to, Transfer transfer, SnapshotMeta from) {
        long window = transfer.acked + (long) WINDOW_CHUNKS * CHUNK_BYTES;
        while (transfer.next < Math.min(window, from.sizeBytes())) {
            int length = (int) Math.min(CHUNK_BYTES, from.sizeBytes() - transfer.next);
            store.read(to, from, transfer.next, length);
            transfer.next += length;
        }
    }

    private void drop(SnapshotMeta unwanted) {
        store.release(unwanted);
        copy = null;
        transfers.clear();
    }
}
