package dev.rollcall.raft.driver;

import dev.rollcall.raft.core.Entry;
import dev.rollcall.raft.core.SnapshotMeta;
import dev.rollcall.raft.core.SoftState;
import java.util.List;

/** What hangs on the committed log, as the driver sees it. Calls return at once and arrive in order. */
public interface StateMachine {
    /**
     * These entries are committed: apply them in order, then {@code RaftDriver.applied(index of the last)}. Indices are
     * consecutive over all calls, from one above the index the driver was started with.
     */
    void apply(List<Entry> committed);

    /**
     * The member's state is now this snapshot, durably: what was handed over before is void, the next {@link #apply} begins
     * one above its index. Its configuration is in force already.
     */
    void restored(SnapshotMeta snapshot);

    /** Leader, term or role of this member have changed. */
    void leadership(SoftState now);

    /**
     * A read asked for with {@code RaftDriver.readIndex(id)} may be served once {@code index} is applied here: every write
     * acknowledged before the request is at or below it (ReadIndex, Raft thesis section 6.4).
     */
    void readReady(long id, long index);

    /** That read got no answer: no leader, a change of leader, or an election timeout without a quorum. It may be asked again. */
    void readFailed(long id);
}
