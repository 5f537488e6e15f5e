package dev.rollcall.raft.core;

/** What an {@link Entry} is to consensus itself. The code is what stands on disk and on the wire. */
public enum EntryKind {
    /** The empty entry with which a leader opens its term (Raft paper, section 8). */
    NOOP(0),
    /** A command of the state machine; its bytes mean nothing to Raft. */
    NORMAL(1),
    /** A change of membership. */
    CONFIG(2);

    private final int code;

    EntryKind(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /**
     * The kind with this code.
     *
     * @throws IllegalArgumentException for a code that no version of this program has written
     */
    public static EntryKind of(int code) {
        return switch (code) {
            case 0 -> NOOP;
            case 1 -> NORMAL;
            case 2 -> CONFIG;
            default -> throw new IllegalArgumentException("unknown entry kind " + code);
        };
    }
}
