package dev.rollcall.agent.peer;

import dev.rollcall.raft.driver.Welcome;
import io.vertx.core.buffer.Buffer;

/**
 * Why a peer does not want to hear from this member.
 *
 * @param kind whether it may change its mind
 * @param why for people
 */
public record Refusal(Kind kind, String why) {
    /** Codes are on the wire for ever. */
    public enum Kind {
        /** A mistake that may go away. */
        MISTAKE(0),
        /** This member's id belongs to another data directory. For ever. */
        OTHER_DIRECTORY(1),
        /** This member was removed from the cluster. For ever. */
        REMOVED(2);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        private static Kind of(int code) {
            for (Kind kind : values()) {
                if (kind.code == code) {
                    return kind;
                }
            }
            return MISTAKE;
        }
    }

    static Refusal mistake(String why) {
        return new Refusal(Kind.MISTAKE, why);
    }

    /** What a greeting that is not welcome gets. */
    static Refusal of(Welcome welcome) {
        Kind kind = switch (welcome.verdict()) {
            case OTHER_DIRECTORY -> Kind.OTHER_DIRECTORY;
            case REMOVED -> Kind.REMOVED;
            case REFUSED, WELCOME, BIND_FIRST -> Kind.MISTAKE;
        };
        return new Refusal(kind, welcome.why());
    }

    byte[] encode() {
        return Buffer.buffer().appendByte((byte) kind.code).appendString(why).getBytes();
    }

    /** Reads what {@link #encode} wrote. */
    static Refusal decode(Buffer in) {
        return in.length() == 0
                ? mistake("without a reason")
                : new Refusal(Kind.of(in.getByte(0)), in.getString(1, in.length()));
    }
}
