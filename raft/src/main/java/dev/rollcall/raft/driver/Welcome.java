package dev.rollcall.raft.driver;

/**
 * What a member makes of a greeting.
 *
 * @param verdict what to do
 * @param why for people; empty unless refused
 */
public record Welcome(Verdict verdict, String why) {
    /** What to do with whoever greets. */
    public enum Verdict {
        /** It is the member it says it is. */
        WELCOME,
        /** So it is if its directory is bound first, durably; only then may anything it says count. */
        BIND_FIRST,
        /** Another protocol, cluster or address: it may be a mistake that goes away. */
        REFUSED,
        /** Its id belongs to another directory. For ever: it has to leave the cluster and join anew. */
        OTHER_DIRECTORY,
        /** It was removed from the cluster. For ever: ids are not given out twice. */
        REMOVED
    }

    static final Welcome WELCOME = new Welcome(Verdict.WELCOME, "");
    static final Welcome BIND_FIRST = new Welcome(Verdict.BIND_FIRST, "");

    /** Whether nothing it says may count. */
    public boolean refused() {
        return verdict != Verdict.WELCOME && verdict != Verdict.BIND_FIRST;
    }
}
