package dev.rollcall.raft.codec;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.SnapshotMeta;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.NavigableSet;

/** Writes one message. */
final class MessageWriter {
    static final int ENTRY_HEADER_BYTES = Long.BYTES + 1 + Integer.BYTES;

    private final ByteBuffer out;

    MessageWriter(int sizeBound) {
        out = ByteBuffer.allocate(sizeBound);
    }

    byte[] bytes() {
        return Arrays.copyOf(out.array(), out.position());
    }

    void write(Message message) {
        if (message instanceof Message.PreVoteRequest m) {
            header(MessageType.PRE_VOTE_REQUEST, m);
            out.putLong(m.round()).putLong(m.lastIndex()).putLong(m.lastTerm());
            out.putLong(m.commit()).putLong(m.commitTerm());
        } else if (message instanceof Message.PreVoteResponse m) {
            header(MessageType.PRE_VOTE_RESPONSE, m);
            out.putLong(m.round());
            flag(m.granted());
            out.putLong(m.commit()).putLong(m.commitTerm());
        } else if (message instanceof Message.VoteRequest m) {
            header(MessageType.VOTE_REQUEST, m);
            out.putLong(m.lastIndex()).putLong(m.lastTerm());
            flag(m.transfer());
        } else if (message instanceof Message.VoteResponse m) {
            header(MessageType.VOTE_RESPONSE, m);
            flag(m.granted());
        } else if (message instanceof Message.AppendRequest m) {
            append(m);
        } else if (message instanceof Message.AppendResponse m) {
            header(MessageType.APPEND_RESPONSE, m);
            flag(m.rejected());
            out.putLong(m.index()).putLong(m.hintIndex()).putLong(m.hintTerm());
        } else if (message instanceof Message.HeartbeatRequest m) {
            header(MessageType.HEARTBEAT_REQUEST, m);
            out.putLong(m.commit()).putLong(m.round());
        } else if (message instanceof Message.CommitNotice m) {
            header(MessageType.COMMIT_NOTICE, m);
            out.putLong(m.commit());
        } else if (message instanceof Message.HeartbeatResponse m) {
            header(MessageType.HEARTBEAT_RESPONSE, m);
            out.putLong(m.round());
        } else if (message instanceof Message.TimeoutNow m) {
            header(MessageType.TIMEOUT_NOW, m);
        } else if (message instanceof Message.ReadIndexRequest m) {
            header(MessageType.READ_INDEX_REQUEST, m);
            out.putLong(m.id());
        } else if (message instanceof Message.ReadIndexResponse m) {
            header(MessageType.READ_INDEX_RESPONSE, m);
            out.putLong(m.id()).putLong(m.index());
        } else if (message instanceof Message.SnapshotOffer m) {
            header(MessageType.SNAPSHOT_OFFER, m);
            snapshot(m.snapshot());
        } else if (message instanceof Message.SnapshotChunk m) {
            header(MessageType.SNAPSHOT_CHUNK, m);
            out.putLong(m.index()).putLong(m.checksum()).putLong(m.offset());
            out.putInt(m.data().length).put(m.data());
        } else if (message instanceof Message.SnapshotAnswer m) {
            header(MessageType.SNAPSHOT_ANSWER, m);
            out.putLong(m.index()).putLong(m.checksum()).putLong(m.offset());
            flag(m.damaged());
        } else {
            throw new IllegalArgumentException("no format for " + message);
        }
    }

    private void snapshot(SnapshotMeta snapshot) {
        out.putLong(snapshot.index()).putLong(snapshot.term());
        out.putLong(snapshot.sizeBytes()).putLong(snapshot.checksum());
        ids(snapshot.membership().voters());
        ids(snapshot.membership().outgoing());
        ids(snapshot.membership().learners());
    }

    private void ids(NavigableSet<Long> ids) {
        out.putInt(ids.size());
        for (long id : ids) {
            out.putLong(id);
        }
    }

    private void append(Message.AppendRequest m) {
        header(MessageType.APPEND_REQUEST, m);
        out.putLong(m.prevIndex()).putLong(m.prevTerm()).putLong(m.commit());
        out.putInt(m.entries().size());
        for (Entry entry : m.entries()) {
            out.putLong(entry.term()).put((byte) entry.kind().code());
            out.putInt(entry.data().length).put(entry.data());
        }
    }

    private void header(byte type, Message m) {
        out.put(MessageCodec.VERSION)
                .put(type)
                .putLong(m.from())
                .putLong(m.to())
                .putLong(m.term());
    }

    private void flag(boolean value) {
        out.put((byte) (value ? 1 : 0));
    }
}
