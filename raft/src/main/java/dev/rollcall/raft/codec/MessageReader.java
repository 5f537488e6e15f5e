package dev.rollcall.raft.codec;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.SnapshotMeta;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/** Reads one message and believes nothing. */
final class MessageReader {
    private final ByteBuffer in;

    MessageReader(ByteBuffer in) {
        this.in = in;
    }

    Message read() throws CodecException {
        try {
            Message message = message();
            if (in.hasRemaining()) {
                throw new CodecException(in.remaining() + " bytes after the message");
            }
            return message;
        } catch (BufferUnderflowException e) {
            CodecException cut = new CodecException("a message cut short");
            cut.initCause(e);
            throw cut;
        }
    }

    private Message message() throws CodecException {
        byte version = in.get();
        if (version != MessageCodec.VERSION) {
            throw new CodecException("message format " + version + ", this is " + MessageCodec.VERSION);
        }
        byte type = in.get();
        long from = in.getLong();
        long to = in.getLong();
        long term = natural("term");
        return switch (type) {
            case MessageType.PRE_VOTE_REQUEST ->
                new Message.PreVoteRequest(
                        from,
                        to,
                        term,
                        in.getLong(),
                        natural("index"),
                        natural("term"),
                        natural("index"),
                        natural("term"));
            case MessageType.PRE_VOTE_RESPONSE ->
                new Message.PreVoteResponse(from, to, term, in.getLong(), flag(), natural("index"), natural("term"));
            case MessageType.VOTE_REQUEST ->
                new Message.VoteRequest(from, to, term, natural("index"), natural("term"), flag());
            case MessageType.VOTE_RESPONSE -> new Message.VoteResponse(from, to, term, flag());
            case MessageType.APPEND_REQUEST -> append(from, to, term);
            case MessageType.APPEND_RESPONSE ->
                new Message.AppendResponse(from, to, term, flag(), natural("index"), natural("index"), natural("term"));
            case MessageType.HEARTBEAT_REQUEST ->
                new Message.HeartbeatRequest(from, to, term, natural("index"), natural("round"));
            case MessageType.HEARTBEAT_RESPONSE -> new Message.HeartbeatResponse(from, to, term, natural("round"));
            case MessageType.TIMEOUT_NOW -> new Message.TimeoutNow(from, to, term);
            case MessageType.READ_INDEX_REQUEST -> new Message.ReadIndexRequest(from, to, term, in.getLong());
            case MessageType.READ_INDEX_RESPONSE ->
                new Message.ReadIndexResponse(from, to, term, in.getLong(), natural("index"));
            case MessageType.SNAPSHOT_OFFER -> new Message.SnapshotOffer(from, to, term, snapshot(term));
            case MessageType.SNAPSHOT_CHUNK ->
                new Message.SnapshotChunk(
                        from, to, term, natural("index"), in.getLong(), natural("offset"), bytes("a chunk"));
            case MessageType.SNAPSHOT_ANSWER ->
                new Message.SnapshotAnswer(from, to, term, natural("index"), in.getLong(), natural("offset"), flag());
            case MessageType.COMMIT_NOTICE -> new Message.CommitNotice(from, to, term, natural("index"));
            default -> throw new CodecException("message type " + type);
        };
    }

    private SnapshotMeta snapshot(long messageTerm) throws CodecException {
        long index = natural("index");
        long term = natural("term");
        long size = natural("size");
        long checksum = in.getLong();
        if (index == 0 || term > messageTerm) {
            throw new CodecException(
                    "a snapshot at index " + index + " of term " + term + " in a message of term " + messageTerm);
        }
        NavigableSet<Long> voters = ids();
        NavigableSet<Long> outgoing = ids();
        NavigableSet<Long> learners = ids();
        for (long id : learners) {
            if (voters.contains(id)) {
                throw new CodecException("member " + id + " is both voter and learner");
            }
        }
        return new SnapshotMeta(index, term, new Membership(voters, outgoing, learners), size, checksum);
    }

    private NavigableSet<Long> ids() throws CodecException {
        int count = in.getInt();
        if (count < 0 || count > in.remaining() / Long.BYTES) {
            throw new CodecException(count + " members in " + in.remaining() + " bytes");
        }
        TreeSet<Long> ids = new TreeSet<>();
        for (int i = 0; i < count; i++) {
            long id = in.getLong();
            if (id == 0 || (!ids.isEmpty() && id <= ids.last())) {
                throw new CodecException("member ids out of order at " + id);
            }
            ids.add(id);
        }
        return ids;
    }

    private byte[] bytes(String what) throws CodecException {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new CodecException(what + " of " + length + " bytes in " + in.remaining());
        }
        byte[] data = new byte[length];
        in.get(data);
        return data;
    }

    private Message append(long from, long to, long term) throws CodecException {
        long prevIndex = natural("index");
        long prevTerm = natural("term");
        long commit = natural("index");
        int count = in.getInt();
        // An entry takes at least its header, so a count that the bytes cannot hold is refused before it costs memory.
        if (count < 0 || count > in.remaining() / MessageWriter.ENTRY_HEADER_BYTES) {
            throw new CodecException(count + " entries in " + in.remaining() + " bytes");
        }
        if (prevIndex > Long.MAX_VALUE - count - 1) {
            throw new CodecException("entries behind index " + prevIndex);
        }
        List<Entry> entries = new ArrayList<>(count);
        long lastTerm = prevTerm;
        for (int i = 0; i < count; i++) {
            Entry entry = entry(prevIndex + 1 + i);
            if (entry.term() < lastTerm || entry.term() > term) {
                throw new CodecException(
                        "entry of term " + entry.term() + " behind term " + lastTerm + " in a message of term " + term);
            }
            lastTerm = entry.term();
            entries.add(entry);
        }
        return new Message.AppendRequest(from, to, term, prevIndex, prevTerm, commit, List.copyOf(entries));
    }

    private Entry entry(long index) throws CodecException {
        long term = natural("term");
        byte kind = in.get();
        return new Entry(index, term, kind(kind), bytes("an entry"));
    }

    private static EntryKind kind(byte code) throws CodecException {
        for (EntryKind kind : EntryKind.values()) {
            if (kind.code() == code) {
                return kind;
            }
        }
        throw new CodecException("entry kind " + code);
    }

    private long natural(String what) throws CodecException {
        long value = in.getLong();
        if (value < 0) {
            throw new CodecException(what + " " + value);
        }
        return value;
    }

    private boolean flag() throws CodecException {
        byte value = in.get();
        if (value != 0 && value != 1) {
            throw new CodecException("flag " + value);
        }
        return value == 1;
    }
}
