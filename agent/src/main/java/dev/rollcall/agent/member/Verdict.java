package dev.rollcall.agent.member;

import dev.rollcall.storage.error.EtcdException;
import org.jspecify.annotations.Nullable;

/**
 * What became of a command that was offered to the leader in this process.
 *
 * @param kind what to do next
 * @param answer what the caller is told; only if it was refused
 */
record Verdict(Kind kind, @Nullable EtcdException answer) {
    enum Kind {
        /** It is in the leader's log. */
        TAKEN,
        /** It is in no log, and may be offered again. */
        LATER,
        /** It is in no log, and has its answer. */
        REFUSED
    }

    static final Verdict TAKEN = new Verdict(Kind.TAKEN, null);
    static final Verdict LATER = new Verdict(Kind.LATER, null);

    static Verdict refused(EtcdException answer) {
        return new Verdict(Kind.REFUSED, answer);
    }
}
