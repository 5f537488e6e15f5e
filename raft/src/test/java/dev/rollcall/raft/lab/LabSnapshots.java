package dev.rollcall.raft.lab;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.Membership;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.driver.SnapshotStore;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots of one {@link LabMember}: a copy is the list of entries applied, as bytes; every step is done when the member
 * works.
 */
final class LabSnapshots implements SnapshotStore {
    /** What a member has applied. */
    record State(List<Entry> applied, Membership membership) {}

    private final LabMember member;
    private final Supplier<State> state;
    private final Deque<Runnable> work;
    private byte[] copy = new byte[0];
    private byte[] partial = new byte[0];
    private @Nullable SnapshotMeta partOf;
    private boolean corrupt;

    LabSnapshots(LabMember member, Supplier<State> state, Deque<Runnable> work) {
        this.member = member;
        this.state = state;
        this.work = work;
    }

    /** The next copy to be checked is found damaged. */
    void corruptNext() {
        corrupt = true;
    }

    @Override
    public void prepare() {
        work.add(() -> {
            State now = state.get();
            if (now.applied().isEmpty()) {
                member.driver().snapshotUnavailable();
                return;
            }
            Entry last = now.applied().get(now.applied().size() - 1);
            copy = LabState.encode(now.applied());
            member.driver()
                    .snapshotPrepared(new SnapshotMeta(
                            last.index(), last.term(), now.membership(), copy.length, Arrays.hashCode(copy)));
        });
    }

    @Override
    public void read(long to, SnapshotMeta from, long offset, int length) {
        byte[] piece = Arrays.copyOfRange(copy, (int) offset, (int) offset + length);
        work.add(() -> member.driver().snapshotRead(to, from, offset, piece));
    }

    @Override
    public void release(SnapshotMeta released) {}

    @Override
    public long received(SnapshotMeta snapshot) {
        return snapshot.equals(partOf) ? partial.length : 0;
    }

    @Override
    public void write(SnapshotMeta snapshot, long offset, byte[] bytes) {
        work.add(() -> {
            byte[] before = snapshot.equals(partOf) ? partial : new byte[0];
            partOf = snapshot;
            partial = Arrays.copyOf(before, Math.max(before.length, (int) offset + bytes.length));
            System.arraycopy(bytes, 0, partial, (int) offset, bytes.length);
            member.driver().snapshotWritten(snapshot, offset + bytes.length);
        });
    }

    @Override
    public void verify(SnapshotMeta snapshot) {
        work.add(() -> {
            boolean good = !corrupt && Arrays.hashCode(partial) == snapshot.checksum();
            corrupt = false;
            member.driver().snapshotVerified(snapshot, good);
        });
    }

    @Override
    public void discard(SnapshotMeta snapshot) {
        partial = new byte[0];
        partOf = null;
    }

    /** What was received whole. */
    List<Entry> received() {
        return LabState.decode(partial);
    }
}
