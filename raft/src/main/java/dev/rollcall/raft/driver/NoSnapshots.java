package dev.rollcall.raft.driver;

import dev.rollcall.raft.core.SnapshotMeta;

/** Of a cluster whose logs are whole; whoever asks has found them truncated, which is a fault. */
final class NoSnapshots implements SnapshotStore {
    @Override
    public void prepare() {
        throw fault();
    }

    @Override
    public void read(long to, SnapshotMeta copy, long offset, int length) {
        throw fault();
    }

    @Override
    public void release(SnapshotMeta copy) {
        throw fault();
    }

    @Override
    public long received(SnapshotMeta snapshot) {
        throw fault();
    }

    @Override
    public void write(SnapshotMeta snapshot, long offset, byte[] bytes) {
        throw fault();
    }

    @Override
    public void verify(SnapshotMeta snapshot) {
        throw fault();
    }

    @Override
    public void discard(SnapshotMeta snapshot) {
        throw fault();
    }

    private static IllegalStateException fault() {
        return new IllegalStateException("a snapshot is needed in a cluster whose logs are never truncated");
    }
}
