package dev.rollcall.storage.member;

/** Place of a member in the Raft configuration. The code is what stands on disk. */
public enum MemberRole {
    VOTER(1),
    LEARNER(2);

    private final int code;

    MemberRole(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /**
     * @throws IllegalArgumentException for a code of a newer version
     */
    public static MemberRole of(int code) {
        return switch (code) {
            case 1 -> VOTER;
            case 2 -> LEARNER;
            default -> throw new IllegalArgumentException("unknown member role " + code);
        };
    }
}
