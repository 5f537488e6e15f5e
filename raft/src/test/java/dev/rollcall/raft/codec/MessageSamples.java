package dev.rollcall.raft.codec;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.EntryKind;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.Message;
import dev.rollcall.raft.core.SnapshotMeta;
import java.util.List;
import java.util.TreeSet;

/** A message of every kind, with values at the edges of what they may be. */
final class MessageSamples {
    private static final long LARGE = Long.MAX_VALUE - 10;

    private MessageSamples() {}

    static List<Message> all() {
        List<Entry> entries = List.of(
                new Entry(8, 3, EntryKind.NOOP, new byte[0]),
                new Entry(9, 4, EntryKind.NORMAL, new byte[] {1, 2, 3}),
                new Entry(10, 4, EntryKind.CONFIG, new byte[300]));
        Membership members = new Membership(
                new TreeSet<>(List.of(-3L, 1L, 2L)), new TreeSet<>(List.of(1L, 4L)), new TreeSet<>(List.of(LARGE)));
        return List.of(
                new Message.PreVoteRequest(-1, 2, 3, LARGE, 5, 6, 4, 2),
                new Message.PreVoteResponse(1, 2, 3, 4, true, 5, 2),
                new Message.VoteRequest(1, 2, 3, LARGE, 5, true),
                new Message.VoteResponse(1, 2, 3, false),
                new Message.AppendRequest(1, 2, 4, 7, 3, 6, entries),
                new Message.AppendRequest(1, 2, 4, 7, 3, 6, List.of()),
                new Message.AppendResponse(1, 2, 3, true, 4, 5, 6),
                new Message.HeartbeatRequest(1, 2, 3, 4, 5),
                new Message.HeartbeatResponse(1, 2, 3, 4),
                new Message.CommitNotice(1, 2, 3, LARGE),
                new Message.TimeoutNow(1, 2, LARGE),
                new Message.ReadIndexRequest(1, 2, 3, 4),
                new Message.ReadIndexResponse(1, 2, 3, 4, 5),
                new Message.SnapshotOffer(1, 2, 3, new SnapshotMeta(LARGE, 2, members, 5, -6)),
                new Message.SnapshotChunk(1, 2, 3, LARGE, -5, 6, new byte[] {7, 8}),
                new Message.SnapshotAnswer(1, 2, 3, 4, -5, LARGE, true));
    }
}
