package dev.rollcall.agent.peer;

import org.jspecify.annotations.Nullable;

/** What a frame carries. Codes are on the wire for ever. */
public enum FrameType {
    /** First frame of the side that dialled: {@link Greeting}. */
    GREETING(1),
    /** The other side's answer: its own {@link Greeting}. */
    ACCEPTED(2),
    /** Instead of {@link #ACCEPTED} or {@link #CLUSTER_PICTURE}: {@link Refusal}; the connection is closed after it. */
    REFUSED(3),
    /** A consensus message. */
    RAFT(4),
    /** A command for the leader: {@link Forward}. */
    FORWARD(5),
    /** The leader did not take it: {@link ForwardRefusal}. */
    FORWARD_REFUSED(6),
    /** Questions about leases for the leader: {@link LeaseQuestions}. */
    LEASE_QUESTIONS(7),
    /** The leader's answers: {@link LeaseAnswers}. */
    LEASE_ANSWERS(8),
    /** Instead of {@link #GREETING}, from a program that is no member yet: {@link ClusterQuestion}. */
    CLUSTER_QUESTION(9),
    /** The answer: {@link ClusterPicture}; the connection is closed after it. */
    CLUSTER_PICTURE(10);

    private final int code;

    FrameType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    /** The type with this code, null for one that this version does not know. */
    static @Nullable FrameType of(int code) {
        for (FrameType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        return null;
    }
}
