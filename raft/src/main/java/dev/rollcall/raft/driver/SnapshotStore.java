package dev.rollcall.raft.driver;

import dev.rollcall.raft.core.SnapshotMeta;

/**
 * Where snapshots are made, read, and put together again, as the driver sees it. Calls return at once; work is done
 * elsewhere, in the order of the calls, and its end is reported as an input of the driver on the driver's own thread. How
 * fast it is reported paces the transfer: the driver asks for the next piece only when pieces before it are through.
 */
public interface SnapshotStore {
    /**
     * Makes a copy of the state as it is now, complete and durable, that stays as it is until {@link #release}; then {@code
     * RaftDriver.snapshotPrepared(copy)}, or {@code snapshotUnavailable()} if it cannot be made.
     */
    void prepare();

    /** Reads a piece of the copy for a follower, then {@code RaftDriver.snapshotRead(to, copy, offset, bytes)}. */
    void read(long to, SnapshotMeta copy, long offset, int length);

    /** Nobody needs this copy any more. */
    void release(SnapshotMeta copy);

    /** Bytes of this snapshot that are here and durable from an earlier attempt, 0 if none are; answered from memory. */
    long received(SnapshotMeta snapshot);

    /**
     * Puts a piece where it belongs, right behind those before it, then {@code RaftDriver.snapshotWritten(snapshot, offset +
     * bytes.length)}; the same piece may come again. The first piece of another snapshot replaces what is here of an earlier
     * one.
     */
    void write(SnapshotMeta snapshot, long offset, byte[] bytes);

    /**
     * All of it is written: checks every checksum, makes it durable and ready to be switched to, then {@code
     * RaftDriver.snapshotVerified(snapshot, good)}. The switch itself is the {@link LogWrite} that names it.
     */
    void verify(SnapshotMeta snapshot);

    /** What is here of this snapshot will not be used. */
    void discard(SnapshotMeta snapshot);

    /** For a member whose log is never truncated, and that therefore cannot have a follower in need. */
    static SnapshotStore none() {
        return new NoSnapshots();
    }
}
