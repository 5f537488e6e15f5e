package dev.rollcall.raft.core;

import java.util.Arrays;
import java.util.List;

/**
 * What members tell each other. Every message carries its sender's term; none leaves before that term is durable there.
 * Any of them may be lost, delayed, repeated or overtaken.
 */
public sealed interface Message {
    /** Member that sent it. */
    long from();

    /** Member it is for. */
    long to();

    /** The sender's current term. */
    long term();

    /**
     * Would you vote for me, were I to campaign in {@link #campaignTerm}? Asking changes nothing anywhere (Raft thesis,
     * section 9.6).
     *
     * @param round names this round of asking; the answer repeats it, so that an answer to an earlier round is known as such
     * @param lastIndex index of the sender's last entry
     * @param lastTerm its term
     * @param commit highest index that the sender knows to be committed; what is committed is true for everyone, and may
     *     hold the configuration by which the receiver has to count
     * @param commitTerm its term
     */
    record PreVoteRequest(
            long from, long to, long term, long round, long lastIndex, long lastTerm, long commit, long commitTerm)
            implements Message {
        public long campaignTerm() {
            return term + 1;
        }
    }

    /**
     * @param round round of the request
     * @param granted whether the sender would vote for the asker
     * @param commit highest index that the sender knows to be committed
     * @param commitTerm its term
     */
    record PreVoteResponse(long from, long to, long term, long round, boolean granted, long commit, long commitTerm)
            implements Message {}

    /**
     * RequestVote of the Raft paper, figure 2.
     *
     * @param lastIndex index of the candidate's last entry
     * @param lastTerm its term
     * @param transfer the leader itself asked for this election, so contact with it is no reason to refuse (Raft thesis,
     *     section 4.2.3)
     */
    record VoteRequest(long from, long to, long term, long lastIndex, long lastTerm, boolean transfer)
            implements Message {}

    /** @param granted whether the sender's vote of this term is, durably, the asker's */
    record VoteResponse(long from, long to, long term, boolean granted) implements Message {}

    /**
     * AppendEntries of the Raft paper, figure 2.
     *
     * @param prevIndex index that the entries follow
     * @param prevTerm its term
     * @param commit the leader's commit index
     * @param entries consecutive, from {@code prevIndex + 1}; may be empty
     */
    record AppendRequest(long from, long to, long term, long prevIndex, long prevTerm, long commit, List<Entry> entries)
            implements Message {}

    /**
     * The end of an {@link AppendRequest}.
     *
     * @param rejected whether the log of the sender does not hold what the entries follow
     * @param index if accepted, the index up to which the sender's durable log equals the leader's; if rejected, the
     *     {@code prevIndex} of the request
     * @param hintIndex if rejected, the highest index at which the logs may agree
     * @param hintTerm term of the sender's entry there
     */
    record AppendResponse(long from, long to, long term, boolean rejected, long index, long hintIndex, long hintTerm)
            implements Message {}

    /**
     * So far your log is committed. Not answered: whoever misses it learns it from the next append or heartbeat.
     *
     * @param commit the leader's commit index, capped at what it knows to be durable at the receiver
     */
    record CommitNotice(long from, long to, long term, long commit) implements Message {}

    /**
     * The leader lives; and how far it has committed, should a notice have been lost.
     *
     * @param commit the leader's commit index, capped at what it knows to be durable at the receiver
     * @param round newest round of leadership proof (ReadIndex), 0 before the first
     */
    record HeartbeatRequest(long from, long to, long term, long commit, long round) implements Message {}

    /** @param round round of the request; 0 also answers a request of an older term, to tell its sender of the newer one */
    record HeartbeatResponse(long from, long to, long term, long round) implements Message {}

    /** Campaign now: the leader hands over (Raft thesis, section 3.10). */
    record TimeoutNow(long from, long to, long term) implements Message {}

    /** @param id names this attempt of a follower's; never used again */
    record ReadIndexRequest(long from, long to, long term, long id) implements Message {}

    /**
     * @param id attempt that this answers
     * @param index commit index that covers every write acknowledged before the attempt, 0 if the leader refuses
     */
    record ReadIndexResponse(long from, long to, long term, long id, long index) implements Message {}

    /** The log no longer holds what you need: here is a snapshot, ask for it from where you have it. */
    record SnapshotOffer(long from, long to, long term, SnapshotMeta snapshot) implements Message {}

    /**
     * A piece of a snapshot.
     *
     * @param index of the snapshot
     * @param checksum of the snapshot; with the index it says which one
     * @param offset of the first byte
     * @param data never changed after construction
     */
    record SnapshotChunk(long from, long to, long term, long index, long checksum, long offset, byte[] data)
            implements Message {
        @Override
        public boolean equals(Object o) {
            return o instanceof SnapshotChunk c
                    && c.from == from
                    && c.to == to
                    && c.term == term
                    && c.index == index
                    && c.checksum == checksum
                    && c.offset == offset
                    && Arrays.equals(c.data, data);
        }

        @Override
        public int hashCode() {
            return Long.hashCode(index) * 31 + Long.hashCode(offset);
        }

        @Override
        public String toString() {
            return "SnapshotChunk[from=" + from + ", to=" + to + ", term=" + term + ", index=" + index + ", offset="
                    + offset + ", " + data.length + "B]";
        }
    }

    /**
     * How far a snapshot has got.
     *
     * @param index of the snapshot
     * @param checksum of the snapshot
     * @param offset bytes of it that the sender has on its disk
     * @param damaged all of it arrived, and it is not what it was said to be
     */
    record SnapshotAnswer(long from, long to, long term, long index, long checksum, long offset, boolean damaged)
            implements Message {}
}
