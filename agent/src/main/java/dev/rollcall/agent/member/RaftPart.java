package dev.rollcall.agent.member;

import dev.rollcall.raft.core.SoftState;

/** Something that works on the raft thread, before each flush of the driver. */
interface RaftPart {
    /** Leader, term or role have changed. */
    void leadership(SoftState now);

    /** A snapshot has taken the place of this member's state: what became of earlier entries cannot be told any more. */
    default void restored() {}

    /** A batch of inputs is in; what is done now goes out with it. */
    void beforeFlush();

    /** About 50 ms have passed: look at deadlines, try again what was parked. */
    void beat(long nowNanos);
}
